"""What a fix does to the whole state: at its end, after each of its writes, and when it is run again."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from closed_loop.cli_server import AFTER_WRITE
from closed_loop.loop import fix_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Set

    from closed_loop.account import Account
    from closed_loop.fault import Fault, Seeded
    from cloud_audit_tui.model import Finding

State = dict[str, str]
Change = tuple[str | None, str | None]
"""The value of a path before and after; None where there is no such path."""

_ID = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[0-9A-Za-z]*\d)[0-9A-Za-z]{8,}|A[A-Z]{3}[A-Z0-9]{12,}"
)
_MINUTE = re.compile(r"-20\d\d(?:-\d\d){4}\b")
"""The end of the name of an automatic snapshot: the minute in which it was made."""


@dataclass(frozen=True)
class Step:
    """A script that was killed after one of its writes, and run again from its start."""

    write: str
    state: State
    """The state in which it was killed."""
    end: State
    """The state after the second run."""
    exit_code: int
    output: str


@dataclass(frozen=True)
class Treatment:
    """One fix: the state before and after it, and what becomes of it when it is killed after each write."""

    finding: Finding
    before: State
    after: State
    exit_code: int
    output: str
    writes: list[str]
    steps: list[Step] = field(default_factory=list)


def treat(account: Account, fault: Fault, finding: Finding, seeded: Seeded) -> Treatment:
    """Run the fix of a finding undisturbed, and again from the state after each of its writes.

    A script that is killed by a signal runs nothing more, so that what it leaves is the state after its last
    write: a snapshot is taken there. The account is afterwards as the undisturbed fix left it.
    """
    fix, exported = fix_of(account, finding, seeded)
    before = account.state()
    log = account.home / f"{fault.check_id}-write"
    ran = account.run(fix.cli, {**exported, AFTER_WRITE: str(log)})
    writes = log.read_text().splitlines() if log.exists() else []
    treatment = Treatment(
        finding, before, account.state(), ran.returncode, f"{ran.stdout}\n{ran.stderr}\n{fix.cli}", writes
    )
    if writes and not ran.returncode:
        account.take(f"{fault.check_id}-end")
        for number, write in enumerate(writes, 1):
            account.restore(f"{log.name}-{number}")
            state = account.state()
            again = account.run(fix.cli, exported)
            output = f"{again.stdout}\n{again.stderr}"
            treatment.steps.append(Step(write, state, account.state(), again.returncode, output))
        account.restore(f"{fault.check_id}-end")
    return treatment


def changes(before: State, after: State) -> dict[str, Change]:
    """Return the paths whose values differ."""
    return {
        path: (before.get(path), after.get(path))
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    }


def unintended(treatment: Treatment, intended: Iterable[str]) -> list[str]:
    """Return the changes that no pattern allows.

    ``{}`` in a pattern is the resource's name. A pattern that begins with ``+`` allows only what is new.
    """
    patterns = set(intended)
    new_only = {pattern for pattern in patterns if pattern.startswith("+")}
    allowed = _matcher(treatment, patterns - new_only)
    made = _matcher(treatment, [pattern[1:] for pattern in new_only])
    return [
        _line(path, *change)
        for path, change in changes(treatment.before, treatment.after).items()
        if not allowed.match(path)
        and not (change[0] is None and made.match(path))
        and not _only_filled(change)
    ]


def _only_filled(change: Change) -> bool:
    """Say whether something empty has got a first member or lost its last, which is a change of its own."""
    return None in change and bool({"{}", "[]"} & set(change))


def not_resumed(treatment: Treatment) -> list[str]:
    """Return what differs after a second run, for each write that the script was killed after."""
    wrong = []
    known: frozenset[str] = frozenset().union(
        *(_made_up(text) for pair in treatment.before.items() for text in pair)
    )
    expected = _anonymous(known, treatment.before, treatment.after)
    for number, step in enumerate(treatment.steps, 1):
        actual = _anonymous(known, treatment.before, step.end)
        difference = [f"missing: {line}" for line in expected - actual]
        difference += [f"too much: {line}" for line in actual - expected]
        # After its last write a script may find its work done and stop with a message.
        failed = step.exit_code and number < len(treatment.steps)
        if failed or difference:
            ended = f"exit code {step.exit_code}: {step.output[-600:]}" if step.exit_code else ""
            wrong.append(
                "\n    ".join([f"killed after {number}, {step.write}: {ended}", *sorted(difference)[:9]])
            )
    return wrong


def not_serving(treatment: Treatment, passing: Iterable[str] = ()) -> list[str]:
    """Return what was neither as before nor as at the end after some write.

    What the fix leaves as it was has to be so at every step, and what it changes has to be the old or the
    new: so every resource serves at each step as it served before or as it will. ``passing`` are patterns of
    what may be something else meanwhile, because the effect says that it interrupts.
    """
    allowed = _matcher(treatment, passing)
    wrong = []
    for number, step in enumerate(treatment.steps, 1):
        for path in treatment.before:
            now = step.state.get(path)
            if now in (treatment.before.get(path), treatment.after.get(path)) or allowed.match(path):
                continue
            line = _line(path, treatment.before.get(path), now)
            wrong.append(f"after {number}, {step.write}: {line} (at the end {treatment.after.get(path)})")
    return wrong


def _matcher(treatment: Treatment, patterns: Iterable[str]) -> re.Pattern[str]:
    """Return what matches the paths of the patterns and those below; ``*`` is any part of one name."""
    name = treatment.finding.resource_name.replace("/", "|")
    each = [re.escape(pattern.replace("{}", name)).replace(r"\*", "[^/]*") for pattern in patterns]
    return re.compile(f"(?:{'|'.join(each)})(?:/|$)" if each else r"(?!)")


def _anonymous(known: Set[str], before: State, after: State) -> Counter[str]:
    """Return the changes as lines in which what was made, and is not known, has no name that is made up."""

    def anonymous(text: str) -> str:
        named = _ID.sub(lambda match: match[0] if match[0] in known else "ID", text)
        return _MINUTE.sub("-MINUTE", named)

    return Counter(
        f"{anonymous(path)} = {anonymous(str(new))}" for path, (_, new) in changes(before, after).items()
    )


@lru_cache(maxsize=200_000)
def _made_up(text: str) -> tuple[str, ...]:
    """Return the IDs in a text; the states of one account have nearly all texts in common."""
    return tuple(_ID.findall(text))


def _line(path: str, old: str | None, new: str | None) -> str:
    return f"{path}: {str(old)[:160]} -> {str(new)[:160]}"
