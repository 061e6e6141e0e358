"""What one fault is: how it is made, what its script is given, and what a person does after the script.

A fault also declares what its check's fix may change, what the Terraform file plans, and why no rule of the
rehearsal looks at the script. The tables of `unchanged`, `terraform_plans` and `rehearsed` hold that of the
first checks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from closed_loop.terraform_plans import NO_FILE, PLANS, Plan
from closed_loop.terraform_plans import UNPROVEN as UNPROVEN_FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from closed_loop.account import Account


@dataclass(frozen=True)
class Seeded:
    """A fault that is there: what fails, by its name or the end of its ID, and the inputs of its script.

    An empty resource stands for the only one that the check fails.
    """

    resource: str = ""
    inputs: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """The fault of one check.

    ``then`` are the commands that the script prints for later and that belong to the fix, each named by a
    part of it; ``words`` are replaced in them. ``by_hand`` does what the script asks for in words.
    ``gone``: the fix takes the resource away, or puts another one into its place. ``leaves`` are the checks
    that fail for what the fix makes: it needs more than this fix is given, or is as the old one was.
    """

    check_id: str
    group: str
    seed: Callable[[Account], Seeded]
    then: tuple[str, ...] = ()
    words: tuple[tuple[str, str], ...] = ()
    by_hand: Callable[[Account], object] | None = None
    gone: bool = False
    leaves: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """Say how much of the fix is the script's own."""
        if self.by_hand is not None:
            return "script and a step in words"
        return "script and commands it prints" if self.then else "script alone"


FAULTS: list[Fault] = []
"""All faults, which the modules of `closed_loop.faults` add; a check may have one in each account."""
UNPROVEN: dict[str, str] = {}
"""Checks whose fix no loop can prove here, with the reason; those modules add them too."""
MAY_CHANGE: dict[str, tuple[str, ...]] = {}
"""The paths of the embedded AWS's state that the fix of each proven check may change.

``{}`` is the resource's name, and ``+`` stands before what may only be made anew.
"""
NO_RULE: dict[str, str] = {}
"""Why no rule looks at the calls of a script: by what AWS's API model and guides say of those calls."""


def fault(
    check_id: str,
    *,
    then: tuple[str, ...] = (),
    words: tuple[tuple[str, str], ...] = (),
    by_hand: Callable[[Account], object] | None = None,
    gone: bool = False,
    leaves: tuple[str, ...] = (),
    may_change: tuple[str, ...] = (),
    plan: Plan | str | None = None,
    no_rule: str = "",
) -> Callable[[Callable[[Account], Seeded]], Callable[[Account], Seeded]]:
    """Add a function that makes the fault of a check; its module is the account that it is made in.

    ``may_change`` and ``no_rule`` are entries of `MAY_CHANGE` and `NO_RULE`. ``plan`` is what the Terraform
    file plans, why it is not applied here, or empty where no file can repair the fault.
    """
    if may_change:
        MAY_CHANGE[check_id] = may_change
    if no_rule:
        NO_RULE[check_id] = no_rule
    _declare_plan(check_id, plan)

    def register(seed: Callable[[Account], Seeded]) -> Callable[[Account], Seeded]:
        group = seed.__module__.rpartition(".")[2]
        assert all((each.check_id, each.group) != (check_id, group) for each in FAULTS), check_id
        FAULTS.append(Fault(check_id, group, seed, then, words, by_hand, gone, leaves))
        return seed

    return register


def _declare_plan(check_id: str, plan: Plan | str | None) -> None:
    if isinstance(plan, Plan):
        PLANS[check_id] = plan
    elif plan:
        UNPROVEN_FILES[check_id] = plan
    elif plan is not None:
        NO_FILE.add(check_id)


def unproven(reason: str, *check_ids: str, plan: Plan | str | None = None) -> None:
    """Declare that no loop can prove the fixes of these checks, and why; ``plan`` is as for `fault`."""
    for check_id in check_ids:
        _declare_plan(check_id, plan)
        assert check_id not in UNPROVEN, check_id
        UNPROVEN[check_id] = reason


def proven(gaps: Collection[str] = ()) -> set[str]:
    """Return the checks whose faults the tests make and mend, without those of ``gaps``."""
    return {fault.check_id for fault in FAULTS} - set(gaps)


def verdict(check_id: str, gaps: Mapping[str, str]) -> str:
    """Return what the document says of one property of a check's fix; ``gaps`` are reasons by check."""
    if check_id in UNPROVEN:
        return "not run"
    return gaps.get(check_id, "proven")
