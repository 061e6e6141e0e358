"""Just enough of Protocol Buffers and MessagePack to answer Terraform as a provider."""

from __future__ import annotations

from typing import Any

LENGTH_DELIMITED = 2


def field(number: int, value: bool | int | str | bytes) -> bytes:
    """Return one field of a message; false and zero are left out, as the format has it."""
    if isinstance(value, bool | int):
        return _varint(number << 3) + _varint(int(value)) if value else b""
    raw = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | LENGTH_DELIMITED) + _varint(len(raw)) + raw


def fields(message: bytes) -> dict[int, list[Any]]:
    """Return the fields of a message by number; raises `ValueError` for kinds that are not sent."""
    by_number: dict[int, list[Any]] = {}
    at = 0
    while at < len(message):
        tag, at = _read_varint(message, at)
        value: Any
        value, at = _read_varint(message, at)
        if tag & 7 == LENGTH_DELIMITED:
            value, at = message[at : at + value], at + value
        elif tag & 7:
            raise ValueError(f"wire type {tag & 7}")
        by_number.setdefault(tag >> 3, []).append(value)
    return by_number


def _varint(number: int) -> bytes:
    encoded = b""
    while True:
        byte, number = number & 0x7F, number >> 7
        encoded += bytes([byte | (0x80 if number else 0)])
        if not number:
            return encoded


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = message[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number, at
