"""Policy documents that AWS returned, parsed for a check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.iam.policy import Policy, PolicyError, parse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def parsed(document: str | Mapping[str, Any], of: str = "policy") -> Policy:
    """Return a policy as `parse` does; raises `ReadError`, so that the check is not assessed.

    ``of`` names the document, such as ``bucket policy``.
    """
    try:
        return parse(document)
    except PolicyError as error:
        raise ReadError(Unread.BAD_RESPONSE, f"The {of} cannot be understood: {error}.") from error
