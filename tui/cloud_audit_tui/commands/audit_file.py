"""The ``.cloud-audit.yml`` of a command: its mutes, its excluded checks and its scope."""

from __future__ import annotations

import fnmatch
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.commands.options import Mistake
from cloud_audit_tui.config.audit_file import load
from cloud_audit_tui.config.file_names import AUDIT_FILE
from cloud_audit_tui.config.mutes import ActiveMutes
from cloud_audit_tui.plural import plural
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud_audit_tui.config.audit_file import AuditFile


def audit_file(path: Path | None) -> AuditFile:
    """Return the named file, or that of the working directory, which may not exist.

    Raises `AuditFileError`.
    """
    return load(path or Path.cwd() / AUDIT_FILE)


def active_mutes(file: AuditFile) -> ActiveMutes:
    """Return the mutes of a file that are active today, in UTC."""
    return ActiveMutes(file.mutes, datetime.now(UTC).date())


def excluded_checks(patterns: Sequence[str]) -> frozenset[str]:
    """Return the checks that a pattern of ``exclude_checks`` matches."""
    return frozenset(
        check_id
        for check_id in (all_checks() if patterns else ())
        if any(fnmatch.fnmatchcase(check_id, pattern) for pattern in patterns)
    )


def checks_without(file: AuditFile) -> list[str]:
    """Return the checks that ``exclude_checks`` does not match; an empty list if the file has no pattern.

    Raises `Mistake` when no check remains.
    """
    if not file.exclude_checks:
        return []
    excluded = excluded_checks(file.exclude_checks)
    remaining = [check_id for check_id in all_checks() if check_id not in excluded]
    if not remaining:
        raise Mistake(f"exclude_checks in {file.path} leaves no check to run; name fewer, or use --checks.")
    return remaining


def scope_note(file: AuditFile) -> str:
    """Return the decisions of the file that apply, so that no finding is missing without notice.

    The keys that options override are empty in ``file``.
    """
    parts = [
        f"profile {file.profile}" if file.profile else "",
        f"regions {', '.join(file.regions)}" if file.regions else "",
        f"severity {file.min_severity.value} and worse" if file.min_severity else "",
        _counted(len(excluded_checks(file.exclude_checks)), "excluded check") if file.exclude_checks else "",
        _counted(len(file.mutes), "mute") if file.mutes else "",
    ]
    return plain(f"{file.path} holds: {'; '.join(filter(None, parts))}.") if any(parts) else ""


def _counted(number: int, noun: str) -> str:
    return f"{number} {plural(number, noun)}"
