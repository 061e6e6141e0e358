"""Which IAM actions a script needs and its explanation does not name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.aws.permissions import action_of
from cloud_audit_tui.checks.explanation import explanation

if TYPE_CHECKING:
    from collections.abc import Iterable

FREE = {"sts:GetCallerIdentity"}
"""Operations that AWS lets everybody call, whatever their policies say."""


def unnamed(check_id: str, operations: Iterable[str]) -> list[str]:
    """Return the actions of these operations (``service:Operation``) that a check's permissions lack."""
    permissions = set(explanation(check_id).about.effect.permissions)
    return sorted({action_of(operation) for operation in set(operations) - FREE} - permissions)
