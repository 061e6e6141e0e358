"""Verifies the chosen findings: looks at their resources again, after the fix."""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.app.presentation.notices import Notice
from cloud_audit_tui.model import Status
from cloud_audit_tui.scan.verification import Now, is_verifiable
from cloud_audit_tui.store.finding_key import finding_key
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud_audit_tui.app.host import Host, SeverityLevel
    from cloud_audit_tui.app.session import Session
    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.scan.verification import Verified
    from cloud_audit_tui.store.store import Store

NO_RESOURCE = "It is about no resource: its profile could not be used. Press r to scan again."
PASSED = "It passed: there is nothing to verify. Press r to scan again."
IN_PROGRESS = "The verification is running already. Esc stops it."
MAX_REASONS = 2


def verify_findings(session: Session, host: Host, row_ids: Sequence[int]) -> None:
    """Verify the findings of these rows."""
    if row_ids:
        host.background(partial(_verify, session, host, row_ids), "verify")
    else:
        host.notify("There is no finding to verify.", title="Verify", severity="warning", markup=False)


async def _verify(session: Session, host: Host, row_ids: Sequence[int]) -> None:
    findings, reason = await asyncio.to_thread(verifiable, session.store, row_ids)
    if findings and all(finding_key(finding) in session.scans.verifying for finding in findings):
        findings, reason = [], IN_PROGRESS
    if findings:
        session.verify(findings)
    else:
        host.notify(reason, title="Nothing to verify", severity="warning", markup=False)


def verifiable(store: Store, row_ids: Sequence[int]) -> tuple[list[Finding], str]:
    """Return the findings of rows that can be verified, and why one of the others cannot."""
    findings, reason = [], ""
    for row in store.rows(row_ids):
        finding = store.finding(row.row_id)
        if finding is None:
            continue
        if not is_verifiable(finding):
            reason = NO_RESOURCE
        elif finding.status is Status.PASS and not row.verified_at:
            reason = PASSED
        else:
            findings.append(finding)
    return findings, reason


def verification_notice(results: Sequence[tuple[Finding, Verified]]) -> Notice:
    """Return the results of a verification: one with its reason, several as numbers."""
    counts = Counter(verified.now for _, verified in results)
    good = not counts[Now.FAILING] and not counts[Now.NOT_ASSESSED]
    severity: SeverityLevel = "information" if good else "warning"
    if len(results) == 1:
        [(finding, verified)] = results
        name = plain(finding.resource_name or finding.resource_id) or finding.check_id
        return Notice(verified.now.value.capitalize(), f"{name}: {plain(verified.reason)}", severity, 10)
    numbers = ", ".join(f"{counts[now]:,} {now.value}" for now in Now if counts[now]) + "."
    reasons = dict.fromkeys(
        plain(verified.reason) for _, verified in results if verified.now is Now.NOT_ASSESSED
    )
    lines = [numbers, *list(reasons)[:MAX_REASONS]]
    title = f"{formatting.count(len(results), 'finding')} verified"
    return Notice(title, "\n".join(lines), severity, 10)
