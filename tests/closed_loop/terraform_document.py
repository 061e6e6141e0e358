"""The section of the document of the proofs on Terraform files."""

from __future__ import annotations

from closed_loop.terraform_plans import NO_FILE, PLANS, UNPROVEN
from cloud_audit_tui.checks.catalogue import all_checks

_TEXT = """
## Terraform files

{proved} of {all} checks: the fault is made on a resource that has more than the fault, and the very file that
a user copies is run by `terraform` with the AWS provider 5.100 against the embedded AWS. The first plan has
the imports and the changes named here and nothing else: no other argument changes, is reset or replaced.
After the apply a scan finds the fault no more, and the second plan is empty. {unproved} files cannot be
proven so, each for the reason given; {without} checks have no file, because Terraform cannot repair their
fault.

An argument with a `-` becomes unset, and the value of one with a `?` is known after the apply. *import*
stands for the import of a resource that exists. The proof is skipped where `terraform` or its provider is
absent; `CLOUD_AUDIT_TUI_TERRAFORM_PLUGINS` names the mirror folder that `terraform init -plugin-dir` takes.

| check | how it is proven, or why not | the plan |
|---|---|---|
{rows}
"""


def section() -> str:
    """Return the section as it should be."""
    rows = []
    for check_id in all_checks():
        plan = PLANS.get(check_id)
        if plan is not None:
            ways = [plan.changes, *(changes for _, changes in plan.in_group)]
            rows.append(f"| {check_id} | {plan.outcome} | {'; or '.join(map(_list_of, ways))} |")
        elif check_id in NO_FILE:
            rows.append(f"| {check_id} | no file | |")
        else:
            rows.append(f"| {check_id} | not proven: {UNPROVEN.get(check_id)} | |")
    return _TEXT.format(
        proved=len(PLANS),
        all=len(all_checks()),
        unproved=len(UNPROVEN),
        without=len(NO_FILE),
        rows="\n".join(rows),
    )


def _list_of(changes: tuple[str, ...]) -> str:
    counts = {change: changes.count(change) for change in changes}
    return ", ".join(f"{change} ({count} times)" if count > 1 else change for change, count in counts.items())
