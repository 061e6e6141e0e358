"""Prepares a process for a scan: its garbage collector and its limit of open files."""

from __future__ import annotations

import contextlib
import gc
import resource

OPEN_FILES = 8192
"""Open files that a scan of several accounts in all regions may need: each client keeps its connections."""


def prepare_scanner_process() -> None:
    """Look for garbage less often, and allow more open connections than the 256 or 1,024 of a shell.

    What a scan allocates lives until its end or is freed when its last reference goes.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        # Where the system refuses, the scan goes on with the limit that it has.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
