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
    """The result: the faults of each check's file, and the findings whose files are planned and applied."""

    faults: dict[str, str] = field(default_factory=dict)
    findings: dict[str, Finding] = field(default_factory=dict)


def close_by_terraform(
    account: Account, group: str, faults: Sequence[Fault], work: Workspace
) -> TerraformLoop:
    """Fix the faults of an account by their files, all in one directory, and return what is wrong."""
    loop = TerraformLoop()
    seeded_faults = {fault.check_id: fault.seed(account) for fault in faults}
    enrich(group, account)
    before = account.scan(sorted(seeded_faults))
    work.start()
    for fault in faults:
        finding = failing(before, fault, seeded_faults[fault.check_id])
        if isinstance(finding, str):
            loop.faults[fault.check_id] = finding
        elif wrong := _write_file(account, finding, seeded_faults[fault.check_id], work):
            loop.faults[fault.check_id] = wrong
        elif fault.check_id in PLANS:
            loop.findings[fault.check_id] = finding
    _plan_and_compare(loop, work, group)
    _apply(loop, work)
    _plan_nothing(loop, work)
    _delete_blocks(loop, work)
    after = {
        (finding.check_id, finding.resource_id): finding for finding in account.scan(sorted(seeded_faults))
    }
    for fault in faults:
        if finding_before := loop.findings.get(fault.check_id):
            now = after.get((finding_before.check_id, finding_before.resource_id))
            if wrong := _fault_after_apply(fault, now):
                loop.faults[fault.check_id] = wrong
    return loop


def _write_file(account: Account, finding: Finding, seeded_fault: SeededFault, work: Workspace) -> str:
    """Write the text that a user copies, with its inputs filled in; return what is wrong."""
    fix = render(finding, account.environment)
    if finding.check_id in NO_FILE:
        return "" if not fix.terraform else "there is a file, and there should be none"
    if not fix.terraform:
        return f"there is no file: {fix.note}"
    plan = PLANS.get(finding.check_id)
    if plan is None:
        return "" if finding.check_id in UNPROVEN else "it has neither a plan nor a reason"
    inputs = seeded_fault.inputs | (plan.inputs(account, finding) if plan.inputs else {})
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
    """Make the first plan; take out a file that plans anything but the expected changes."""
    changes = _plan(loop, work)
    for check_id in list(loop.findings):
        plan = sorted(str(change) for change in changes.get(check_id, []))
        expected_plan = PLANS[check_id].changes_of(group)
        if plan != expected_plan:
            _give_up(loop, work, check_id, f"it plans\n{plan}\ninstead of\n{expected_plan}")
    if loop.findings.keys() < changes.keys():
        _plan(loop, work)


def _plan_nothing(loop: TerraformLoop, work: Workspace) -> None:
    """Make the second plan, which has to be empty."""
    if not loop.findings:
        return
    changes = _plan(loop, work)
    for check_id in list(loop.findings):
        if more := [str(change) for change in changes.get(check_id, []) if change.what != "no-op"]:
            _give_up(loop, work, check_id, f"the second plan is not empty: {more}")


def _plan(loop: TerraformLoop, work: Workspace) -> dict[str, list[Change]]:
    """Return the changes of a plan without the files for which the program cannot plan."""
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
    """Return the checks whose files or resources an error names; raise the error if it names none."""
    check_ids = {name.replace("_", "-") for name in _CULPRIT.findall(str(error))} & loop.findings.keys()
    if not check_ids:
        raise error
    return check_ids


def _delete_blocks(loop: TerraformLoop, work: Workspace) -> None:
    """Delete the blocks of the files whose explanation says so, and apply again."""
    check_ids = [check_id for check_id in loop.findings if PLANS[check_id].in_two_steps]
    if not check_ids:
        return
    for check_id in check_ids:
        work.remove(check_id)
    changes = _plan(loop, work)
    for check_id in check_ids:
        if [change.what for change in changes.get(check_id, [])] != ["delete"]:
            _give_up(loop, work, check_id, f"without its blocks it plans {changes.get(check_id)}")
    _apply(loop, work)


def _give_up(loop: TerraformLoop, work: Workspace, check_id: str, why: str) -> None:
    """Record what is wrong with a file, and take the file out of the next plans and applies."""
    loop.faults[check_id] = why
    loop.findings.pop(check_id, None)
    work.forget(check_id)


def _fault_after_apply(fault: Fault, now: Finding | None) -> str:
    plan = PLANS[fault.check_id]
    is_fixed = (now is None and fault.gone) or (now is not None and now.status is Status.PASS)
    if plan.rest:
        return "it mends the fault, and its plan says that something is left to do" if is_fixed else ""
    if is_fixed:
        return ""
    return f"{now.status.value} after the apply: {now.reason}" if now else "it was not judged again"
