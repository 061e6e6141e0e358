"""A script of several writing commands that is killed after each of them, and run again.

`test_rich` proves the same of every script from snapshots; here a signal ends a real one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from closed_loop import faults  # noqa: F401 - its modules register the faults
from closed_loop.account import empty_account
from closed_loop.interruption import run_until_killed
from closed_loop.loop import script_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from closed_loop.account import Account


def secrets(account: Account) -> Any:
    """Return the names of the secrets, and of the policies of each role."""
    iam = account.client("iam")
    names = sorted(each["Name"] for each in account.client("secretsmanager").list_secrets()["SecretList"])
    roles = [each["RoleName"] for each in iam.list_roles()["Roles"]]
    policies = {name: iam.list_role_policies(RoleName=name)["PolicyNames"] for name in roles}
    return names, policies


STATES: dict[str, Callable[[Account], Any]] = {"aws-lambda-003": secrets}
"""The functions that return the state of the account after the script, by check."""


@pytest.mark.parametrize("check_id", sorted(STATES))
def test_a_killed_script_ends_in_the_same_state_when_it_is_run_again(
    check_id: str, server: str, quick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong, expected, number, killed_at = [], None, 0, []
    while True:
        with empty_account(server, tmp_path, quick) as account:
            for name, value in account.environment.items():
                monkeypatch.setenv(name, value)
            script, seeded_fault = script_of(account, check_id)
            command = run_until_killed(account, script, seeded_fault.inputs, number) if number else ""
            if number and not command:
                break
            ran = account.run(script, seeded_fault.inputs)
            state = STATES[check_id](account)
            if not number:
                assert ran.returncode == 0, ran.stderr
                expected = state
            elif ran.returncode or state != expected:
                wrong.append(
                    f"killed after {command}: {state} and not {expected}\n{ran.stdout}\n{ran.stderr}"
                )
            killed_at.append(command)
        number += 1
    assert len(killed_at) > 1
    assert not wrong, "\n".join(wrong)
