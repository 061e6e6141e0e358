from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.model import Finding, Status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]

WAF = "aws-waf-001"
ELB = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app"
ACL = {"Name": "edge", "ARN": "arn:aws:wafv2:eu-central-1:111122223333:regional/webacl/edge/1"}
HOSTILE = "[/red]$(reboot)\u202e"


def balancer(name: str, **members: Any) -> dict[str, Any]:
    return {
        "LoadBalancerArn": f"{ELB}/{name}/1",
        "LoadBalancerName": name,
        "Type": "application",
        "Scheme": "internet-facing",
        **members,
    }


class Entrances:
    """A region that is empty until a test adds something."""

    def __init__(self, aws: Any) -> None:
        self.acls: list[dict[str, Any]] = []
        self.balancers: list[dict[str, Any]] = []
        self.graphql: list[dict[str, Any]] = []
        self.rest: list[dict[str, Any]] = []
        aws.answer("wafv2", "ListWebACLs", lambda _: {"WebACLs": self.acls})
        aws.answer("elbv2", "DescribeLoadBalancers", lambda _: {"LoadBalancers": self.balancers})
        aws.answer("appsync", "ListGraphqlApis", lambda _: {"graphqlApis": self.graphql})
        aws.answer("apigateway", "GetRestApis", lambda _: {"items": self.rest})


@pytest.fixture
def region(aws: Any) -> Entrances:
    return Entrances(aws)


async def test_a_region_that_shows_nothing_passes(region: Entrances, judge: Judge) -> None:
    region.balancers += [
        balancer("inside", Scheme="internal"),
        balancer("network", Type="network"),
    ]
    region.graphql.append({"name": "inside", "visibility": "PRIVATE"})
    region.rest.append({"id": "a1", "name": "inside", "endpointConfiguration": {"types": ["PRIVATE"]}})
    [finding] = await judge(WAF)
    assert finding.status is Status.PASS
    assert "entry points of other kinds are not read" in finding.reason
    assert finding.resource_name == "eu-central-1"


async def test_a_load_balancer_without_any_web_acl_fails(aws: Any, region: Entrances, judge: Judge) -> None:
    region.balancers += [balancer(HOSTILE), balancer("second")]
    region.rest.append({"id": "a1", "name": "orders"})
    [finding] = await judge(WAF)
    assert finding.status is Status.FAIL
    assert "has no web ACL for load balancer" in finding.reason
    assert "and 2 more" in finding.reason
    assert "\u202e" not in finding.reason
    assert finding.evidence["entrances"][0]["arn"] == f"{ELB}/{HOSTILE}/1"
    assert aws.requests("GetWebACLForResource") == []
    assert aws.requests("GetStages") == []


async def test_a_load_balancer_without_a_scheme_is_internet_facing(region: Entrances, judge: Judge) -> None:
    region.balancers.append(balancer("shop"))
    region.balancers[0].pop("Scheme")
    assert [finding.status for finding in await judge(WAF)] == [Status.FAIL]


async def test_a_web_acl_that_protects_nothing_fails(aws: Any, region: Entrances, judge: Judge) -> None:
    region.acls.append(ACL)
    region.balancers.append(balancer("shop"))
    region.graphql.append({"name": "feed", "arn": "arn:feed"})
    region.rest.append({"id": "a1", "name": "orders"})
    aws.answer("wafv2", "GetWebACLForResource", {})
    aws.answer("apigateway", "GetStages", {"item": [{"stageName": "prod"}]})
    [finding] = await judge(WAF)
    assert finding.status is Status.FAIL
    assert 'No web ACL of eu-central-1 is associated with load balancer "shop" and 2 more' in finding.reason
    assert finding.evidence["web_acls"] == [{"name": "edge", "arn": ACL["ARN"]}]
    stage = "arn:aws:apigateway:eu-central-1::/restapis/a1/stages/prod"
    assert finding.evidence["entrances"][2]["arn"] == stage


