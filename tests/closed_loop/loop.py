"""The loop: make every fault of an account, scan, run the texts that a user copies, scan again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from closed_loop.fault import FAULTS
from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.model import Finding, Status
from cloud_audit_tui.remediation.render import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from closed_loop.account import Account
    from closed_loop.fault import Fault, SeededFault
    from cloud_audit_tui.remediation.render import Remediation

A_DAY = 86_400
Key = tuple[str, str]
"""A check and the ID of a resource."""


@dataclass
class Loop:
    """The result: the faults of each check's fix, and the harm that the fixes did elsewhere.

    ``worse`` has a line for each check of a resource that passed before and passes no more. ``new_failures``
    are the checks that fail for a new resource, and ``rules`` those of the rehearsal that looked at a call of
    each script.
    """

    faults: dict[str, str] = field(default_factory=dict)
    worse: list[str] = field(default_factory=list)
    new_failures: dict[str, str] = field(default_factory=dict)
    rules: dict[str, list[str]] = field(default_factory=dict)


def close(account: Account, faults: Sequence[Fault], checks: Iterable[str] | None = None) -> Loop:
    """Fix every fault of an account, one after the other, and return what did not work.

    Both scans run all checks, unless a few are named.
    """
    loop = Loop()
    seeded_faults = {fault.check_id: fault.seed(account) for fault in faults}
    check_ids = sorted(all_checks() if checks is None else checks)
    before = account.scan(check_ids)
    findings: dict[str, Finding] = {}
    for fault in faults:
        finding = failing(before, fault, seeded_faults[fault.check_id])
        if isinstance(finding, str):
            loop.faults[fault.check_id] = finding
            continue
        findings[fault.check_id] = finding
        with account.rehearsal() as rehearsal:
            wrong = _mend(account, fault, finding, seeded_faults[fault.check_id])
        loop.rules[fault.check_id] = rehearsal.rules
        if wrong:
            loop.faults[fault.check_id] = wrong
    after = account.scan(check_ids)
    for fault in faults:
        if fault.check_id in findings and fault.check_id not in loop.faults:
            loop.faults |= _still_failing(fault, findings[fault.check_id], before, after)
    loop.worse = _worse(before, after)
    loop.new_failures = _new_failures(before, after)
    return loop


def failing(findings: Iterable[Finding], fault: Fault, seeded_fault: SeededFault) -> Finding | str:
    """Return the finding of a fault, or why there is not exactly one."""
    resource = seeded_fault.resource
    of_check = [finding for finding in findings if finding.check_id == fault.check_id]
    failing = [
        finding
        for finding in of_check
        if finding.status is Status.FAIL
        and (finding.resource_name == resource or finding.resource_id.endswith(resource))
    ]
    if len(failing) != 1:
        verdicts = "; ".join(
            f"{finding.status.value} {finding.resource_id}: {finding.reason}" for finding in of_check
        )
        many = len(failing)
        return f"{many} findings fail for {resource!r} where one should: {verdicts or 'none seen'}"
    return failing[0]


def fix_of(
    account: Account, finding: Finding, seeded_fault: SeededFault
) -> tuple[Remediation, dict[str, str]]:
    """Return the fix with the values that its form asks for, and the variables to export for its script.

    The variables are those that the explanation mentions and the form does not ask for.
    """
    names = {entry.variable for entry in render(finding).inputs()}
    values = {name: value for name, value in seeded_fault.inputs.items() if name in names}
    variables = {name: value for name, value in seeded_fault.inputs.items() if name not in names}
    return render(finding, account.environment, values), variables


def script_of(account: Account, check_id: str) -> tuple[str, SeededFault]:
    """Make the only fault of a check, scan for it, and return the script of its fix and the fault."""
    [fault] = [each for each in FAULTS if each.check_id == check_id]
    seeded_fault = fault.seed(account)
    finding = failing(account.scan([check_id]), fault, seeded_fault)
    assert isinstance(finding, Finding), finding
    return fix_of(account, finding, seeded_fault)[0].cli, seeded_fault


def _mend(account: Account, fault: Fault, finding: Finding, seeded_fault: SeededFault) -> str:
    """Do what a user does with a finding; return what went wrong."""
    remediation, variables = fix_of(account, finding, seeded_fault)
    if not remediation.cli:
        return f"there is no script: {remediation.note}"
    ran = account.run(remediation.cli, variables)
    if ran.returncode:
        return f"exit code {ran.returncode}\n{ran.stdout}\n{ran.stderr}\n{remediation.cli}"
    if fault.then:
        lines = [line for line in ran.stdout.splitlines() if line.startswith("aws ")]
        commands = [next((line for line in lines if part in line), "") for part in fault.then]
        if not all(commands):
            return f"the script does not print what is left to do ({fault.then}):\n{ran.stdout}"
        later = "set -eu\n" + "\n".join(commands)
        for word, value in (*fault.words, ("NEW", _new_name(ran.stdout))):
            later = later.replace(f"={word}", f"={value}")
        ran = account.run(later, account.environment)
        if ran.returncode:
            return f"exit code {ran.returncode} of a later command\n{ran.stderr}\n{later}"
    # A person takes this step when AWS has finished its work.
    account.advance(A_DAY)
    if fault.by_hand is not None:
        fault.by_hand(account)
    return ""


def _new_name(output: str) -> str:
    """Return the name of the resource that a script made, as the script prints it."""
    lines = [line for line in output.splitlines() if line.startswith("The encrypted ")]
    return lines[-1].rpartition(" is ")[2].rstrip(".") if lines else "NEW"


def _still_failing(
    fault: Fault, treated_finding: Finding, before: Iterable[Finding], after: Iterable[Finding]
) -> dict[str, str]:
    now = {_key(finding): finding for finding in after if finding.check_id == fault.check_id}
    finding = now.get(_key(treated_finding))
    if finding is None and not fault.gone:
        return {fault.check_id: f"{treated_finding.resource_id} was not judged again"}
    if finding is not None and finding.status is not Status.PASS:
        return {fault.check_id: f"{finding.status.value} after the fix: {finding.reason}"}
    keys_before = {_key(each) for each in before}
    new = [each for key, each in now.items() if each.status is Status.FAIL and key not in keys_before]
    if fault.gone and new:
        return {fault.check_id: f"what the fix made fails as well: {new[0].resource_id}: {new[0].reason}"}
    return {}


def _worse(before: Iterable[Finding], after: Iterable[Finding]) -> list[str]:
    passing_keys = {_key(finding) for finding in before if finding.status is Status.PASS}
    return [
        f"{finding.check_id} {finding.resource_id}: {finding.status.value}: {finding.reason}"
        for finding in after
        if _key(finding) in passing_keys and finding.status is not Status.PASS
    ]


def _new_failures(before: Iterable[Finding], after: Iterable[Finding]) -> dict[str, str]:
    keys_before = {_key(finding) for finding in before}
    return {
        finding.check_id: f"{finding.resource_id}: {finding.reason}"
        for finding in after
        if finding.status is Status.FAIL and _key(finding) not in keys_before
    }


def _key(finding: Finding) -> Key:
    return finding.check_id, finding.resource_id
