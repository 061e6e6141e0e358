"""AWS Security Hub CSPM: whether it is enabled in each region."""

from __future__ import annotations

from cloud_audit_tui.checks.api import Region, Verdicts, check
from cloud_audit_tui.model import RegionScope, Status, Verdict

HUB_TYPE = "AWS::SecurityHub::Hub"
OFF = frozenset({"InvalidAccessException", "ResourceNotFoundException"})
"""Error codes of DescribeHub for an account that is not subscribed."""


@check(
    "aws-sh-001",
    reads=["securityhub:DescribeHub", "config:DescribeConfigurationRecorders"],
)
async def hub_enabled(region: Region) -> Verdicts:
    """Fail a region in which Security Hub CSPM (the product that DescribeHub describes) is not enabled.

    Source: DescribeHub, which returns InvalidAccessException or ResourceNotFoundException if the account is
    not subscribed. Every other error is not assessed; other scanners pass a denied read. AWS Security Hub
    (DescribeSecurityHubV2) is another product, which builds on this one, and does not count. Whether the
    region has a recorder of AWS Config, without which most controls cannot be evaluated, is read for the
    remediation.
    """
    subject = RegionScope(HUB_TYPE)
    hub = await region.find("securityhub", "DescribeHub", absent=OFF)
    if hub is not None:
        evidence = {"hub_arn": str(hub.get("HubArn") or ""), "since": str(hub.get("SubscribedAt") or "")}
        yield Verdict(Status.PASS, subject, f"Security Hub CSPM is on in {region.name}.", evidence)
        return
    recorders = await region.read_for_remediation("config", "DescribeConfigurationRecorders")
    evidence_off = {
        "has_recorder": None if recorders is None else bool(recorders.get("ConfigurationRecorders")),
        "standards_prefix": f"arn:{region.partition}:securityhub:{region.name}::standards",
    }
    yield Verdict(Status.FAIL, subject, f"Security Hub CSPM is not on in {region.name}.", evidence_off)
