"""Verifies the chosen findings: reads their resources again after the fix."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.app.presentation.notices import Notice
from cloud_audit_tui.model import Status
from cloud_audit_tui.scan.verification import VerificationStatus, is_verifiable
from cloud_audit_tui.store.finding_key import finding_key
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud_audit_tui.app.host import Host, SeverityLevel
    from cloud_audit_tui.app.session import Session
    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.scan.verification import VerificationResult
    from cloud_audit_tui.store.view import Row

UNUSABLE_PROFILE = "The profile cannot be used."
PASSED = "It passed: there is nothing to verify."
MAX_REASONS = 2


def verify_findings(session: Session, host: Host, row_ids: Sequence[int]) -> None:
    """Verify the findings of these rows; for those of a report, run our own checks."""
    if row_ids and session.opened is not None:
        # This imports the pickers, which a verification does not need.
        from cloud_audit_tui.app.actions.verify_report import read_reported  # noqa: PLC0415

        read_reported(session, host, row_ids)
    elif row_ids:
        host.background(partial(_verify, session, host, row_ids), "verify")
    else:
        host.notify("There is no finding to verify.", title="Verify", severity="warning", markup=False)


async def _verify(session: Session, host: Host, row_ids: Sequence[int]) -> None:
    findings, reason = _verifiable(
        await session.findings.rows(row_ids), await session.findings.findings(row_ids)
    )
    if busy := session.why_busy(findings):
        findings, reason = [], busy
    elif reason:
        reason = f"{reason} Press {session.key_name('scan')} to scan again."
    if findings:
        session.verify(findings)
    else:
        host.notify(reason, title="Nothing to verify", severity="warning", markup=False)


def _verifiable(rows: Sequence[Row], findings: Sequence[Finding]) -> tuple[list[Finding], str]:
    """Return the findings of rows that can be verified, and the reason why another one cannot."""
    verified_keys = {row.key for row in rows if row.verified_at}
    verifiable, reason = [], ""
    for finding in findings:
        if not is_verifiable(finding):
            reason = UNUSABLE_PROFILE
        elif finding.status is Status.PASS and finding_key(finding) not in verified_keys:
            reason = PASSED
        else:
            verifiable.append(finding)
    return verifiable, reason


def verification_notice(results: Sequence[tuple[Finding, VerificationResult]]) -> Notice:
    """Return a notice about a verification: the reason of a single result, the counts of several."""
    counts = Counter(result.status for _, result in results)
    good = not counts[VerificationStatus.FAILING] and not counts[VerificationStatus.NOT_ASSESSED]
    severity: SeverityLevel = "information" if good else "warning"
    if len(results) == 1:
        [(finding, result)] = results
        name = plain(finding.resource_name or finding.resource_id) or finding.check_id
        return Notice(result.status.value.capitalize(), f"{name}: {plain(result.reason)}", severity, 10)
    parts = [f"{counts[status]:,} {status.value}" for status in VerificationStatus if counts[status]]
    numbers = f"{', '.join(parts)}."
    reasons = dict.fromkeys(
        plain(result.reason) for _, result in results if result.status is VerificationStatus.NOT_ASSESSED
    )
    lines = [numbers, *list(reasons)[:MAX_REASONS]]
    title = f"{formatting.count(len(results), 'finding')} verified"
    return Notice(title, "\n".join(lines), severity, 10)
