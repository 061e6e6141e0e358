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

SLOW = {fault.check_id: fault for fault in FAULTS if fault.work_seconds}


@pytest.mark.parametrize("check_id", sorted(SLOW))
def test_a_script_waits_as_long_as_aws_works(check_id: str, account: Account) -> None:
    account.work_takes(SLOW[check_id].work_seconds)
    loop = close(account, [SLOW[check_id]], [check_id])
    assert not loop.faults, loop.faults[check_id]
