"""What the tests of several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from commands.stored_scan import store_scan
from organization import org  # noqa: F401
from reports.made_report import finding_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def data_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data directory of an app that knows the profile prod and has scanned nothing yet."""
    config = tmp_path / "config"
    config.write_text("[profile prod]\nregion = eu-central-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("CLOUD_AUDIT_TUI_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def directory(data_directory: Path) -> Path:
    """The data directory of an app that has scanned the profile prod."""
    store_scan(data_directory, "s", [finding_of("lab"), finding_of("other")])
    return data_directory
