"""Keeps the checks of the pictures of the app: a new check leaves them as they are."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.checks.explanation import sources

if TYPE_CHECKING:
    import pytest

FIRST_CHECKS = Path(__file__).parent / "checks" / "catalogue.tsv"


def show_first_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the check browser and the overview list the first checks alone."""
    with FIRST_CHECKS.open(encoding="utf-8") as file:
        first = {row["id"] for row in csv.DictReader(file, delimiter="\t")}
    monkeypatch.setattr(
        "cloud_audit_tui.app.presentation.check_text.all_checks",
        lambda: {check_id: check for check_id, check in all_checks().items() if check_id in first},
    )
    monkeypatch.setattr(
        "cloud_audit_tui.app.presentation.overview_sums.sources",
        lambda: {check_id: source for check_id, source in sources().items() if check_id in first},
    )
