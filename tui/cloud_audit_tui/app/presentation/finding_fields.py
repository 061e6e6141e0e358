"""The fields of a finding with their values, for copying one; texts from AWS are not modified."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cloud_audit_tui.app.presentation import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud_audit_tui.app.presentation.finding_text import SelectedFinding
    from cloud_audit_tui.store.history import FindingHistory


def finding_fields(selected: SelectedFinding, *, of_own_scans: bool = True) -> list[tuple[str, str]]:
    """Return the fields of a finding as names and values: the table's, then the others, then evidence.

    The ids of scans are left out unless ``of_own_scans``: an opened report tells none.
    """
    finding = selected.finding
    history = selected.history
    fields = [
        ("Severity", finding.severity.value),
        ("Check", finding.check_id),
        ("Title", finding.title),
        ("Resource", finding.resource_name),
        ("ARN" if finding.resource_id.startswith("arn:") else "Id", finding.resource_id),
        ("Region", finding.region),
        ("Account", finding.account_id),
        ("Alias", selected.alias),
        ("Profile", finding.profile),
        ("Status", finding.status.value),
        ("Reason", finding.reason),
        ("Type", finding.resource_type),
        ("Service", selected.service),
        *(_times(history) if history else ()),
        *(_scans(history) if history and of_own_scans else ()),
        *_evidence("Evidence", finding.evidence),
    ]
    return [(name, value) for name, value in fields if value]


def _times(history: FindingHistory) -> Iterator[tuple[str, str]]:
    yield "First seen", _known_time(history.first_seen_at)
    yield "Last seen", _known_time(history.last_seen_at)
    yield "Closed", _known_time(history.closed_at)


def _scans(history: FindingHistory) -> Iterator[tuple[str, str]]:
    yield "First scan", history.first_scan_id
    yield "Last scan", history.last_scan_id
    yield "Closed by scan", history.closed_scan_id


def _evidence(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield each fact of the evidence; a list or an object below the first level is JSON."""
    for key, fact in value.items():
        text = fact if isinstance(fact, str) else msgspec.json.encode(fact).decode()
        yield f"{name}: {key}", text


def _known_time(at: str) -> str:
    """Return a time as it is stored; empty for one that nobody knows."""
    return at if formatting.local_time(at) else ""
