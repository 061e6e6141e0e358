"""The loop by Terraform: make faults, scan, plan and apply their files, plan and scan again."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from closed_loop.loop import failing
from closed_loop.terraform import TerraformError
from closed_loop.terraform_plans import NO_FILE, PLANS, UNPROVEN
from closed_loop.terraform_rich import enrich
from cloud_audit_tui.model import Finding, Status
from cloud_audit_tui.remediation.quoting import Language
from cloud_audit_tui.remediation.render import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from closed_loop.account import Account
    from closed_loop.fault import Fault, SeededFault
    from closed_loop.terraform import Change, Workspace

_CULPRIT = re.compile(r"(aws[-_][a-z0-9]+[-_][0-9]{3})\b")
_TO_OTHER_NAME = {"TRUSTED_CIDR_IPV4": "TRUSTED_CIDR", "KMS_KEY_ARN": "KMS_KEY_ID"}
"""Variables of files whose value the script takes under another name."""


@dataclass
class TerraformLoop:
    """What came of it: what is wrong for each check, and the checks whose files were applied."""

    faults: dict[str, str] = field(default_factory=dict)
    applied: dict[str, Finding] = field(default_factory=dict)


def close_by_terraform(
    account: Account, group: str, faults: Sequence[Fault], work: Workspace
) -> TerraformLoop:
    """Mend the faults of an account by their files, all in one directory, and say what is wrong."""
    loop = TerraformLoop()
    seeded = {fault.check_id: fault.seed(account) for fault in faults}
    enrich(group, account)
    before = account.scan(sorted(seeded))
    work.start()
    for fault in faults:
        finding = failing(before, fault, seeded[fault.check_id])
        if isinstance(finding, str):
            loop.faults[fault.check_id] = finding
        elif wrong := _write_file(account, finding, seeded[fault.check_id], work):
            loop.faults[fault.check_id] = wrong
        elif fault.check_id in PLANS:
            loop.applied[fault.check_id] = finding
    _plan_and_compare(loop, work, group)
    _apply(loop, work)
    _plan_nothing(loop, work)
    _delete_blocks(loop, work)
    after = {(finding.check_id, finding.resource_id): finding for finding in account.scan(sorted(seeded))}
    for fault in faults:
        if applied := loop.applied.get(fault.check_id):
            now = after.get((applied.check_id, applied.resource_id))
            if wrong := _unmended(fault, now):
                loop.faults[fault.check_id] = wrong
    return loop


def _write_file(account: Account, finding: Finding, seeded: SeededFault, work: Workspace) -> str:
    """Write the text that a user copies, with its inputs filled in; return what is wrong."""
    fix = render(finding, account.environment)
    if finding.check_id in NO_FILE:
        return "" if not fix.terraform else "there is a file, and it is not to be"
    if not fix.terraform:
        return f"there is no file: {fix.note}"
    plan = PLANS.get(finding.check_id)
    if plan is None:
        return "" if finding.check_id in UNPROVEN else "it has neither a plan nor a reason"
    inputs = seeded.inputs | (plan.inputs(account, finding) if plan.inputs else {})
    values = {}
    for entry in fix.inputs(Language.HCL):
        name = entry.variable
        value = inputs.get(name) or inputs.get(_TO_OTHER_NAME.get(name, ""), "")
        if not value and not entry.optional:
            return f"nobody gives a value for {name}"
        values[name] = value
    work.add(finding.check_id, fix.with_values(values).terraform, plan.secrets)
    return ""


def _plan_and_compare(loop: TerraformLoop, work: Workspace, group: str) -> None:
    """Make the first plan; a file that plans anything but the intended changes is taken out."""
    planned = _plan(loop, work)
    for check_id in list(loop.applied):
        plan = sorted(str(change) for change in planned.get(check_id, []))
        intended = PLANS[check_id].changes_of(group)
        if plan != intended:
            _give_up(loop, work, check_id, f"it plans\n{plan}\ninstead of\n{intended}")
    if loop.applied.keys() < planned.keys():
        _plan(loop, work)


def _plan_nothing(loop: TerraformLoop, work: Workspace) -> None:
    """Make the second plan, which is to be empty."""
    if not loop.applied:
        return
    planned = _plan(loop, work)
    for check_id in list(loop.applied):
        if more := [str(change) for change in planned.get(check_id, []) if change.what != "no-op"]:
            _give_up(loop, work, check_id, f"the second plan is not empty: {more}")


def _plan(loop: TerraformLoop, work: Workspace) -> dict[str, list[Change]]:
    """Plan; without the files that do not let the program plan."""
    while True:
        try:
            return work.plan()
        except TerraformError as error:
            for check_id in _culprits(loop, error):
                _give_up(loop, work, check_id, str(error))


def _apply(loop: TerraformLoop, work: Workspace) -> None:
    try:
        work.apply()
    except TerraformError as error:
        for check_id in _culprits(loop, error):
            _give_up(loop, work, check_id, str(error))


def _culprits(loop: TerraformLoop, error: TerraformError) -> set[str]:
    """Return the checks whose files or resources an error names; raises the error when it names none."""
    named = {name.replace("_", "-") for name in _CULPRIT.findall(str(error))} & loop.applied.keys()
    if not named:
        raise error
    return named


def _delete_blocks(loop: TerraformLoop, work: Workspace) -> None:
    """Delete the blocks of the files whose explanation says so, and apply again."""
    check_ids = [check_id for check_id in loop.applied if PLANS[check_id].in_two_steps]
    if not check_ids:
        return
    for check_id in check_ids:
        work.remove(check_id)
    planned = _plan(loop, work)
    for check_id in check_ids:
        if [change.what for change in planned.get(check_id, [])] != ["delete"]:
            _give_up(loop, work, check_id, f"without its blocks it plans {planned.get(check_id)}")
    _apply(loop, work)


def _give_up(loop: TerraformLoop, work: Workspace, check_id: str, why: str) -> None:
    """Note what is wrong, and take the file out of what is planned and applied from now on."""
    loop.faults[check_id] = why
    loop.applied.pop(check_id, None)
    work.forget(check_id)


def _unmended(fault: Fault, now: Finding | None) -> str:
    plan = PLANS[fault.check_id]
    mended = (now is None and fault.gone) or (now is not None and now.status is Status.PASS)
    if plan.rest:
        return "it mends the fault, and the table says that something is left to do" if mended else ""
    if mended:
        return ""
    return f"{now.status.value} after the apply: {now.reason}" if now else "it was not judged again"
