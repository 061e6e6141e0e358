"""The table of ``scan --timings``: the slowest operation first, and the sum."""

from __future__ import annotations

from cloud_audit_tui.commands.timings_table import timings_table
from cloud_audit_tui.scan.events import OperationTiming


def test_the_slowest_comes_first_and_the_sum_last() -> None:
    table = timings_table(
        [
            OperationTiming("iam", "ListRoles", 2, 0, queued=0.1, waiting=0.2, cpu=0.01),
            OperationTiming("s3", "GetBucketPolicy", 61, 3, queued=4.0, waiting=8.0, cpu=0.25),
        ]
    )
    assert [line.split() for line in table.splitlines()] == [
        ["operation", "calls", "throttled", "queued", "s", "waiting", "s", "cpu", "s"],
        ["s3:GetBucketPolicy", "61", "3", "4.00", "8.00", "0.25"],
        ["iam:ListRoles", "2", "0", "0.10", "0.20", "0.01"],
        ["all", "63", "3", "4.10", "8.20", "0.26"],
    ]
