"""The name of a resource, for reports that identify it only by its ARN."""

from __future__ import annotations

import re

from cloud_audit_tui.arn import parse_arn

_NAMES_WITH_SLASHES = {"ecr", "secretsmanager"}
_SEPARATOR = re.compile(r"[:/]")


def last_part(identity: str) -> str:
    """Return the name in an ARN or path: its last part, or the whole name if its type allows slashes."""
    arn = parse_arn(identity)
    if arn.service == "logs" and arn.resource.startswith("log-group:"):
        return arn.resource.split(":")[1]
    if arn.service == "ssm" and arn.resource.startswith("parameter/"):
        name = arn.resource.removeprefix("parameter/")
        return f"/{name}" if "/" in name else name
    if arn.service in _NAMES_WITH_SLASHES and (name := _SEPARATOR.split(arn.resource, 1)[-1]):
        return name
    return _SEPARATOR.split(identity.rstrip(":/"))[-1] or identity
