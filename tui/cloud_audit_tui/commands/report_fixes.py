"""``open FILE --export-fixes FIXES``: writes the fixes of a report without the app."""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import click

from cloud_audit_tui.commands.export_fixes import check_export, export_fixes
from cloud_audit_tui.commands.options import COULD_NOT
from cloud_audit_tui.commands.pasteable import pasteable_environment
from cloud_audit_tui.commands.verify import verification_by
from cloud_audit_tui.model import Status
from cloud_audit_tui.scan.report_verification import read_reported, why_unreadable
from cloud_audit_tui.scan.verification import VerificationStatus
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.scan.report_verification import Reading


def write_reported_fixes(
    path: Path, findings: Iterable[Finding], profiles: Sequence[str], *, overwrite: bool
) -> int:
    """Write the fixes of a report's failures and return the exit code.

    With ``profiles``, our checks first read every failure, as the key v does in the app. The code is 2 if one
    of them could not be read. Raises `Mistake` if the file cannot be written.
    """
    check_export(path, overwrite=overwrite)
    failures = [finding for finding in findings if finding.status is Status.FAIL]
    code = 0
    if profiles:
        readable = [finding for finding in failures if not why_unreadable(finding)]
        readings = asyncio.run(read_reported(readable, profiles, partial(verification_by, changes={})))
        code = _tell(readings)
        own_findings = {id(each.finding): each.own for each in readings if each.own is not None}
        failures = [own_findings.get(id(finding), finding) for finding in failures]
    click.echo(export_fixes(path, failures, pasteable_environment(), overwrite=overwrite), err=True)
    return code


def _tell(readings: Sequence[Reading]) -> int:
    """Print the results of our checks as numbers, with the reasons for gaps; return the exit code."""
    counts = Counter(each.result.status for each in readings)
    words = ", ".join(f"{counts[status]:,} {status.value}" for status in VerificationStatus if counts[status])
    click.echo(f"Our checks of the report's failures: {words or 'none has an equivalent check'}.", err=True)
    unread = (each for each in readings if each.result.status is VerificationStatus.NOT_ASSESSED)
    for reason, number in Counter(plain(each.result.reason) for each in unread).most_common():
        click.echo(f"{number:,} could not be assessed: {reason}", err=True)
    return COULD_NOT if counts[VerificationStatus.NOT_ASSESSED] else 0
