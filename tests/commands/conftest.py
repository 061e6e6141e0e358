"""What the tests of several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloud_audit_tui.scan.events import (
    AccountReady,
    Outcome,
    ProfileReady,
    Result,
    ScanFinished,
    ScanStarted,
)
from cloud_audit_tui.scan.jobs import ScanJob
from cloud_audit_tui.store.store import Store
from organization import org  # noqa: F401
from reports.made_report import ACCOUNT, made

if TYPE_CHECKING:
    from pathlib import Path

CHECK = "aws-sagemaker-001"


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data directory of an app that has scanned the profile prod."""
    config = tmp_path / "config"
    config.write_text("[profile prod]\nregion = eu-central-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("CLOUD_AUDIT_TUI_DATA", str(tmp_path))
    with Store.open(tmp_path / "findings.db") as store:
        store.apply(
            [
                ScanStarted("s", "2026-01-01T00:00:00+00:00", "1", ScanJob(), [CHECK], ["prod"]),
                ProfileReady("prod", ACCOUNT, "aws", "arn:prod", "acme"),
                AccountReady(ACCOUNT, "aws", "prod", ["prod"], ["eu-central-1"]),
                Result(made("lab")),
                Result(made("other")),
                ScanFinished("s", Outcome.COMPLETE, "2026-01-01T00:01:00+00:00", 2, 0, 0, 7, 60.0),
            ]
        )
    return tmp_path
