"""Prepares a process for a scan: its garbage collector and its limit of open files."""

from __future__ import annotations

import gc

from cloud_audit_tui.scan.open_files import allow_open_files


def prepare_scanner_process() -> None:
    """Collect garbage less often, and raise the limit of open files above that of a shell.

    The objects of a scan live until its end, or are freed by reference counting.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    allow_open_files()
