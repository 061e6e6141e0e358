"""Which findings can be looked at again, and what has become of them, in words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal, NamedTuple

from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.model import Status
from cloud_audit_tui.scan.verification import Now, is_verifiable
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.scan.verification import Verified
    from cloud_audit_tui.store.store import Store

NO_RESOURCE = "It is about no resource: its profile could not be used. Press r to scan again."
PASSED = "It passed: there is nothing to verify. Press r to scan again."
REASONS_SHOWN = 2


class Notice(NamedTuple):
    """What a notification says."""

    title: str
    words: str
    severity: Literal["information", "warning"]


def to_verify(store: Store, row_ids: Sequence[int]) -> tuple[list[Finding], str]:
    """Return the findings of rows that can be looked at again, and why another of them cannot."""
    wanted, why = [], ""
    for row in store.rows(row_ids):
        finding = store.finding(row.row_id)
        if finding is None:
            continue
        if not is_verifiable(finding):
            why = NO_RESOURCE
        elif finding.status is Status.PASS and not row.verified_at:
            why = PASSED
        else:
            wanted.append(finding)
    return wanted, why


def notice(results: Sequence[tuple[Finding, Verified]]) -> Notice:
    """Return what has become of findings: of one in its words, of many in numbers."""
    counts = Counter(verified.now for _, verified in results)
    good = not counts[Now.FAILING] and not counts[Now.NOT_ASSESSED]
    severity: Literal["information", "warning"] = "information" if good else "warning"
    if len(results) == 1:
        [(finding, verified)] = results
        name = plain(finding.resource_name or finding.resource_id) or finding.check_id
        return Notice(verified.now.value.capitalize(), f"{name}: {plain(verified.reason)}", severity)
    said = ", ".join(f"{counts[now]:,} {now.value}" for now in Now if counts[now]) + "."
    unseen = dict.fromkeys(
        plain(verified.reason) for _, verified in results if verified.now is Now.NOT_ASSESSED
    )
    lines = [said, *list(unseen)[:REASONS_SHOWN]]
    return Notice(f"{formatting.count(len(results), 'finding')} verified", "\n".join(lines), severity)
