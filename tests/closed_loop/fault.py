"""A fault: how it is made, the inputs of its script, and what a person does after the script.

A fault also declares what its check's fix may change, what the Terraform file plans, and why no rule of the
rehearsal looks at the script. The first fault of a check declares this, once; no other place has it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from closed_loop.terraform_plans import NO_FILE, PLANS, Plan
from closed_loop.terraform_plans import UNPROVEN as UNPROVEN_FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from closed_loop.account import Account

Fact = TypeVar("Fact")


@dataclass(frozen=True)
class SeededFault:
    """A fault in an account: the resource that fails, by its name or the end of its ID, and the inputs.

    An empty name stands for the only resource that fails the check.
    """

    resource: str = ""
    inputs: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """The fault of one check.

    ``then`` has a part of each command that the script prints for later and that belongs to the fix; the
    pairs of ``words`` are replaced in these commands. ``by_hand`` takes the step that the script states in
    words. ``gone``: the fix deletes or replaces the resource. ``leaves`` are the checks that a new resource
    fails, because it needs inputs that this fix lacks, or because it equals the old resource.

    ``work_seconds`` is how long AWS works in the proof that the script waits for it: so long that the waiter
    gives up twice. DynamoDB's gives up after 500 seconds, EC2's after 600, others after 1,800. An endpoint's
    alone gives up after an hour, and once is enough. A wait in a command that the script prints needs none,
    because a person runs it again.
    """

    check_id: str
    group: str
    seed: Callable[[Account], SeededFault]
    then: tuple[str, ...] = ()
    words: tuple[tuple[str, str], ...] = ()
    by_hand: Callable[[Account], object] | None = None
    gone: bool = False
    leaves: tuple[str, ...] = ()
    work_seconds: int = 0

    @property
    def kind(self) -> str:
        """Say how much of the fix the script does itself."""
        if self.by_hand is not None:
            return "script and a step in words"
        return "script and commands it prints" if self.then else "script alone"


FAULTS: list[Fault] = []
"""All faults, which the modules of `closed_loop.faults` add; a check may have one in each account."""
UNPROVEN: dict[str, str] = {}
"""Checks whose fix the closed loop cannot prove, with the reason; those modules add them too."""
MAY_CHANGE: dict[str, tuple[str, ...]] = {}
"""The paths of the embedded AWS's state that the fix of each proven check may change.

``{}`` is the resource's name. A path after ``+`` may be added, and not changed.
"""
NO_RULE: dict[str, str] = {}
"""Why no rule looks at the calls of a script, by AWS's API model and guides of those calls."""
SAME_IN_MOTO = "moto refuses what AWS refuses in these calls"
"""The beginning of a reason of `NO_RULE`; what is refused comes after it."""
TRANSIENT_PATHS: dict[str, tuple[str, ...]] = {}
"""Paths that may have a third value while the fix runs, because its effect says that it interrupts."""
RERUN_GAPS: dict[str, str] = {}
"""Checks whose second run does not end in the same state, with the reason."""


def fault(
    check_id: str,
    *,
    then: tuple[str, ...] = (),
    words: tuple[tuple[str, str], ...] = (),
    by_hand: Callable[[Account], object] | None = None,
    gone: bool = False,
    leaves: tuple[str, ...] = (),
    work_seconds: int = 0,
    may_change: tuple[str, ...] = (),
    plan: Plan | str | None = None,
    no_rule: str = "",
    transient_paths: tuple[str, ...] = (),
    rerun_gap: str = "",
) -> Callable[[Callable[[Account], SeededFault]], Callable[[Account], SeededFault]]:
    """Add a function that makes the fault of a check; the account is named after the function's module.

    ``may_change``, ``no_rule``, ``transient_paths`` and ``rerun_gap`` are entries of `MAY_CHANGE`, `NO_RULE`,
    `TRANSIENT_PATHS` and `RERUN_GAPS`. ``plan`` is what the Terraform file plans, why it is not applied here,
    or empty where no file can repair the fault. The first fault of a check declares them, another does not.
    """
    _declare(MAY_CHANGE, check_id, may_change)
    _declare(NO_RULE, check_id, no_rule)
    _declare(TRANSIENT_PATHS, check_id, transient_paths)
    _declare(RERUN_GAPS, check_id, rerun_gap)
    _declare_plan(check_id, plan)

    def register(seed: Callable[[Account], SeededFault]) -> Callable[[Account], SeededFault]:
        group = seed.__module__.rpartition(".")[2]
        assert all((each.check_id, each.group) != (check_id, group) for each in FAULTS), check_id
        FAULTS.append(Fault(check_id, group, seed, then, words, by_hand, gone, leaves, work_seconds))
        return seed

    return register


def _declare(table: dict[str, Fact], check_id: str, fact: Fact) -> None:
    if fact:
        assert check_id not in table, f"{check_id} has two declarations"
        table[check_id] = fact


def _declare_plan(check_id: str, plan: Plan | str | None) -> None:
    if isinstance(plan, Plan):
        _declare(PLANS, check_id, plan)
    elif plan:
        _declare(UNPROVEN_FILES, check_id, plan)
    elif plan is not None:
        NO_FILE.add(check_id)


def unproven(reason: str, *check_ids: str, plan: Plan | str | None = None) -> None:
    """Declare why the closed loop cannot prove the fixes of these checks; ``plan`` is as for `fault`."""
    for check_id in check_ids:
        _declare_plan(check_id, plan)
        _declare(UNPROVEN, check_id, reason)


def proven(gaps: Collection[str] = ()) -> set[str]:
    """Return the checks whose faults the tests make and fix, without those of ``gaps``."""
    return {fault.check_id for fault in FAULTS} - set(gaps)


def verdict(check_id: str, gaps: Mapping[str, str]) -> str:
    """Return the cell of the document for one property of a check's fix; ``gaps`` are reasons by check."""
    if check_id in UNPROVEN:
        return "not run"
    return gaps.get(check_id, "proven")
