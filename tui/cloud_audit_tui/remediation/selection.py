"""Which findings are fixed together, in which order, and which are not."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from cloud_audit_tui.checks.explanation import about_of
from cloud_audit_tui.model import Status
from cloud_audit_tui.remediation.quoting import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cloud_audit_tui.model import Finding

ONE_FOR_A_REGION = frozenset(
    {
        "BACKUP_ROLE_ARN",
        "CONFIG_BUCKET",
        "FLOW_LOG_BUCKET_ARN",
        "KMS_KEY_ARN",
        "KMS_KEY_ID",
        "LOG_BUCKET",
        "SNS_TOPIC_ARN",
        "TRUSTED_CIDR",
        "TRUSTED_CIDR_IPV4",
        "TRUSTED_CIDR_IPV6",
    }
)
"""What several fixes of a profile and region can have in common, if they ask for it in the same words.

Whatever else a fix asks for is about its own resource: the policy for one role must not become another's.
"""


@dataclass(frozen=True)
class LeftOut:
    """A finding that is not fixed with the others, and why."""

    finding: Finding
    why: str


@dataclass(frozen=True)
class Bundle:
    """A text that fixes several findings, empty when it would fix none, and what is in it.

    ``inputs`` are the variables that the user has to set, and ``asks_first`` how many of the fixes ask
    before they take something away.
    """

    text: str
    fixes: int
    left_out: list[LeftOut]
    inputs: list[str]
    asks_first: int = 0


def to_fix(findings: Iterable[Finding]) -> tuple[list[Finding], list[LeftOut]]:
    """Return the failed findings by profile, region and check, each fault once.

    The same fault seen through a second profile of the account is left out.
    """
    chosen: dict[tuple[str, str, str, str], Finding] = {}
    left_out = []
    failed = (finding for finding in findings if finding.status is Status.FAIL)
    for finding in sorted(failed, key=_order):
        fault = (finding.check_id, finding.account_id, finding.region, finding.resource_id)
        first = chosen.setdefault(fault, finding)
        if first.profile != finding.profile:
            left_out.append(LeftOut(finding, f"it is fixed through profile {first.profile}"))
    return list(chosen.values()), left_out


def place(finding: Finding) -> str:
    """Return where a finding is, for a heading."""
    parts = [f"profile {finding.profile or 'default'}"]
    parts += [f"account {finding.account_id}"] if finding.account_id else []
    parts += [f"region {finding.region}"] if finding.region else []
    return visible(", ".join(parts))


def effect_of(finding: Finding) -> Sequence[tuple[str, str]]:
    """Return what the fix of a finding does, each answer with its label; nothing for an unknown check."""
    about = about_of(finding.check_id)
    return about.effect.told if about else ()


def listed(fixes: Iterable[tuple[int, Finding, Sequence[str]]], left_out: Sequence[LeftOut]) -> Iterator[str]:
    """Return comment lines that list fixes by place, each with its number and remarks, and what is left out.

    What a check's fixes do is said once.
    """
    fixes = list(fixes)
    for where, group in groupby(fixes, key=lambda fix: place(fix[1])):
        yield "#"
        yield f"# In {where}:"
        for number, finding, remarks in group:
            yield f"#   {number}. {headline(finding)}"
            yield from (f"#      {visible(remark)}" for remark in remarks)
    yield from _effects(finding for _, finding, _ in fixes)
    if left_out:
        yield "#"
        yield "# Not in this file:"
        for each in left_out:
            yield f"#   {headline(each.finding)} ({place(each.finding)}): {visible(each.why)}"


def counted(fixes: int) -> str:
    """Return how many fixes there are, in words that agree."""
    return f"{fixes} fix" if fixes == 1 else f"{fixes} fixes"


def _effects(findings: Iterable[Finding]) -> Iterator[str]:
    for check_id, (finding, *_) in groupby(sorted(findings, key=_check), key=_check):
        yield "#"
        yield f"# What {check_id} does:"
        for label, told in effect_of(finding):
            yield f"#   {label}: {told}"


def headline(finding: Finding) -> str:
    """Return what is fixed, in one line that is harmless in a comment and on a terminal."""
    name = finding.resource_name or finding.resource_id
    return visible(f"{finding.check_id} {name}" + (f": {finding.title}" if finding.title else ""))


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
