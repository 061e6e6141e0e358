"""Amazon Inspector: whether it scans the workloads of each region."""

from __future__ import annotations

from cloud_audit_tui.checks.api import Item, Region, Verdicts, check
from cloud_audit_tui.checks.services.inspector.scan_types import LAMBDA_CODE_REGIONS, ON, SCAN_TYPES
from cloud_audit_tui.model import RegionScope, Status, Verdict
from cloud_audit_tui.text import quoted

INSPECTOR_TYPE = "AWS::Inspector2::Enabler"

BESIDES = {"codeRepository": "CODE_REPOSITORY", "ami": "AMI"}
"""Further members, on which no verdict depends, and their names in Enable, which does not accept AMI."""


@check("aws-inspector-001", reads=["inspector2:BatchGetAccountStatus"])
async def inspector_enabled(region: Region) -> Verdicts:
    """Fail a region in which Inspector does not scan EC2, ECR, Lambda or Lambda code.

    Source: BatchGetAccountStatus.resourceState of this account. ``state.status`` is ENABLED as soon as one
    type is scanned, so it does not decide; other scanners read nothing else. ENABLING counts as on. Lambda
    code is required in the regions that have those scans. Code repositories and machine images are not
    required: without a connected repository there is nothing to enable, and Enable does not accept images.
    ``on_besides`` has those that are on, because the Terraform resource aws_inspector2_enabler manages the
    whole set and disables types that its file does not list. An account that AWS lists under failedAccounts
    is not assessed, except with RESOURCE_NOT_FOUND, which means that Inspector was never enabled.
    """
    subject = RegionScope(INSPECTOR_TYPE)
    answer = await region.find(
        "inspector2",
        "BatchGetAccountStatus",
        absent={"ResourceNotFoundException"},
        accountIds=[region.account_id],
    )
    failure = _entry(answer, "failedAccounts", region)
    if failure is not None and failure.get("errorCode") != "RESOURCE_NOT_FOUND":
        error = quoted(f"{failure.get('errorCode')}: {failure.get('errorMessage')}")
        reason = f"Inspector does not return its status in {region.name}: {error}."
        yield Verdict(Status.NOT_ASSESSED, subject, reason, {"unread": "refused"})
        return
    states = (_entry(answer, "accounts", region) or {}).get("resourceState") or {}
    offered = [name for name in SCAN_TYPES if name != "lambdaCode" or region.name in LAMBDA_CODE_REGIONS]
    statuses = {name: str((states.get(name) or {}).get("status") or "DISABLED") for name in offered}
    off = [SCAN_TYPES[name] for name, status in statuses.items() if status not in ON]
    evidence = {
        "account_id": region.account_id,
        "statuses": {SCAN_TYPES[name]: status for name, status in statuses.items()},
        "off": off,
        "on_besides": [
            word
            for name, word in {**SCAN_TYPES, **BESIDES}.items()
            if name not in offered and (states.get(name) or {}).get("status") in ON
        ],
    }
    if not off:
        yield Verdict(Status.PASS, subject, f"Inspector scans {region.name}.", evidence)
    elif len(off) == len(offered):
        yield Verdict(Status.FAIL, subject, f"Inspector scans nothing in {region.name}.", evidence)
    else:
        reason = f"Inspector does not scan {', '.join(off)} in {region.name}."
        yield Verdict(Status.FAIL, subject, reason, evidence)


def _entry(answer: Item | None, member: str, region: Region) -> Item | None:
    entries = (answer or {}).get(member) or []
    return next((entry for entry in entries if entry.get("accountId") == region.account_id), None)
