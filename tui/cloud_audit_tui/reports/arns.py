"""The parts of an ARN, for reports that say no more of a resource."""

from __future__ import annotations

import re

_PARTS = 6
_SEPARATOR = re.compile(r"[:/]")


def arn_account(identity: str) -> str:
    """Return the account of an ARN, empty for one without and for what is no ARN."""
    return _part(identity, 4)


def arn_partition(identity: str) -> str:
    """Return the partition of an ARN, empty for what is no ARN."""
    return _part(identity, 1)


def last_part(identity: str) -> str:
    """Return the last part of an ARN or path, the whole text where it has no parts."""
    return _SEPARATOR.split(identity.rstrip(":/"))[-1] or identity


def _part(identity: str, index: int) -> str:
    parts = identity.split(":", _PARTS - 1)
    return parts[index] if parts[0] == "arn" and len(parts) == _PARTS else ""
