"""Sessions without a person: they get no MFA code, and ignore that AWS throttles them."""

from __future__ import annotations

from typing import Any

from cloud_audit_tui.aws.sessions import Sessions

ROLE_KEYS = {
    "AccessKeyId": "ASIAIOSFODNN7EXAMPLE",
    "SecretAccessKey": "secret",
    "SessionToken": "token",
    "Expiration": "2999-01-01T00:00:00Z",
}
"""The temporary credentials that AssumeRole returns."""


def quiet_sessions(**options: Any) -> Sessions:
    """Return sessions with these options of `Sessions`."""
    return Sessions(_decline, _ignore, **options)


async def _decline(*_: str) -> str:
    return ""


def _ignore(*_: str) -> None:
    """Take no note of throttling."""
