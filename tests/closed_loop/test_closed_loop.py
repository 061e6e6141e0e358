"""Every script that can be proved here mends what it is for, and breaks nothing else.

Each account is filled with the faults of one group, scanned with all checks, mended with the very text
that a user copies - run by bash with the AWS CLI - and scanned with all checks again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from closed_loop import document, refusals, rehearsals  # noqa: F401 - the modules of refusals add the rules
from closed_loop.fault import FAULTS, NO_RULE, UNPROVEN, proven
from closed_loop.loop import close
from closed_loop.proofs import PROPERTY
from closed_loop.refusals.rule import RULES
from cloud_audit_tui.checks.catalogue import all_checks

if TYPE_CHECKING:
    from collections.abc import Callable

    from closed_loop.account import Account
    from closed_loop.fault import Fault

GROUPS: dict[str, list[Fault]] = defaultdict(list)
for _fault in FAULTS:
    GROUPS[_fault.group].append(_fault)


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_the_scripts_mend_what_they_are_for(
    group: str, account: Account, record_property: Callable[[str, object], None]
) -> None:
    faults = GROUPS[group]
    loop = close(account, faults)
    proofs = [(fault.check_id, fault.kind) for fault in faults if fault.check_id not in loop.faults]
    record_property(PROPERTY, proofs)
    records = rehearsals.records()
    different = [check for check, rules in loop.rules.items() if not set(rules) <= set(records[check])]
    assert not loop.faults, "\n".join(f"{check}: {wrong}" for check, wrong in loop.faults.items())
    assert not loop.worse, "\n".join(loop.worse)
    assert not different, f"{different} met other rules than recorded: run {rehearsals.REMAKE}"
    assert set(loop.new_failures) == {check for fault in faults for check in fault.leaves}, loop.new_failures


def test_the_record_names_rules_that_there_are_for_each_proved_check() -> None:
    records = rehearsals.records()
    assert set(records) == proven()
    assert {rule for rules in records.values() for rule in rules} <= set(RULES)


def test_each_script_met_a_rule_or_has_a_reason() -> None:
    without = {check_id for check_id, rules in rehearsals.records().items() if not rules}
    assert set(NO_RULE) == without
    assert all(reason.strip() for reason in NO_RULE.values())


def test_every_check_is_proved_or_has_a_reason() -> None:
    assert not proven() & set(UNPROVEN)
    assert proven() | set(UNPROVEN) == set(all_checks())
    assert all(reason.strip() for reason in UNPROVEN.values())


def test_the_document_says_what_the_proofs_are() -> None:
    text = document.PLACE.read_text(encoding="utf-8")
    assert text == document.text(), f"{document.PLACE.name} is not up to date: run {document.REMAKE}"


def test_a_number_of_proofs_in_the_readme_is_so() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    counts = set(re.findall(r"\b(\d+) of the (\d+)\s+checks\b", readme))
    assert counts <= {(str(len(proven())), str(len(all_checks())))}
