"""Where the file of the app's store is."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

DATA_VARIABLE = "CLOUD_AUDIT_TUI_DATA"
"""Overrides the directory of the store, by default the platform's data directory."""
_STORE = "findings.db"


def store_path(home: Path | None = None) -> Path:
    """Return the path of the store, in ``home`` if given."""
    if home is not None:
        return home / _STORE
    data_path = os.environ.get(DATA_VARIABLE)
    directory = Path(data_path).expanduser() if data_path else platformdirs.user_data_path("cloud-audit-tui")
    return directory / _STORE
