"""Scripts wait for work of AWS that takes longer than a waiter of the AWS CLI waits.

The clock of the embedded AWS advances when the script or a waiter sleeps; no test sleeps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from closed_loop import faults  # noqa: F401 - its modules register the faults
from closed_loop.fault import FAULTS
from closed_loop.loop import close

if TYPE_CHECKING:
    from closed_loop.account import Account

WORK_SECONDS = {
    "aws-ddb-001": 1_100,
    "aws-ec2-002": 1_300,
    "aws-ec2-003": 1_300,
    "aws-rds-001": 3_600,
    "aws-rds-002": 3_600,
    "aws-sagemaker-001": 3_600,
    "aws-sagemaker-003": 3_600,
}
"""How long AWS works, by the check whose script waits for it: so long that the waiter gives up twice.

DynamoDB's waiter gives up after 500 seconds, EC2's after 600, the others after 1,800. An endpoint's alone
gives up after an hour, and once is enough. Not aws-sagemaker-002: the wait of an hour is in a command that it
prints, which a person runs again.
"""


@pytest.mark.parametrize("check_id", WORK_SECONDS)
def test_a_script_waits_as_long_as_aws_works(check_id: str, account: Account) -> None:
    account.work_takes(WORK_SECONDS[check_id])
    [fault] = [each for each in FAULTS if each.check_id == check_id]
    loop = close(account, [fault], [check_id])
    assert not loop.faults, loop.faults[check_id]
