"""The address of each resource in the AWS console, with every value percent-encoded."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, urlsplit

from cloud_audit_tui.app.presentation.console_urls import HOSTS, PATHS, console_url
from cloud_audit_tui.checks.explanation import about_of, sources
from cloud_audit_tui.model import Finding, ProfileScope, RegionScope, Resource, Severity, Status
from each_row import each_row

ACCOUNT = "111122223333"
HOSTILE = "a'; rm -rf / #\x1b]0;x\x07\n\"$(id)&x=../../y?z\u202e"


def finding(subject: Any, *, partition: str = "aws", region: str = "eu-central-1") -> Finding:
    return Finding(
        "aws-s3-001", Status.FAIL, Severity.HIGH, subject, "dev", ACCOUNT, region, partition, "t", "r"
    )


def of(kind: str, arn: str, name: str, **changes: Any) -> str:
    return console_url(finding(Resource(arn, name, kind), **changes))


ADDRESSES = {
    ("AWS::S3::Bucket", "arn:aws:s3:::logs", "logs"): "s3/buckets/logs?region=eu-central-1",
    (
        "AWS::EC2::Instance",
        "arn:aws:ec2:eu-central-1:111122223333:instance/i-0a",
        "web",
    ): "ec2/home?region=eu-central-1#InstanceDetails:instanceId=i-0a",
    (
        "AWS::IAM::Role",
        "arn:aws:iam::111122223333:role/service/deploy",
        "deploy",
    ): "iam/home#/roles/details/deploy",
    (
        "AWS::Lambda::Function",
        "arn:aws:lambda:eu-central-1:111122223333:function:pay",
        "pay",
    ): "lambda/home?region=eu-central-1#/functions/pay",
    (
        "AWS::Logs::LogGroup",
        "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/pay",
        "/aws/lambda/pay",
    ): "cloudwatch/home?region=eu-central-1#logsV2:log-groups/log-group/$252Faws$252Flambda$252Fpay",
    (
        "AWS::ECS::Service",
        "arn:aws:ecs:eu-central-1:111122223333:service/shop/web",
        "web",
    ): "ecs/v2/clusters/shop/services/web?region=eu-central-1",
    (
        "AWS::ECS::TaskDefinition",
        "arn:aws:ecs:eu-central-1:111122223333:task-definition/web:7",
        "web:7",
    ): "ecs/v2/task-definitions/web/7?region=eu-central-1",
    (
        "AWS::SQS::Queue",
        "arn:aws:sqs:eu-central-1:111122223333:jobs",
        "jobs",
    ): "sqs/v3/home?region=eu-central-1#/queues/"
    "https%3A%2F%2Fsqs.eu-central-1.amazonaws.com%2F111122223333%2Fjobs",
}


def test_a_resource_has_the_address_of_its_page() -> None:
    with each_row() as row:
        for (kind, arn, name), path in ADDRESSES.items():
            with row(kind):
                assert of(kind, arn, name) == f"https://console.aws.amazon.com/{path}"


def test_every_type_that_a_check_judges_has_an_address() -> None:
    with each_row() as row:
        for check_id in sources():
            with row(check_id):
                about = about_of(check_id)
                assert about is not None
                assert about.resource_type in PATHS


def test_each_partition_has_its_host() -> None:
    for partition, host in HOSTS.items():
        assert of("AWS::S3::Bucket", f"arn:{partition}:s3:::x", "x", partition=partition).startswith(
            f"https://{host}/s3/"
        )
    assert of("AWS::S3::Bucket", "arn:aws-iso:s3:::x", "x", partition="aws-iso") == ""


def test_an_unknown_type_is_looked_for_by_its_arn() -> None:
    arn = "arn:aws-cn:newthing:cn-north-1:111122223333:thing/a b"
    assert of("AWS::New::Thing", arn, "a b", partition="aws-cn") == (
        "https://console.amazonaws.cn/go/view?arn="
        "arn%3Aaws-cn%3Anewthing%3Acn-north-1%3A111122223333%3Athing%2Fa%20b"
    )
    assert of("AWS::New::Thing", "no-arn", "x") == ""


def test_what_has_no_region_opens_in_that_of_the_partition() -> None:
    assert "region=us-east-1" in of("AWS::S3::Bucket", "arn:aws:s3:::x", "x", region="global")
    scope = finding(RegionScope("AWS::GuardDuty::Detector"))
    assert console_url(scope).endswith("guardduty/home?region=eu-central-1#/summary")
    assert console_url(finding(ProfileScope("dev"), partition="")) == ""


def test_a_hostile_name_stays_one_value() -> None:
    with each_row() as row:
        for kind in [*PATHS, "AWS::New::Thing"]:
            with row(kind):
                url = of(kind, f"arn:aws:x:eu-central-1:{ACCOUNT}:thing/{HOSTILE}", HOSTILE)
                assert re.fullmatch(r"https://[A-Za-z0-9._~/?#=&:;%$-]+", url)
                assert urlsplit(url).hostname == HOSTS["aws"]
                assert "/../" not in unquote(urlsplit(url).path).replace(HOSTILE, "")
                assert "rm -rf" not in url


def test_a_name_of_dots_leads_to_no_other_page() -> None:
    assert "/../" not in of("AWS::S3::Bucket", "arn:aws:s3:::..", "..")
    assert ".." not in of("AWS::S3::Bucket", "arn:aws:s3:::..", "..")
