"""The parts of an ARN, for reports that identify a resource only by its ARN."""

from __future__ import annotations

import re

_PARTS = 6
_NAMES_WITH_SLASHES = {"ecr", "secretsmanager"}
_SEPARATOR = re.compile(r"[:/]")


def arn_account(identity: str) -> str:
    """Return the account of an ARN, empty for an ARN without one and for any other text."""
    return _part(identity, 4)


def arn_partition(identity: str) -> str:
    """Return the partition of an ARN, empty for any other text."""
    return _part(identity, 1)


def last_part(identity: str) -> str:
    """Return the name in an ARN or path: its last part, or the whole name if its type allows slashes."""
    parts = identity.split(":", _PARTS - 1)
    if parts[0] == "arn" and len(parts) == _PARTS:
        if parts[2] == "logs" and parts[5].startswith("log-group:"):
            return parts[5].split(":")[1]
        if parts[2] == "ssm" and parts[5].startswith("parameter/"):
            name = parts[5].removeprefix("parameter/")
            return f"/{name}" if "/" in name else name
        if parts[2] in _NAMES_WITH_SLASHES and (name := _SEPARATOR.split(parts[5], 1)[-1]):
            return name
    return _SEPARATOR.split(identity.rstrip(":/"))[-1] or identity


def _part(identity: str, index: int) -> str:
    parts = identity.split(":", _PARTS - 1)
    return parts[index] if parts[0] == "arn" and len(parts) == _PARTS else ""
