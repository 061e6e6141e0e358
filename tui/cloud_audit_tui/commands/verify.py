"""``cloud-audit-tui verify``: reassesses one resource with one check after a fix."""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click
import msgspec

from cloud_audit_tui.arn import parse_arn
from cloud_audit_tui.aws.regions import check_known
from cloud_audit_tui.checks import catalogue
from cloud_audit_tui.commands.options import (
    COULD_NOT,
    Mistake,
    check_id_named,
    environment_of,
    mistakes_in_words,
    text_or_json_option,
)
from cloud_audit_tui.commands.output import write_stdout, write_text
from cloud_audit_tui.commands.running import events_of, start
from cloud_audit_tui.demo.embedded import EmbeddedAws
from cloud_audit_tui.reports.json_text import json_text
from cloud_audit_tui.scan.jobs import VerifyJob, VerifyTarget
from cloud_audit_tui.scan.verification import (
    Verification,
    VerificationResult,
    VerificationStatus,
    result_of,
)
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud_audit_tui.model import Finding


@click.command()
@click.argument("check_id")
@click.argument("resource")
@click.option(
    "--profile", default="", metavar="NAME", help="AWS profile; by default the default credentials."
)
@click.option("--region", default="", metavar="CODE", help="Region; by default the ARN's, or the profile's.")
@text_or_json_option
@click.option("--demo", is_flag=True, help="Use the embedded AWS; no account needed.")
def verify(check_id: str, resource: str, profile: str, region: str, form: str, *, demo: bool) -> None:
    """Reassess one resource with one check.

    It makes as few AWS calls as possible. RESOURCE is an ARN, an id or a name; a name that several resources
    share means all of them. The result is "fixed", "still failing", "gone" (the check finds no such resource:
    it was deleted, or the check no longer applies to it) or "not assessed", with the reason.

    Exit code 0: fixed, or gone, since nothing is left to fix. 1: still failing. 2: not assessed.
    """
    logging.basicConfig(level=logging.ERROR, format="%(levelname)s %(name)s: %(message)s")
    check_id = check_id_named(check_id)
    with mistakes_in_words():
        catalogue.select([check_id])
        if not resource.strip():
            # No resource has an empty name, so it would be gone.
            raise Mistake("RESOURCE is empty: name an ARN, an id or a name.")
        target = VerifyTarget(
            check_id=check_id,
            profile=profile,
            region=_region(resource, region),
            resource=resource,
            account_id=parse_arn(resource).account,
        )
        sys.exit(asyncio.run(_verify(target, form, demo=demo)))


def _region(resource: str, option: str) -> str:
    """Return the region to look in, "" for the profile's; raises `Mistake` and `UnknownRegionError`."""
    region = parse_arn(resource).region
    if region and option and region != option:
        raise Mistake(f"The ARN is in region {plain(region)}, but --region is {option}: omit --region.")
    region = region or option
    if region:
        check_known([region])
    return region


async def _verify(target: VerifyTarget, form: str, *, demo: bool) -> int:
    async with EmbeddedAws() if demo else nullcontext() as aws:
        changes = environment_of(aws) if aws is not None else {}
        if aws is not None:
            target = msgspec.structs.replace(target, profile=target.profile or aws.profiles[0])
        verification = await verification_by(VerifyJob([target]), changes)
    results: list[tuple[Finding | None, VerificationResult]]
    results = [(finding, result_of(finding)) for finding in verification.findings]
    if not results:
        results = [(None, verification.of(target))]
    report = [_report(target, verification, *result) for result in results]
    if form == "json":
        document = {
            "check_id": target.check_id,
            "resource": target.resource,
            "verified_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "calls": verification.calls,
            "results": report,
        }
        write_stdout(json_text(document).encode())
    else:
        write_text("\n".join(_line(line) for line in report))
    return exit_code([result.status for _, result in results])


async def verification_by(job: VerifyJob, changes: Mapping[str, str | None]) -> Verification:
    """Run a job with these changes of the environment, and return its verification."""
    verification = Verification()
    running = start(job, changes)
    try:
        async for event in events_of(running):
            verification.apply(event)
    finally:
        await running.close()
    return verification


def _report(
    target: VerifyTarget, verification: Verification, finding: Finding | None, result: VerificationResult
) -> dict[str, Any]:
    ready = verification.ready(target)
    region = target.region or (ready.region if ready is not None else "")
    return {
        "now": result.status.value,
        "reason": result.reason,
        "profile": verification.profile_of(target),
        "account_id": ready.account_id if ready is not None else "",
        "region": finding.region if finding is not None else region,
        "resource_id": finding.resource_id if finding is not None else "",
        "resource_name": finding.resource_name if finding is not None else target.resource,
    }


def _line(report: Mapping[str, str]) -> str:
    where = ", ".join(part for part in (report["region"], report["account_id"], report["profile"]) if part)
    return f"{report['now']}: {plain(report['resource_name'])} ({plain(where)}): {plain(report['reason'])}"


def exit_code(statuses: list[VerificationStatus]) -> int:
    """Return 1 if anything still fails, else 2 if anything was not assessed, else 0."""
    if VerificationStatus.FAILING in statuses:
        return 1
    return COULD_NOT if VerificationStatus.NOT_ASSESSED in statuses else 0
