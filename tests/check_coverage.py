"""Which kinds of tests each check has: a resource that fails, one that passes, a denied read, a second page.

`python -m pytest tests/checks --check-table` prints the whole table; without the option, only the gaps.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_stub import input_tokens
from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.model import Finding, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_stub import Call

KINDS = ("fail", "pass", "denied", "paged")
PROPERTY = "judged"


def kinds_of_test(findings: Iterable[Finding], calls: Iterable[Call]) -> list[tuple[str, str]]:
    """Return the kinds of test that one scan of the stub is, as pairs of a check and a kind."""
    kinds = {
        (finding.check_id, finding.status.value)
        for finding in findings
        if finding.status is not Status.NOT_ASSESSED
    }
    kinds |= {
        (finding.check_id, "denied")
        for finding in findings
        if finding.status is Status.NOT_ASSESSED and finding.evidence.get("unread") == "access_denied"
    }
    paged_reads = {f"{call.service}:{call.operation}" for call in calls if _continues(call)}
    check_ids = {finding.check_id for finding in findings}
    kinds |= {
        (check_id, "paged") for check_id in check_ids if paged_reads & set(all_checks()[check_id].reads)
    }
    return sorted(kinds)


def table(properties: Iterable[tuple[str, Any]]) -> dict[str, dict[str, int]]:
    """Return how many tests of each kind each check has, from the properties of the tests that passed."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(KINDS, 0))
    for name, pairs in properties:
        if name == PROPERTY:
            for check_id, kind in pairs:
                counts[check_id][kind] += 1
    return {check_id: dict(counts[check_id]) for check_id in all_checks()}


def gaps(counts_by_check: dict[str, dict[str, int]]) -> list[str]:
    """Return a line for each check that lacks a kind of test."""
    lines = []
    for check_id, counts in counts_by_check.items():
        can_be_paged = _has_pages(all_checks()[check_id].reads)
        missing = [kind for kind in KINDS if not counts[kind] and (kind != "paged" or can_be_paged)]
        if missing:
            lines.append(f"{check_id} has no test of: {', '.join(missing)}")
    return lines


def _continues(call: Call) -> bool:
    return any(name in call.params for name in _tokens(call.service, call.operation))


_tokens = cache(input_tokens)


@cache
def _has_pages(reads: tuple[str, ...]) -> bool:
    return any(_tokens(*read.split(":")) for read in reads)
