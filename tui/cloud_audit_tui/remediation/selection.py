"""The selection and order of findings that are fixed together, and the comment that lists them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from cloud_audit_tui.model import Status
from cloud_audit_tui.remediation.quoting import visible
from cloud_audit_tui.remediation.render import effects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.remediation.templates import Input

_LONGEST_NAME = 200
"""Characters of a name or a title in a heading."""
_LONGEST_REMARK = 800
"""Characters of a remark in a comment: a pasted line has to stay below a terminal's 4,095 bytes."""


@dataclass(frozen=True)
class LeftOut:
    """A finding that is not fixed with the others, and the reason."""

    finding: Finding
    why: str


@dataclass(frozen=True)
class BundleInput:
    """An input in a text of many fixes; ``name`` is the variable's name in that text.

    ``finding`` is that of the first fix that uses it, and ``fixes`` counts the fixes that share it.
    """

    name: str
    input: Input
    finding: Finding
    fixes: int = 1

    def with_another_fix(self) -> BundleInput:
        """Return this input as shared by one more fix."""
        return replace(self, fixes=self.fixes + 1)


@dataclass(frozen=True)
class Bundle:
    """A text that fixes several findings, empty if it fixes none, and a summary of its contents.

    ``inputs`` are the names of the variables without a value. ``needed`` describes those that a form can ask
    for, which excludes secrets and structures. ``asks_first`` counts the fixes that ask for a confirmation.
    """

    text: str
    fixes: int
    left_out: list[LeftOut]
    inputs: list[str]
    asks_first: int = 0
    needed: tuple[BundleInput, ...] = ()


def to_fix(findings: Iterable[Finding]) -> tuple[list[Finding], list[LeftOut]]:
    """Return the failed findings sorted by profile, region and check, each fault once.

    The same fault seen through a second profile of the account is left out.
    """
    faults: dict[tuple[str, str, str, str], Finding] = {}
    left_out = []
    failures = (finding for finding in findings if finding.status is Status.FAIL)
    for finding in sorted(failures, key=_order):
        fault = (finding.check_id, finding.account_id, finding.region, finding.resource_id)
        first = faults.setdefault(fault, finding)
        if first.profile != finding.profile:
            left_out.append(LeftOut(finding, f"it is fixed through profile {first.profile}"))
    return list(faults.values()), left_out


def place(finding: Finding) -> str:
    """Return the profile, account and region of a finding, for a heading."""
    parts = [f"profile {finding.profile or 'default'}"]
    parts += [f"account {finding.account_id}"] if finding.account_id else []
    parts += [f"region {finding.region}"] if finding.region else []
    return visible(", ".join(parts))


def fix_list(
    fixes: Iterable[tuple[int, Finding, Sequence[str]]], left_out: Sequence[LeftOut]
) -> Iterator[str]:
    """Yield comment lines: the fixes by place with number and remarks, their effects, and the left-out ones.

    The effects of a check are listed once.
    """
    fixes = list(fixes)
    for heading, group in groupby(fixes, key=lambda fix: place(fix[1])):
        yield "#"
        yield f"# In {heading}:"
        for number, finding, remarks in group:
            yield f"#   {number}. {headline(finding)}"
            yield from (f"#      {_clipped(visible(remark), _LONGEST_REMARK)}" for remark in remarks)
    yield from _effect_lines(finding for _, finding, _ in fixes)
    if left_out:
        yield "#"
        yield "# Not in this file:"
        for each in left_out:
            why = _clipped(visible(each.why), _LONGEST_REMARK)
            yield f"#   {headline(each.finding)} ({place(each.finding)}): {why}"


def counted(fixes: int) -> str:
    """Return a number of fixes with its noun."""
    return f"{fixes} fix" if fixes == 1 else f"{fixes} fixes"


def headline(finding: Finding) -> str:
    """Return the check, resource and title of a finding in one line, safe in a comment and a terminal."""
    name = _clipped(finding.resource_name or finding.resource_id, _LONGEST_NAME)
    title = _clipped(finding.title, _LONGEST_NAME)
    return visible(f"{finding.check_id} {name}" + (f": {title}" if title else ""))


def _effect_lines(findings: Iterable[Finding]) -> Iterator[str]:
    for check_id, (finding, *_) in groupby(sorted(findings, key=_check), key=_check):
        yield "#"
        yield f"# What {check_id} does:"
        for label, fact in effects(finding):
            yield f"#   {label}: {fact}"


def _clipped(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _check(finding: Finding) -> str:
    return finding.check_id


def _order(finding: Finding) -> tuple[str, str, str, str, str, str]:
    return (
        finding.profile,
        finding.account_id,
        finding.region,
        finding.check_id,
        finding.resource_name,
        finding.resource_id,
    )
