"""The parts of an ARN."""

from __future__ import annotations

from typing import NamedTuple


class Arn(NamedTuple):
    """The parts of an ARN after ``arn``; ``resource`` is all the rest, colons included."""

    partition: str = ""
    service: str = ""
    region: str = ""
    account: str = ""
    resource: str = ""


def parse_arn(text: str) -> Arn:
    """Return the parts of an ARN, all of them empty for any other text."""
    prefix, *parts = text.split(":", len(Arn._fields))
    return Arn(*parts) if prefix == "arn" and len(parts) == len(Arn._fields) else Arn()


def tail_of_arn(text: str) -> str:
    """Return what follows the last colon or slash: in most ARNs the id or the name of the resource."""
    return text.replace("/", ":").rpartition(":")[2]
