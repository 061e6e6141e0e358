"""Every Terraform file that can be applied here changes what it is for and nothing else, by the real program.

Each account is filled with the faults of one group, made rich, and scanned. The very texts that a user copies
are planned: the plan is exactly the import and the intended change. They are applied, a second plan is empty,
and the findings are gone.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from closed_loop.fault import Fault, SeededFault
from closed_loop.terraform import Workspace
from closed_loop.terraform_faults import ALL
from closed_loop.terraform_loop import close_by_terraform
from closed_loop.terraform_plans import NO_FILE, PLANS, UNPROVEN, Plan
from cloud_audit_tui.checks.catalogue import all_checks

if TYPE_CHECKING:
    from pathlib import Path

    from closed_loop.account import Account
    from closed_loop.terraform_types import FewTypes

GROUPS: dict[str, list[Fault]] = defaultdict(list)
for _fault in ALL:
    GROUPS[_fault.group].append(_fault)


def _workspace(terraform: tuple[str, FewTypes], directory: Path) -> Workspace:
    work = Workspace(*terraform, directory / "terraform")
    work.directory.mkdir()
    return work


@pytest.mark.proof
@pytest.mark.timeout(600)
@pytest.mark.long
@pytest.mark.parametrize("group", sorted(GROUPS))
def test_the_files_change_what_they_are_for_and_nothing_else(
    group: str, terraform: tuple[str, FewTypes], account: Account, tmp_path: Path
) -> None:
    loop = close_by_terraform(account, group, GROUPS[group], _workspace(terraform, tmp_path))
    assert not loop.faults, "\n\n".join(f"{check}: {wrong}" for check, wrong in loop.faults.items())


def test_every_file_is_proved_or_has_a_reason() -> None:
    assert PLANS.keys() <= {fault.check_id for fault in ALL}
    assert not PLANS.keys() & UNPROVEN.keys()
    assert not NO_FILE & (PLANS.keys() | UNPROVEN.keys())
    assert NO_FILE | PLANS.keys() | UNPROVEN.keys() == set(all_checks())


def _partly_blocked(account: Account) -> SeededFault:
    block = {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": False,
        "RestrictPublicBuckets": False,
    }
    bucket = account.bucket("partly-blocked")
    account.client("s3").put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
    return SeededFault(bucket)


@pytest.mark.proof
def test_a_file_that_plans_something_else_is_named_and_not_applied(
    terraform: tuple[str, FewTypes], account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PLANS, "aws-s3-001", Plan(("aws_s3_bucket_public_access_block create",)))
    fault = Fault("aws-s3-001", "loop", _partly_blocked)
    loop = close_by_terraform(account, "loop", [fault], _workspace(terraform, tmp_path))
    assert loop.faults["aws-s3-001"].startswith(
        "it plans\n['aws_s3_bucket_public_access_block import update "
    )
    block = account.client("s3").get_public_access_block(Bucket="partly-blocked")
    assert block["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] is False
