"""The catalogue as it is read on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud_audit_tui.app.presentation.check_text import entries, whole_explanation
from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.checks.explanation import SECTIONS
from each_row import each_row

if TYPE_CHECKING:
    import pytest


def test_every_check_has_a_line_with_its_front_matter() -> None:
    check_texts = entries()
    assert [entry.check_id for entry in check_texts] == list(all_checks())
    assert all(entry.about and entry.title for entry in check_texts)


def test_everything_that_is_known_of_a_check_is_told() -> None:
    with each_row() as row:
        for check_id in all_checks():
            with row(check_id):
                text = whole_explanation(check_id)
                assert text.startswith("## ")
                headings = [line[4:] for line in text.splitlines() if line.startswith("### ")]
                assert headings[: len(SECTIONS)] == [*SECTIONS]
                assert "```sh" in text
                assert "```hcl" in text
                assert text.count("```") % 2 == 0


def test_a_check_whose_explanation_is_broken_is_listed_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_check_id: str) -> Any:
        raise ValueError("the front matter between +++ lines is missing")

    monkeypatch.setattr("cloud_audit_tui.checks.explanation.explanation", broken)
    check_texts = entries()
    assert len(check_texts) == len(all_checks())
    assert {entry.title for entry in check_texts} == {"Its explanation cannot be read"}
