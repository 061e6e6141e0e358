"""``cloud-audit-tui verify``: look again at one resource with one check, after the fix."""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click
import msgspec

from cloud_audit_tui.aws.regions import check_known
from cloud_audit_tui.checks import catalogue
from cloud_audit_tui.commands.options import COULD_NOT, Mistake, environment_of, mistakes_in_words
from cloud_audit_tui.commands.running import ask_in_terminal, interruptible, scan_of
from cloud_audit_tui.demo.embedded import EmbeddedAws
from cloud_audit_tui.scan.events import TargetReady
from cloud_audit_tui.scan.jobs import Request
from cloud_audit_tui.scan.verification import Asked, Now, Verification, Verified, regions_for, verified
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud_audit_tui.model import Finding

_ARN_PARTS = 6


@click.command()
@click.argument("check_id")
@click.argument("resource")
@click.option(
    "--profile", default="", metavar="NAME", help="AWS profile; the default credentials if not given."
)
@click.option("--region", default="", metavar="CODE", help="Region; the ARN's or the profile's if not given.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True,
    help="What to write.",
)  # fmt: skip
@click.option("--demo", is_flag=True, help="Look at the embedded AWS; no account needed.")
def verify(check_id: str, resource: str, profile: str, region: str, form: str, *, demo: bool) -> None:
    """Look again at one resource with one check, in as few AWS calls as it takes.

    RESOURCE is an ARN, an id or a name; a name that several resources have means all of them. It is
    "fixed", "still failing", "gone" (the check finds no such resource: deleted, or not what the check
    is about any more) or "not assessed", each with the reason.

    Exit code 0: fixed, or gone, since nothing is left to fix. 1: still failing. 2: not assessed.
    """
    logging.basicConfig(level=logging.ERROR, format="%(levelname)s %(name)s: %(message)s")
    with mistakes_in_words():
        catalogue.select([check_id])
        asked = Asked(check_id, profile, _region(resource, region), resource, _part_of_arn(resource, 4))
        sys.exit(asyncio.run(_verify(asked, form, demo=demo)))


def _region(resource: str, named: str) -> str:
    """Return the region to look in, "" for the profile's; raises `Mistake` and `UnknownRegionError`."""
    region = _part_of_arn(resource, 3)
    if region and named and region != named:
        raise Mistake(f"The ARN is of region {plain(region)}, and --region says {named}: leave --region out.")
    region = region or named
    if region:
        check_known([region])
    return region


def _part_of_arn(resource: str, index: int) -> str:
    parts = resource.split(":", _ARN_PARTS - 1)
    return parts[index] if parts[0] == "arn" and len(parts) == _ARN_PARTS else ""


async def _verify(asked: Asked, form: str, *, demo: bool) -> int:
    async with EmbeddedAws() if demo else nullcontext() as aws:
        environment: Mapping[str, str | None] = {}
        if aws is not None:
            environment = environment_of(aws)
            asked = msgspec.structs.replace(asked, profile=asked.profile or aws.profiles[0])
        request = Request(
            profiles=[asked.profile] if asked.profile else [],
            regions=regions_for(asked.check_id, asked.region),
            checks=[asked.check_id],
            only=[asked.resource],
        )
        scan = scan_of(request, environment, ask_in_terminal)
        found, ready = Verification(), None
        with interruptible(scan):
            async for event in scan.events():
                found.add(event)
                ready = event if isinstance(event, TargetReady) else ready
                # The default credentials have a name that only the scan knows.
                asked = msgspec.structs.replace(asked, profile=getattr(event, "profile", asked.profile))
    results: list[tuple[Finding | None, Verified]]
    results = [(finding, verified(finding)) for finding in found.findings]
    if not results:
        results = [(None, found.of(asked))]
    report = [_report(asked, ready, *result) for result in results]
    if form == "json":
        whole = {
            "check_id": asked.check_id,
            "resource": asked.resource,
            "verified_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "calls": found.calls,
            "results": report,
        }
        click.echo(msgspec.json.format(msgspec.json.encode(whole), indent=2).decode())
    else:
        for line in report:
            click.echo(_line(line))
    return exit_code([result.now for _, result in results])


def _report(
    asked: Asked, ready: TargetReady | None, finding: Finding | None, result: Verified
) -> dict[str, Any]:
    region = finding.region if finding else asked.region or ", ".join(ready.regions if ready else [])
    return {
        "now": result.now.value,
        "reason": result.reason,
        "profile": asked.profile,
        "account_id": ready.account_id if ready else "",
        "region": region,
        "resource_id": finding.resource_id if finding else "",
        "resource_name": finding.resource_name if finding else asked.resource,
    }


def _line(report: Mapping[str, str]) -> str:
    where = ", ".join(part for part in (report["region"], report["account_id"], report["profile"]) if part)
    return f"{report['now']}: {plain(report['resource_name'])} ({plain(where)}): {plain(report['reason'])}"


def exit_code(found: list[Now]) -> int:
    """Return 1 when anything still fails, else 2 when anything was not assessed, else 0."""
    if Now.FAILING in found:
        return 1
    return COULD_NOT if Now.NOT_ASSESSED in found else 0
