"""A scan may open more connections than a shell allows by default."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import resource
from cloud_audit_tui.commands.scanner_process import prepare_scanner_process
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (64, min(hard, 4096) if hard >= 0 else 4096))
prepare_scanner_process()
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def test_the_limit_of_open_files_is_raised_to_what_the_system_allows() -> None:
    process = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    soft, hard = map(int, process.stdout.split())
    assert soft == hard
