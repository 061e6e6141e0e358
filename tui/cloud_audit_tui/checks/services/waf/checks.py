"""AWS WAF: whether a web ACL protects an internet-facing resource of each region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloud_audit_tui.aws.errors import ReadError
from cloud_audit_tui.checks.api import Region, Verdicts, check
from cloud_audit_tui.checks.wording import in_quotes
from cloud_audit_tui.model import RegionScope, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

WEB_ACL_TYPE = "AWS::WAFv2::WebACL"
REMEMBERED = 20
"""The most unprotected entrances in the evidence."""


@dataclass(frozen=True)
class Entrance:
    """An internet-facing resource of the region that a regional web ACL can protect.

    ``arn`` is that for AssociateWebACL, empty for a REST API, of which only stages can be associated.
    """

    kind: str
    name: str
    arn: str
    protected: bool


@check(
    "aws-waf-001",
    reads=[
        "wafv2:ListWebACLs",
        "elbv2:DescribeLoadBalancers",
        "wafv2:GetWebACLForResource",
        "appsync:ListGraphqlApis",
        "apigateway:GetRestApis",
        "apigateway:GetStages",
    ],
)
async def web_acl_in_use(region: Region) -> Verdicts:
    """Fail a region with internet-facing resources, none of which has a web ACL.

    Source: ListWebACLs with Scope REGIONAL, and the entrances that a regional web ACL can protect:
    internet-facing Application Load Balancers, AppSync APIs (wafWebAclArn of the list) and stages of REST
    APIs that are not private (webAclArn of GetStages). Other scanners only require a web ACL to exist, which
    fails regions with nothing to protect and passes a web ACL without an association. One protected entrance
    is enough to pass: which of them need protection is a decision per application. Without a web ACL, stages
    and associations are not read; with one, entrances are read until one is protected. Entrances of the
    other kinds that AssociateWebACL names (Cognito, App Runner, Verified Access, Amplify, AgentCore gateways)
    are not read, which the reason of a region without the three kinds says, and CloudFront has separate web
    ACLs (scope CLOUDFRONT). If a kind cannot be listed and the others do not decide, the region is not
    assessed.
    """
    subject = RegionScope(WEB_ACL_TYPE)
    acls = [
        {"name": str(acl.get("Name") or ""), "arn": str(acl.get("ARN") or "")}
        async for acl in region.items("wafv2", "ListWebACLs", Scope="REGIONAL")
    ]
    entrances: list[Entrance] = []
    first_error: ReadError | None = None
    for kind in (_load_balancers, _graphql_apis, _rest_apis):
        try:
            async for entrance in kind(region, associated=bool(acls)):
                entrances.append(entrance)
                if entrance.protected:
                    evidence = {"web_acls": acls, "protected": entrance.name}
                    reason = (
                        f"A web ACL protects {entrance.kind} {in_quotes(entrance.name)} of {region.name}."
                    )
                    yield Verdict(Status.PASS, subject, reason, evidence)
                    return
        except ReadError as error:
            first_error = first_error or error
    if first_error is not None and (acls or not entrances):
        raise first_error
    evidence_of_all = {
        "web_acls": acls,
        "entrances": [
            {"kind": entry.kind, "name": entry.name, "arn": entry.arn} for entry in entrances[:REMEMBERED]
        ],
    }
    if not entrances:
        reason = (
            f"{region.name} exposes no Application Load Balancer, AppSync API or REST API to the internet; "
            "entry points of other kinds are not read."
        )
        yield Verdict(Status.PASS, subject, reason, evidence_of_all)
        return
    first = f"{entrances[0].kind} {in_quotes(entrances[0].name)}"
    more = f" and {len(entrances) - 1} more" if len(entrances) > 1 else ""
    if acls:
        reason = f"No web ACL of {region.name} is associated with {first}{more}."
    else:
        reason = f"{region.name} has no web ACL for {first}{more}."
    yield Verdict(Status.FAIL, subject, reason, evidence_of_all)


async def _load_balancers(region: Region, *, associated: bool) -> AsyncIterator[Entrance]:
    async for balancer in region.items("elbv2", "DescribeLoadBalancers"):
        # AWS documents internet-facing as the default scheme of a load balancer.
        if balancer.get("Type") == "application" and balancer.get("Scheme") != "internal":
            arn = str(balancer.get("LoadBalancerArn") or "")
            acl = None
            if associated:
                acl = await region.find(
                    "wafv2", "GetWebACLForResource", absent={"WAFNonexistentItemException"}, ResourceArn=arn
                )
            name = str(balancer.get("LoadBalancerName") or "")
            yield Entrance("load balancer", name, arn, bool((acl or {}).get("WebACL")))


async def _graphql_apis(region: Region, *, associated: bool) -> AsyncIterator[Entrance]:
    async for api in region.items("appsync", "ListGraphqlApis"):
        if api.get("visibility") != "PRIVATE":
            name, arn = str(api.get("name") or ""), str(api.get("arn") or "")
            yield Entrance("AppSync API", name, arn, associated and bool(api.get("wafWebAclArn")))


async def _rest_apis(region: Region, *, associated: bool) -> AsyncIterator[Entrance]:
    async for rest_api in region.items("apigateway", "GetRestApis"):
        if (rest_api.get("endpointConfiguration") or {}).get("types") == ["PRIVATE"]:
            continue
        api = str(rest_api.get("id") or "")
        name = str(rest_api.get("name") or api)
        if not associated:
            yield Entrance("REST API", name, "", protected=False)
            continue
        stages = await region.read("apigateway", "GetStages", restApiId=api)
        for stage in stages.get("item") or []:
            path = f"/restapis/{api}/stages/{stage.get('stageName')}"
            arn = f"arn:{region.partition}:apigateway:{region.name}::{path}"
            yield Entrance("REST API", name, arn, bool(stage.get("webAclArn")))
