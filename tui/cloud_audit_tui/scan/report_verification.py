"""Verifies the findings of a report with this program's checks, through profiles of its accounts.

Another scanner may name a resource differently, or name a resource where our check judges a whole region or
account. A finding of our check matches only if account, region and name agree; there is no guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.arn import parse_arn, tail_of_arn
from cloud_audit_tui.checks.explanation import about_of
from cloud_audit_tui.model import OWN_SCAN, Finding, Resource, Status
from cloud_audit_tui.scan.jobs import VerifyJob, VerifyTarget
from cloud_audit_tui.scan.verification import (
    Verification,
    VerificationResult,
    VerificationStatus,
    result_of,
    target_of,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

SEVERAL = "Several resources have this name, and the report does not say which of them it means."


class Reading(msgspec.Struct, frozen=True):
    """A finding of a report, the present finding of our check for its resource, and the result.

    ``reached`` says whether any profile leads to the account.
    """

    finding: Finding
    own: Finding | None
    result: VerificationResult
    reached: bool = True


def why_unreadable(finding: Finding) -> str:
    """Return why none of our checks can read the subject of a finding, empty if one can."""
    about = about_of(finding.check_id)
    if about is None:
        return f"None of our checks covers {finding.check_id}."
    if not finding.account_id:
        return "The report does not say which account this is in."
    if finding.status is Status.PASS:
        return "It passed: there is nothing to read for a fix."
    if not about.is_about_any_region and not finding.region:
        return "The report does not say which region this is in."
    return ""


async def read_reported(
    findings: Iterable[Finding],
    profiles: Sequence[str],
    run: Callable[[VerifyJob], Awaitable[Verification]],
) -> list[Reading]:
    """Return the present results of our checks for findings, from jobs that ``run`` runs.

    Findings that no check finds by name are matched again with everything that their checks judge.
    """
    readings: list[Reading] = []
    remainder = list(findings)
    for whole in (False, True):
        if not remainder:
            break
        verification = await run(reading_job(remainder, profiles, whole=whole))
        answers = [reading_of(finding, profiles, verification) for finding in remainder]
        gone_findings = [each.finding for each in answers if each.result.status is VerificationStatus.GONE]
        readings += [each for each in answers if each.result.status is not VerificationStatus.GONE]
        remainder = gone_findings
    return [*readings, *map(_not_found, remainder)]


def _not_found(finding: Finding) -> Reading:
    """Return a reading without a resource: gone for our own finding, not assessed for a reported one."""
    if finding.source == OWN_SCAN:
        gone = VerificationResult(VerificationStatus.GONE, f"{finding.check_id} finds no such resource.")
        return Reading(finding, None, gone)
    unknown = f"{finding.check_id} finds no such resource: it is gone, or the report names it in another way."
    return Reading(finding, None, VerificationResult(VerificationStatus.NOT_ASSESSED, unknown))


def reading_job(findings: Iterable[Finding], profiles: Sequence[str], *, whole: bool = False) -> VerifyJob:
    """Return the job that reads these findings through each profile; it skips other accounts.

    With ``whole``, it reads everything that a check judges in a finding's region, because a check that judges
    a region or an account knows none of the names in the report.
    """
    targets = (target for finding in findings for target in _targets(finding, profiles, whole=whole))
    return VerifyJob(list(dict.fromkeys(targets)))


def reading_of(finding: Finding, profiles: Sequence[str], verification: Verification) -> Reading:
    """Return the reading of a finding from the events of a `reading_job`."""
    matches = _matches(finding, verification.findings)
    exact = [own for own in matches if _identity(own) == finding.resource_id]
    candidates = exact or matches
    candidates = [own for own in candidates if own.region == finding.region] or candidates
    if len({(_identity(own), own.region) for own in candidates}) > 1:
        return Reading(finding, None, VerificationResult(VerificationStatus.NOT_ASSESSED, SEVERAL))
    if candidates:
        return Reading(finding, candidates[0], result_of(candidates[0]))
    return _unanswered(finding, profiles, verification)


def _targets(finding: Finding, profiles: Sequence[str], *, whole: bool) -> Iterable[VerifyTarget]:
    about = about_of(finding.check_id)
    is_global = about is not None and about.is_global
    region = "" if is_global else finding.region
    names = {finding.account_id} if whole else _names(finding)
    for profile in profiles:
        for name in sorted(names):
            yield VerifyTarget(finding.check_id, profile, region, name, finding.account_id)


def _names(finding: Finding) -> set[str]:
    if not isinstance(finding.subject, Resource):
        return {target_of(finding).resource}
    return {finding.resource_id, finding.resource_name, tail_of_arn(finding.resource_id)} - {""}


def _matches(finding: Finding, own_findings: Iterable[Finding]) -> list[Finding]:
    """Return our findings of the same check and account with the subject of the reported one."""
    about = about_of(finding.check_id)
    anywhere = about is not None and about.is_about_any_region
    candidates = [
        own
        for own in own_findings
        if (own.check_id, own.account_id) == (finding.check_id, finding.account_id)
        and (anywhere or own.region == finding.region)
    ]
    resources = [own for own in candidates if isinstance(own.subject, Resource)]
    if not resources:
        return candidates
    # If the check judges resources, a verdict on the whole region does not apply to one of them.
    return [own for own in resources if _is_same(finding, own)]


def _is_same(finding: Finding, own: Finding) -> bool:
    """Say whether two resources are the same; several may share a name that a person chose."""
    theirs, ours = finding.resource_id, own.resource_id
    if theirs in (ours, own.evidence.get("access_key_id")):
        return True
    match _arn_parts(theirs), _arn_parts(ours):
        case None, None:
            return theirs in (own.resource_name, ours)
        case None, (_, name):
            return theirs in (own.resource_name, name)
        case (_, name), None:
            return name in (own.resource_name, ours)
        case left, right:
            return left == right


def _arn_parts(text: str) -> tuple[str, str] | None:
    """Return the service and the name in an ARN, without the type, whose spelling differs."""
    arn = parse_arn(text.removesuffix(":*"))
    if not any(arn):
        return None
    kind, _, name = arn.resource.replace("/", ":", 1).partition(":")
    return arn.service, name or kind


def _identity(finding: Finding) -> str:
    return finding.resource_id if isinstance(finding.subject, Resource) else ""


def _unanswered(finding: Finding, profiles: Sequence[str], verification: Verification) -> Reading:
    """Return why there is no answer: the reason of a profile of the account, else of any."""
    reasons = []
    for target in _targets(finding, profiles, whole=False):
        ready = verification.ready(target)
        result = verification.of(target)
        if ready is not None and ready.account_id == finding.account_id:
            return Reading(finding, None, result)
        reasons.append(result)
    none_chosen = VerificationResult(VerificationStatus.NOT_ASSESSED, "No profile was chosen.")
    others = [result for result in reasons if result.status is not VerificationStatus.GONE]
    return Reading(finding, None, next(iter(others), none_chosen), reached=False)
