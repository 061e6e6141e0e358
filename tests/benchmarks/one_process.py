"""The command line with a scanner that never starts a second process, for `bench_scan`."""

from __future__ import annotations

from cloud_audit_tui.__main__ import run
from cloud_audit_tui.aws.second_process import spare
from cloud_audit_tui.scan.executors import local

if __name__ == "__main__":
    local.available_cores = spare.available_cores = lambda: 1  # type: ignore[attr-defined]
    run()
