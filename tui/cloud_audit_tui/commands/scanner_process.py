"""Prepares a process for a scan: its garbage collector and its limit of open files."""

from __future__ import annotations

import gc

from cloud_audit_tui.scan.open_files import allow_open_files


def prepare_scanner_process() -> None:
    """Look for garbage less often, and allow more open connections than a shell does.

    What a scan allocates lives until its end or is freed when its last reference goes.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    allow_open_files()