async def test_a_protected_load_balancer_passes_and_ends_the_asking(
    aws: Any, region: Entrances, judge: Judge
) -> None:
    region.acls.append(ACL)
    region.balancers += [balancer("first"), balancer("second"), balancer("third")]
    aws.answer("wafv2", "GetWebACLForResource", {}, ResourceArn=f"{ELB}/first/1")
    acl = {"Name": "edge", "Id": "1", "ARN": ACL["ARN"], "DefaultAction": {}, "VisibilityConfig": {}}
    acl["VisibilityConfig"] = {
        "SampledRequestsEnabled": True,
        "CloudWatchMetricsEnabled": True,
        "MetricName": "edge",
    }
    aws.answer("wafv2", "GetWebACLForResource", {"WebACL": acl}, ResourceArn=f"{ELB}/second/1")
    [finding] = await judge(WAF)
    assert finding.status is Status.PASS
    assert len(aws.requests("GetWebACLForResource")) == 2
    assert aws.requests("ListGraphqlApis") == []


async def test_a_protected_api_passes(aws: Any, region: Entrances, judge: Judge) -> None:
    region.acls.append(ACL)
    region.rest.append({"id": "a1", "name": "orders"})
    stages = [{"stageName": "test"}, {"stageName": "prod", "webAclArn": ACL["ARN"]}]
    aws.answer("apigateway", "GetStages", {"item": stages})
    [finding] = await judge(WAF)
    assert finding.status is Status.PASS
    region.graphql.append({"name": "feed", "arn": "arn:feed", "wafWebAclArn": ACL["ARN"]})
    [finding] = await judge(WAF)
    assert finding.evidence["protected"] == "feed"


async def test_a_denied_list_of_web_acls_is_not_a_pass(aws: Any, judge: Judge) -> None:
    [finding] = await judge(WAF)
    assert finding.status is Status.NOT_ASSESSED
    assert finding.evidence["missing_permission"] == "wafv2:ListWebACLs"


async def test_a_kind_that_cannot_be_listed_matters_only_where_the_rest_does_not_decide(
    aws: Any, judge: Judge
) -> None:
    aws.answer("wafv2", "ListWebACLs", {"WebACLs": []})
    aws.answer("elbv2", "DescribeLoadBalancers", {"LoadBalancers": []}, times=1)
    aws.answer("elbv2", "DescribeLoadBalancers", {"LoadBalancers": [balancer("shop")]})
    aws.answer("apigateway", "GetRestApis", {"items": []})
    aws.denied("appsync", "ListGraphqlApis")
    [finding] = await judge(WAF)
    assert finding.status is Status.NOT_ASSESSED
    assert finding.evidence["missing_permission"] == "appsync:ListGraphqlApis"
    [finding] = await judge(WAF)
    assert finding.status is Status.FAIL


async def test_an_association_that_cannot_be_read_is_not_a_fail(
    aws: Any, region: Entrances, judge: Judge
) -> None:
    region.acls.append(ACL)
    region.balancers.append(balancer("shop"))
    [finding] = await judge(WAF)
    assert finding.status is Status.NOT_ASSESSED
    assert finding.evidence["missing_permission"] == "wafv2:GetWebACLForResource"


async def test_the_second_page_counts(aws: Any, judge: Judge) -> None:
    aws.answer("wafv2", "ListWebACLs", {"WebACLs": [], "NextMarker": "2"}, NextMarker=None)
    aws.answer("wafv2", "ListWebACLs", {"WebACLs": [ACL]}, NextMarker="2")
    aws.answer("elbv2", "DescribeLoadBalancers", {"LoadBalancers": [balancer("shop")]})
    aws.answer("appsync", "ListGraphqlApis", {"graphqlApis": []})
    aws.answer("apigateway", "GetRestApis", {"items": []})
    aws.answer("wafv2", "GetWebACLForResource", {})
    [finding] = await judge(WAF)
    assert finding.evidence["web_acls"][0]["name"] == "edge"
