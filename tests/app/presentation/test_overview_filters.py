"""The filters of the overview find exactly their findings, whatever a report wrote into its texts."""

from __future__ import annotations

from cloud_audit_tui.app.keymap import key_in_text
from cloud_audit_tui.app.presentation.overview_sums import sums
from cloud_audit_tui.filters.expression import And, Term
from cloud_audit_tui.filters.parse import parse
from cloud_audit_tui.model import Disposition, Severity, Status
from cloud_audit_tui.store.overview import Gap, Overview, Tally

HOSTILE = ('eu"central', 'a" severity:low', "a\\", 'a\\" x', "two words", "a,b|c", "*", "severity:", "-")
"""Texts for regions, services, check ids and actions."""


def _filters(text: str) -> list[str]:
    tallies = [
        Tally(text, service, text, status, Severity.HIGH, Disposition.OPEN, 1)
        for service in (text, "")
        for status in (Status.FAIL, Status.NOT_ASSESSED)
    ]
    gaps = [
        Gap("access_denied", text, "aws-s3-001", text, "111122223333", "denied", 1),
        Gap("error", "", text, text, "111122223333", "denied", 1),
    ]
    contents = sums(Overview(tallies, gaps, []), [], key_in_text)
    rows = [row for row in (*contents.services, *contents.regions) if row.label in (text, "other")]
    cells = [cell for row in rows for cell in row.cells]
    return [
        *(cell.filter for cell in cells),
        *(risk.filter for risk in contents.risks),
        *(missing.filter for missing in contents.missing),
    ]


def _terms(text: str) -> list[tuple[str, tuple[str, ...]]]:
    expression = parse(text)
    assert isinstance(expression, And)
    return [(part.key, part.values) for part in expression.parts if isinstance(part, Term)]


def test_each_filter_is_valid_and_has_its_values_whole() -> None:
    own = ("service", "region", "check", "reason")
    for text in HOSTILE:
        terms = [each for filter_text in _filters(text) for each in _terms(filter_text)]
        assert {each for each in terms if each[0] in own} == {(key, (text,)) for key in own}, text
        assert {key for key, _ in terms} == {*own, "severity", "status"}, text
