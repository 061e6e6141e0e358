"""One run of a program with all its child processes: seconds, CPU and memory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SAMPLE_EVERY = 0.1


class Run(NamedTuple):
    """``cpu`` and ``memory`` (bytes at the peak) are of the program and all its children."""

    seconds: float
    cpu: float
    memory: int
    code: int


def run(command: Sequence[str], environ: Mapping[str, str], log: Path) -> Run:
    """Run a command to its end; its output goes to ``log``."""
    began = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    peak = 0
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        peak = max(peak, _memory_with_children(process.pid))
        time.sleep(SAMPLE_EVERY)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    # macOS counts bytes; it has no /proc, so there only the largest process is measured.
    largest = usage.ru_maxrss if sys.platform == "darwin" else usage.ru_maxrss * 1024
    return Run(seconds, usage.ru_utime + usage.ru_stime, max(peak, largest), process.returncode)


def _memory_with_children(root: int) -> int:
    """Return the memory of a process and of all below it, in any session; 0 without /proc.

    Memory that several of them share is counted once.
    """
    children: dict[int, list[int]] = {}
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            # The name may contain spaces and parentheses; the fields follow the last one.
            fields = (directory / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(directory.name))
    total, waiting = 0, [root]
    while waiting:
        process = waiting.pop()
        total += _share_of_memory(process)
        waiting += children.get(process, [])
    return total


def _share_of_memory(process: int) -> int:
    try:
        rolled_up = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0
    match = re.search(r"^Pss:\s+(\d+) kB", rolled_up, re.MULTILINE)
    return int(match[1]) * 1024 if match else 0
