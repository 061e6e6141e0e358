"""Each S3 check over scripted buckets: what fails, what passes, what cannot be known."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from aws_stub import ACCOUNT, AwsStub
from cloud_audit_tui.model import Finding, Severity, Status
from each_row import each_row
from s3_script import ALL_ON, NOW, Buckets

Judge = Callable[..., Awaitable[list[Finding]]]
FAIL, PASS, UNKNOWN = Status.FAIL, Status.PASS, Status.NOT_ASSESSED


@pytest.fixture
def buckets(aws: AwsStub) -> Buckets:
    return Buckets(aws)


def statuses(findings: list[Finding]) -> dict[str, Status]:
    assert len({finding.resource_name for finding in findings}) == len(findings)
    return {finding.resource_name: finding.status for finding in findings}


async def test_public_access_is_blocked_by_bucket_and_account_together(
    buckets: Buckets, judge: Judge
) -> None:
    buckets.account_block({**dict.fromkeys(ALL_ON, False), "RestrictPublicBuckets": True})
    buckets.bucket("blocked", block=ALL_ON)
    buckets.bucket("without-block")
    buckets.bucket("together", block={**ALL_ON, "RestrictPublicBuckets": False})
    buckets.bucket("elsewhere", region="eu-west-1", block={**ALL_ON, "BlockPublicAcls": False})
    buckets.bucket("denied", denied=("GetPublicAccessBlock",))
    buckets.bucket("deleted-meanwhile", gone=True)
    findings = await judge("aws-s3-001")
    assert statuses(findings) == {
        "blocked": PASS,
        "without-block": FAIL,
        "together": PASS,
        "elsewhere": FAIL,
        "denied": UNKNOWN,
    }
    by_name = {finding.resource_name: finding for finding in findings}
    assert by_name["elsewhere"].region == "eu-west-1"
    assert by_name["elsewhere"].resource_id == "arn:aws:s3:::elsewhere"
    assert "BlockPublicAcls" in by_name["elsewhere"].reason
    assert by_name["without-block"].evidence["missing_settings"] == list(ALL_ON)[:3]
    assert "s3:GetBucketPublicAccessBlock" in by_name["denied"].reason


async def test_the_block_of_the_account_is_enough_and_saves_the_reads(
    buckets: Buckets, judge: Judge, aws: AwsStub
) -> None:
    buckets.account_block(ALL_ON)
    buckets.bucket("without-block")
    assert statuses(await judge("aws-s3-001")) == {"without-block": PASS}
    services = [call.service for call in aws.calls if call.operation == "GetPublicAccessBlock"]
    assert services == ["s3control"]


async def test_an_account_block_that_may_not_be_read_leaves_open_only_what_it_decides(
    buckets: Buckets, judge: Judge, aws: AwsStub
) -> None:
    aws.denied("s3control", "GetPublicAccessBlock")
    buckets.bucket("blocked", block=ALL_ON)
    buckets.bucket("without-block")
    assert statuses(await judge("aws-s3-001")) == {"blocked": PASS, "without-block": UNKNOWN}


async def test_the_listing_has_pages(aws: AwsStub, judge: Judge) -> None:
    aws.pages("s3", "ListBuckets", [{"Name": "first"}], [{"Name": "second"}])
    aws.answer("s3", "GetBucketVersioning", {"Status": "Enabled"})
    assert statuses(await judge("aws-s3-003")) == {"first": PASS, "second": PASS}
    assert aws.requests("ListBuckets")[0]["MaxBuckets"] == "1000"


async def test_a_denied_listing_is_not_assessed(aws: AwsStub, judge: Judge) -> None:
    aws.denied("s3", "ListBuckets")
    assert [finding.status for finding in await judge("aws-s3-003")] == [UNKNOWN]


async def test_default_encryption_with_a_kms_key(buckets: Buckets, judge: Judge) -> None:
    buckets.bucket("own-key", encryption={"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:aws:kms:x"})
    buckets.bucket("managed-key", encryption={"SSEAlgorithm": "aws:kms"})
    buckets.bucket("twice", encryption={"SSEAlgorithm": "aws:kms:dsse"})
    buckets.bucket("s3-key", encryption={"SSEAlgorithm": "AES256"}, logs_to="logs")
    buckets.bucket("none")
    buckets.bucket("logs", encryption={"SSEAlgorithm": "AES256"})
    buckets.bucket("denied", denied=("GetBucketEncryption",))
    assert statuses(await judge("aws-s3-002")) == {
        "own-key": PASS,
        "managed-key": PASS,
        "twice": PASS,
        "s3-key": FAIL,
        "none": FAIL,
        "logs": PASS,
        "denied": UNKNOWN,
    }


@pytest.mark.parametrize("check", ["aws-s3-002", "aws-s3-005"])
async def test_a_bucket_whose_logging_is_denied_may_log_to_any_bucket_of_its_region(
    buckets: Buckets, judge: Judge, check: str
) -> None:
    buckets.bucket("shut", encryption={"SSEAlgorithm": "aws:kms"}, denied=("GetBucketLogging",))
    buckets.bucket("beside")
    buckets.bucket("known-target")
    buckets.bucket("source", encryption={"SSEAlgorithm": "aws:kms"}, logs_to="known-target")
    buckets.bucket("elsewhere", region="eu-west-1")
    findings = await judge(check)
    assert statuses(findings) == {
        "shut": PASS if check == "aws-s3-002" else UNKNOWN,
        "beside": UNKNOWN,
        "known-target": PASS,
        "source": PASS,
        "elsewhere": FAIL,
    }
    beside = next(finding for finding in findings if finding.resource_name == "beside")
    assert beside.evidence["missing_permission"] == "s3:GetBucketLogging"


async def test_versioning(buckets: Buckets, judge: Judge) -> None:
    buckets.bucket("kept", versioning={"Status": "Enabled"})
    buckets.bucket("suspended", versioning={"Status": "Suspended"})
    buckets.bucket("never")
    buckets.bucket("denied", denied=("GetBucketVersioning",))
    buckets.bucket("deleted-meanwhile", gone=True)
    assert statuses(await judge("aws-s3-003")) == {
        "kept": PASS,
        "suspended": FAIL,
        "never": FAIL,
        "denied": UNKNOWN,
    }


ABORT = {
    "ID": "abort",
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
}
EXPIRE = {
    "ID": "expire",
    "Status": "Enabled",
    "Filter": {},
    "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
}
ON = {"Status": "Enabled"}


async def test_lifecycle(judge: Judge, aws: AwsStub) -> None:
    rows: list[tuple[dict[str, str], list[dict[str, Any]], Status, Severity | None]] = [
        ({}, [ABORT], PASS, None),
        (ON, [ABORT, EXPIRE], PASS, None),
        ({"Status": "Suspended"}, [ABORT], FAIL, Severity.MEDIUM),
        ({}, [], FAIL, Severity.LOW),
        (ON, [], FAIL, Severity.MEDIUM),
        (ON, [EXPIRE], FAIL, Severity.LOW),
        ({}, [{**ABORT, "Status": "Disabled"}], FAIL, Severity.LOW),
        ({}, [{**ABORT, "Filter": {"Prefix": "tmp/"}}], FAIL, Severity.LOW),
        (ON, [ABORT, {**EXPIRE, "Filter": {"Tag": {"Key": "a", "Value": "b"}}}], FAIL, Severity.MEDIUM),
        (
            ON,
            [ABORT, {**EXPIRE, "Filter": {"And": {"Prefix": "", "ObjectSizeGreaterThan": 5}}}],
            FAIL,
            Severity.MEDIUM,
        ),
        ({"Status": "Enabled", "MFADelete": "Enabled"}, [], PASS, None),
    ]
    with each_row() as row:
        for versioning, rules, status, severity in rows:
            with row((versioning, rules)):
                aws.restart()
                buckets = Buckets(aws)
                buckets.bucket("one", versioning=versioning, rules=rules or None)
                (finding,) = await judge("aws-s3-004")
                assert finding.status is status, finding.reason
                if severity:
                    assert finding.severity is severity
                    merged_rules = finding.evidence["merged_rules"]
                    assert [rule["ID"] for rule in merged_rules] == [
                        *(rule["ID"] for rule in rules),
                        "clear-away",
                    ]


async def test_lifecycle_is_not_guessed_at(buckets: Buckets, judge: Judge) -> None:
    buckets.bucket("versions-denied", rules=[ABORT, EXPIRE], denied=("GetBucketVersioning",))
    buckets.bucket("rules-denied", denied=("GetBucketLifecycleConfiguration",))
    buckets.bucket("clear", rules=[ABORT])
    assert statuses(await judge("aws-s3-004")) == {
        "versions-denied": UNKNOWN,
        "rules-denied": UNKNOWN,
        "clear": PASS,
    }


async def test_the_merged_rules_keep_the_old_ones_in_a_form_that_s3_takes_back(
    buckets: Buckets, judge: Judge
) -> None:
    old = {"ID": "clear-away", "Status": "Enabled", "Prefix": "tmp/", "Expiration": {"Date": NOW}}
    buckets.bucket("one", rules=[old])
    (finding,) = await judge("aws-s3-004")
    assert finding.evidence["merged_rules"] == [
        {
            "ID": "clear-away",
            "Status": "Enabled",
            "Filter": {"Prefix": "tmp/"},
            "Expiration": {"Date": "2026-09-01T00:00:00Z"},
        },
        {
            "ID": "clear-away-2",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        },
    ]


def delivery(**condition: Any) -> dict[str, Any]:
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::logs/*",
        "Condition": condition,
    }
    return {"Version": "2012-10-17", "Statement": [allow]}


async def test_access_logging(buckets: Buckets, judge: Judge) -> None:
    buckets.bucket("logged", logs_to="logs")
    buckets.bucket("logs", policy=delivery(ArnLike={"aws:SourceArn": "arn:aws:s3:::logged"}))
    buckets.bucket("unlogged")
    buckets.bucket("far-away", region="eu-west-1")
    buckets.bucket("denied", region="us-east-1", denied=("GetBucketLogging",))
    findings = await judge("aws-s3-005")
    assert statuses(findings) == {
        "logged": PASS,
        "logs": PASS,
        "unlogged": FAIL,
        "far-away": FAIL,
        "denied": UNKNOWN,
    }
    by_name = {finding.resource_name: finding.evidence for finding in findings}
    assert by_name["unlogged"]["log_bucket"] == "logs"
    policy = by_name["unlogged"]["log_bucket_merged_policy"]
    assert len(policy["Statement"]) == 2
    assert policy["Statement"][1]["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assert by_name["far-away"]["log_bucket"] == ""


async def test_a_log_bucket_that_takes_the_logs_keeps_its_policy(buckets: Buckets, judge: Judge) -> None:
    buckets.bucket("logged", logs_to="logs")
    buckets.bucket("logs", policy=delivery(StringEquals={"aws:SourceAccount": ACCOUNT}))
    buckets.bucket("unlogged")
    evidence = {finding.resource_name: finding.evidence for finding in await judge("aws-s3-005")}
    assert evidence["unlogged"]["log_bucket_merged_policy"] is None


def deny(**changes: Any) -> dict[str, Any]:
    return {
        "Sid": "TLS",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::one", "arn:aws:s3:::one/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        **changes,
    }


async def test_plain_http(judge: Judge, aws: AwsStub) -> None:
    rows: list[tuple[Any, Status]] = [
        (deny(), PASS),
        ([deny()], PASS),
        (deny(Principal={"AWS": ["*"]}), PASS),
        (deny(Action="*", Resource="*"), PASS),
        (deny(Condition={"BoolIfExists": {"AWS:securetransport": [False]}}), PASS),
        (deny(Condition={"NumericLessThan": {"s3:TlsVersion": 1.2}}), FAIL),
        (deny(Condition={"NumericLessThanIfExists": {"s3:TlsVersion": 1.2}}), FAIL),
        (
            deny(
                Condition={
                    "Bool": {"aws:SecureTransport": "false"},
                    "NumericLessThan": {"s3:TlsVersion": 1.2},
                }
            ),
            FAIL,
        ),
        (
            deny(
                Condition={
                    "Bool": {"aws:SecureTransport": "false"},
                    "NumericLessThanIfExists": {"s3:TlsVersion": 1.2},
                }
            ),
            PASS,
        ),
        ([deny(Resource="arn:aws:s3:::one"), deny(Resource="arn:aws:s3:::one/*")], PASS),
        (deny(Principal={"AWS": "arn:aws:iam::111122223333:user/a"}), FAIL),
        (deny(Action="s3:GetObject"), FAIL),
        (deny(Resource="arn:aws:s3:::one/*"), FAIL),
        (deny(Resource=["arn:aws:s3:::one", "arn:aws:s3:::one/private/*"]), FAIL),
        (deny(Effect="Allow"), FAIL),
        (deny(Condition={"Bool": {"aws:SecureTransport": "true"}}), FAIL),
        (
            deny(
                Condition={
                    "Bool": {"aws:SecureTransport": "false"},
                    "StringEquals": {"aws:PrincipalAccount": ACCOUNT},
                }
            ),
            FAIL,
        ),
        ([], FAIL),
        ([{"Effect": "Maybe"}], UNKNOWN),
    ]
    with each_row() as row:
        for statement, status in rows:
            with row(statement):
                aws.restart()
                buckets = Buckets(aws)
                buckets.bucket("one", policy={"Version": "2012-10-17", "Statement": statement})
                buckets.bucket("without-policy")
                buckets.bucket("denied", denied=("GetBucketPolicy",))
                findings = {finding.resource_name: finding for finding in await judge("aws-s3-006")}
                assert {name: finding.status for name, finding in findings.items()} == {
                    "one": status,
                    "without-policy": FAIL,
                    "denied": UNKNOWN,
                }
                if status is FAIL:
                    merged_statements = findings["one"].evidence["merged_policy"]["Statement"]
                    statements = statement if isinstance(statement, list) else [statement]
                    assert merged_statements[:-1] == statements
                    assert merged_statements[-1]["Sid"] == ("DenyInsecureTransport")
                    assert merged_statements[-1]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


async def test_the_denies_of_plain_http_are_named_as_deciding(buckets: Buckets, judge: Judge) -> None:
    http = {"Effect": "Deny", "Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    versions = {"Effect": "Deny", "Principal": "*", "Condition": {"NumericLessThan": {"s3:TlsVersion": 1.2}}}
    arns = ["arn:aws:s3:::whole", "arn:aws:s3:::whole/*"]
    other = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "s3:*", "Resource": "*"}
    policies = {
        "whole": [other, {**http, "Action": "s3:*", "Resource": arns}],
        "in-part": [{**http, "Sid": "Get", "Action": "s3:GetObject", "Resource": "*"}, other],
        "versions": [other, {**versions, "Action": "s3:*", "Resource": "*"}],
        "nothing": [other],
    }
    for name, statements in policies.items():
        buckets.bucket(name, policy={"Version": "2012-10-17", "Statement": statements})
    deciding = {
        finding.resource_name: [(one["number"], one["sid"]) for one in finding.evidence.get("deciding", [])]
        for finding in await judge("aws-s3-006")
    }
    assert deciding == {"whole": [(2, "")], "in-part": [(1, "Get")], "versions": [(2, "")], "nothing": []}


async def test_a_website_is_named_for_the_remediation(buckets: Buckets, judge: Judge) -> None:
    buckets.bucket("site", website=True)
    buckets.bucket("plain", policy={"Version": "2012-10-17", "Statement": []})
    buckets.bucket("denied", denied=("GetBucketWebsite",))
    findings = await judge("aws-s3-006")
    assert statuses(findings) == dict.fromkeys(("site", "plain", "denied"), FAIL)
    websites = {finding.resource_name: finding.evidence["website"] for finding in findings}
    assert websites == {"site": True, "plain": False, "denied": None}


async def test_a_bucket_that_admits_nobody_is_not_asked_for_its_website(
    aws: AwsStub, buckets: Buckets, judge: Judge
) -> None:
    """Without a policy only ACLs admit the visitors of a website, and this setting ignores them."""
    buckets.bucket("private", block=ALL_ON)
    buckets.bucket("with-a-policy", block=ALL_ON, policy={"Version": "2012-10-17", "Statement": []})
    buckets.bucket("open", block={"BlockPublicPolicy": True})
    buckets.bucket("unread", block=ALL_ON, website=True, denied=("GetPublicAccessBlock",))
    findings = await judge("aws-s3-006")
    websites = {finding.resource_name: finding.evidence["website"] for finding in findings}
    assert websites == {"private": False, "with-a-policy": False, "open": False, "unread": True}
    names = {call.params["Bucket"] for call in aws.calls if call.operation == "GetBucketWebsite"}
    assert names == {"with-a-policy", "open", "unread"}


async def test_a_bucket_of_a_writer_that_supports_no_kms_key_cannot_comply(
    buckets: Buckets, judge: Judge
) -> None:
    principals = {
        "alb": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        "old-alb": {"AWS": "arn:aws:iam::127311923021:root"},
        "redshift": {"Service": ["redshift.amazonaws.com"]},
        "trail": {"Service": "cloudtrail.amazonaws.com"},
        "reader": {"AWS": "127311923021"},
    }
    for name, principal in principals.items():
        statement = {
            "Effect": "Allow",
            "Principal": principal,
            "Action": "s3:GetBucketAcl" if name == "reader" else "s3:PutObject",
            "Resource": f"arn:aws:s3:::{name}/*",
        }
        buckets.bucket(name, policy={"Version": "2012-10-17", "Statement": [statement]})
    buckets.bucket("denied", denied=("GetBucketPolicy",))
    assert statuses(await judge("aws-s3-002")) == {
        "alb": PASS,
        "old-alb": PASS,
        "redshift": PASS,
        "trail": FAIL,
        "reader": FAIL,
        "denied": UNKNOWN,
    }


async def test_logs_to_a_bucket_that_is_not_there_are_no_logs(buckets: Buckets, judge: Judge) -> None:
    buckets.bucket("unheard", logs_to="deleted")
    (finding,) = await judge("aws-s3-005")
    assert finding.status is FAIL
    assert "deleted" in finding.reason
    assert finding.evidence["log_bucket"] == ""


async def test_mfa_delete(buckets: Buckets, judge: Judge) -> None:
    buckets.bucket("safe", versioning={"Status": "Enabled", "MFADelete": "Enabled"})
    buckets.bucket("unsafe", versioning={"Status": "Enabled", "MFADelete": "Disabled"}, rules=[ABORT])
    buckets.bucket("never", denied=("GetBucketLifecycleConfiguration",))
    buckets.bucket("denied", denied=("GetBucketVersioning",))
    findings = await judge("aws-s3-007")
    assert statuses(findings) == {"safe": PASS, "unsafe": FAIL, "never": FAIL, "denied": UNKNOWN}
    rules = {finding.resource_name: finding.evidence.get("lifecycle_rules", 0) for finding in findings}
    assert rules == {"safe": 0, "unsafe": 1, "never": None, "denied": 0}


async def test_all_checks_together_read_a_bucket_seven_times(
    buckets: Buckets, judge: Judge, aws: AwsStub
) -> None:
    buckets.account_block(None)
    for number in range(5):
        buckets.bucket(f"bucket-{number}")
    await judge(*(f"aws-s3-00{number}" for number in range(1, 8)), "aws-dp-001")
    # On a loaded machine a slow call is made twice, so only distinct calls count.
    reads = {(call.region, call.operation, str(call.params)) for call in aws.calls if call.service == "s3"}
    assert len(reads) == 1 + 5 * 7
    assert sum(call.service == "s3control" for call in aws.calls) == 1
