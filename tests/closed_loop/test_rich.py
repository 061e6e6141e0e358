"""Every fix changes on a rich resource only what it says, and ends the same when it is killed and run again.

Each account has the faults of one group on rich resources. The whole state of the embedded AWS is compared
before a fix, after it, after each of its writes, and after a second run from there.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from closed_loop import allowed_changes, reruns
from closed_loop import faults as _faults  # noqa: F401 - its modules register the faults
from closed_loop.fault import FAULTS, MAY_CHANGE, RERUN_GAPS, TRANSIENT_PATHS, proven
from closed_loop.loop import failing
from closed_loop.rich import add_arguments, enrich
from closed_loop.state_changes import changed
from closed_loop.treatment import treat

if TYPE_CHECKING:
    from closed_loop.account import Account
    from closed_loop.fault import Fault

GROUPS: dict[str, list[Fault]] = defaultdict(list)
for _fault in FAULTS:
    # A check that has a fault in two accounts is treated in the first account.
    if all(_fault.check_id != each.check_id for group in GROUPS.values() for each in group):
        GROUPS[_fault.group].append(_fault)


@pytest.mark.timeout(600)
@pytest.mark.long
@pytest.mark.parametrize("group", sorted(GROUPS))
def test_a_fix_changes_what_it_says_and_can_be_run_again(group: str, account: Account) -> None:
    account.prepare = add_arguments
    seeded_faults = {fault.check_id: fault.seed(account) for fault in GROUPS[group]}
    enrich(account)
    findings = account.scan(list(seeded_faults))
    wrong: dict[str, list[str]] = {}
    state = account.state()
    for fault in GROUPS[group]:
        check_id = fault.check_id
        finding = failing(findings, fault, seeded_faults[check_id])
        if isinstance(finding, str):
            wrong[check_id] = [finding]
            continue
        treatment = treat(account, fault, finding, seeded_faults[check_id], state)
        # The account goes back to it after each second run.
        state = changed(state, treatment.changes)
        if treatment.exit_code or not treatment.writes:
            wrong[check_id] = [f"exit code {treatment.exit_code}: {treatment.output}"]
            continue
        for column in (allowed_changes, reruns):
            if lines := column.faults_of(check_id, treatment):
                wrong.setdefault(check_id, []).extend([f"{column.COLUMN}:", *lines[:12]])
    assert not wrong, "\n".join("\n  ".join([check_id, *lines]) for check_id, lines in wrong.items())


def test_every_check_with_a_proof_says_what_it_may_change() -> None:
    assert set(MAY_CHANGE) == proven()
    assert set(RERUN_GAPS) | set(TRANSIENT_PATHS) <= proven()
