"""Scripts outlast work of AWS's that takes longer than a waiter of the AWS CLI waits.

The clock of the embedded AWS goes on when the script or a waiter sleeps, and no test does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from closed_loop import faults  # noqa: F401 - its modules register the faults
from closed_loop.fault import FAULTS
from closed_loop.loop import close

if TYPE_CHECKING:
    from closed_loop.account import Account

AN_HOUR = 3_600
"""Longer than each waiter of the scripts: that of EBS snapshots gives up after ten minutes."""
WAITING = (
    "aws-ddb-001",
    "aws-ec2-002",
    "aws-ec2-003",
    "aws-rds-001",
    "aws-rds-002",
    "aws-sagemaker-001",
    "aws-sagemaker-003",
)
"""Checks whose script waits for work that takes as long as it takes.

Not aws-sagemaker-002: the wait of an hour is in a command that it prints, which a person runs again.
"""


@pytest.mark.parametrize("check_id", WAITING)
def test_a_script_waits_as_long_as_aws_works(check_id: str, account: Account) -> None:
    account.work_takes(AN_HOUR)
    [fault] = [each for each in FAULTS if each.check_id == check_id]
    loop = close(account, [fault], [check_id])
    assert not loop.faults, loop.faults[check_id]
