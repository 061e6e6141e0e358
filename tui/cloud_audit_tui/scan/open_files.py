"""The limit of open files of a process that scans."""

from __future__ import annotations

import contextlib
import resource

OPEN_FILES = 8192
"""Open files that a scan of several accounts in all regions may need: each client keeps its connections."""


def allow_open_files() -> None:
    """Allow more open connections than the 256 or 1,024 of a shell."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < limit:
        # If the system refuses, the scan continues with the present limit.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
