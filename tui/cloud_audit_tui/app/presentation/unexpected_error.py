"""The words for an exception that is a fault of this program."""

from __future__ import annotations

from cloud_audit_tui.text import plain


def unexpected_error(error: BaseException) -> str:
    """Return what happened, and that it should be reported."""
    name = type(error).__name__
    reason = plain(str(error)).rstrip(".")
    what = f"Unexpected error ({name}): {reason}." if reason else f"Unexpected error ({name})."
    return f"{what} This is a fault of cloud-audit-tui: please report it."
