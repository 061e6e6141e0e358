"""The effect of a fix on the whole state: at its end, after each of its writes, and after a second run."""

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
    from closed_loop.fault import Fault, SeededFault
    from closed_loop.state_changes import Changes, State
    from cloud_audit_tui.model import Finding

_ID = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[0-9A-Za-z]*\d)[0-9A-Za-z]{8,}|A[A-Z]{3}[A-Z0-9]{12,}"
)
_MINUTE = re.compile(r"-20\d\d(?:-\d\d){4}\b")
"""The end of the name of an automatic snapshot: the minute in which it was made."""


@dataclass(frozen=True)
class Step:
    """A script that was killed after one of its writes, and run again from its start."""

    write: str
    changes: Changes
    """What differed from the state before the fix when it was killed."""
    end: Changes
    """What differed from it after the second run."""
    exit_code: int
    output: str


@dataclass(frozen=True)
class Treatment:
    """One fix: the state before it, its changes, and the second run after a kill at each of its writes."""

    finding: Finding
    before: State
    changes: Changes
    exit_code: int
    output: str
    writes: list[str]
    steps: list[Step] = field(default_factory=list)


def treat(
    account: Account, fault: Fault, finding: Finding, seeded_fault: SeededFault, before: State
) -> Treatment:
    """Run the fix of a finding undisturbed, and again from the state after each of its writes.

    ``before`` is the state of the account now, which its changes are told from. A script that a signal kills
    leaves the state after its last write, of which there is a snapshot. At the end the account has the state
    that the undisturbed fix left, and its changes are told from there.
    """
    fix, variables = fix_of(account, finding, seeded_fault)
    log = account.home / f"{fault.check_id}-write"
    ran = account.run(fix.cli, {**variables, AFTER_WRITE: str(log)})
    writes = log.read_text().splitlines() if log.exists() else []
    output = f"{ran.stdout}\n{ran.stderr}\n{fix.cli}"
    treatment = Treatment(finding, before, account.changes(onward=True), ran.returncode, output, writes)
    if writes and not ran.returncode:
        end = f"{fault.check_id}-end"
        for number, write in enumerate(writes, 1):
            account.restore(f"{log.name}-{number}", keep=end if number == 1 else "")
            killed_at = account.changes()
            again = account.run(fix.cli, variables)
            output = f"{again.stdout}\n{again.stderr}"
            treatment.steps.append(Step(write, killed_at, account.changes(), again.returncode, output))
        account.restore(end)
    return treatment


def unintended_changes(treatment: Treatment, allowed_paths: Iterable[str]) -> list[str]:
    """Return the changes that no pattern allows.

    ``{}`` in a pattern is the resource's name. A pattern that begins with ``+`` allows a new path only.
    """
    patterns = set(allowed_paths)
    additions = {pattern for pattern in patterns if pattern.startswith("+")}
    may_change = _matcher(treatment, patterns - additions)
    may_add = _matcher(treatment, [pattern[1:] for pattern in additions])
    return [
        _line(path, old, new)
        for path, new in treatment.changes.items()
        for old in (treatment.before.get(path),)
        if not may_change.match(path)
        and not (old is None and may_add.match(path))
        and not _is_of_an_empty_container(old, new)
    ]


def _is_of_an_empty_container(old: str | None, new: str | None) -> bool:
    """Say whether a container got its first member or lost its last; the member is a change by itself."""
    return None in (old, new) and bool({"{}", "[]"} & {old, new})


def rerun_differences(treatment: Treatment) -> list[str]:
    """Return the differences of the state after a second run, for each write before the kill."""
    wrong = []
    old_ids: frozenset[str] = frozenset().union(
        *(_ids(text) for pair in treatment.before.items() for text in pair)
    )
    expected = _anonymous_changes(old_ids, treatment.changes)
    for number, step in enumerate(treatment.steps, 1):
        actual = _anonymous_changes(old_ids, step.end)
        difference = [f"missing: {line}" for line in expected - actual]
        difference += [f"too much: {line}" for line in actual - expected]
        # After its last write a second run may find no work, and stop with a message.
        is_failure = step.exit_code and number < len(treatment.steps)
        if is_failure or difference:
            exit_text = f"exit code {step.exit_code}: {step.output[-600:]}" if step.exit_code else ""
            wrong.append(
                "\n    ".join([f"killed after {number}, {step.write}: {exit_text}", *sorted(difference)[:9]])
            )
    return wrong


def outages(treatment: Treatment, transient_paths: Iterable[str] = ()) -> list[str]:
    """Return the paths that after some write have neither their value before the fix nor that after it.

    Without such paths every resource serves at each step as before or as after. ``transient_paths`` are
    patterns of those that may have a third value, because the effect says that the fix interrupts.
    """
    may_be_transient = _matcher(treatment, transient_paths)
    wrong = []
    for number, step in enumerate(treatment.steps, 1):
        for path, now in step.changes.items():
            old = treatment.before.get(path)
            at_end = treatment.changes.get(path, old)
            if old is None or now == at_end or may_be_transient.match(path):
                continue
            line = _line(path, old, now)
            wrong.append(f"after {number}, {step.write}: {line} (at the end {at_end})")
    return wrong


def _matcher(treatment: Treatment, patterns: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern for the paths of these patterns and those below; ``*`` is any part of one name."""
    name = treatment.finding.resource_name.replace("/", "|")
    each = [re.escape(pattern.replace("{}", name)).replace(r"\*", "[^/]*") for pattern in patterns]
    return re.compile(f"(?:{'|'.join(each)})(?:/|$)" if each else r"(?!)")


def _anonymous_changes(old_ids: Set[str], changes: Changes) -> Counter[str]:
    """Return the changes as lines without the IDs of new resources, which differ from run to run."""

    def anonymous(text: str) -> str:
        text_without_ids = _ID.sub(lambda match: match[0] if match[0] in old_ids else "ID", text)
        return _MINUTE.sub("-MINUTE", text_without_ids)

    return Counter(f"{anonymous(path)} = {anonymous(str(new))}" for path, new in changes.items())


@lru_cache(maxsize=200_000)
def _ids(text: str) -> tuple[str, ...]:
    """Return the IDs in a text; the states of an account have most of their texts in common."""
    return tuple(_ID.findall(text))


def _line(path: str, old: str | None, new: str | None) -> str:
    return f"{path}: {str(old)[:160]} -> {str(new)[:160]}"
