"""Temporary files of the tests are in memory, where there is enough: on a disk, they take some of the CPU.

On Linux, `/dev/shm` is a file system in memory. A container may have little of it, or forbid programs in it,
which some tests write. Who sets ``TMPDIR`` has decided otherwise.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ENOUGH = 2 * 1024**3
"""Bytes that are free; a run takes a twentieth of it."""
_VARIABLE = "TMPDIR"


def keep_in_memory(memory: Path = MEMORY) -> Path | None:
    """Lead this process and its children to a directory in memory and return it, where that is done."""
    if os.environ.get(_VARIABLE) or not os.access(memory, os.W_OK | os.X_OK):
        return None
    system = os.statvfs(memory)
    if system.f_flag & os.ST_NOEXEC or system.f_bavail * system.f_frsize < ENOUGH:
        return None
    os.environ[_VARIABLE] = tempfile.tempdir = tempfile.mkdtemp(prefix="tests-", dir=memory)
    return Path(tempfile.tempdir)


def drop(directory: Path) -> None:
    """Drop the directory of a run, which nothing else drops before the machine ends."""
    shutil.rmtree(directory, ignore_errors=True)
