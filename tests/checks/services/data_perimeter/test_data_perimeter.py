"""Whom resource policies let in, and the policies that keep outsiders out."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aws_stub import ACCOUNT, REGION, AwsStub
from cloud_audit_tui.iam.exposure import Holder, openings, repaired
from cloud_audit_tui.iam.policy import parse
from cloud_audit_tui.model import Finding, Severity, Status
from each_row import each_row
from s3_script import ALL_ON, Buckets

Judge = Callable[..., Awaitable[list[Finding]]]
FAIL, PASS, UNKNOWN = Status.FAIL, Status.PASS, Status.NOT_ASSESSED

FOREIGN = "999988887777"
OWN_ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
ORG = "o-abcde12345"
SERVICE = {"Service": "sns.amazonaws.com"}


def statement(principal: Any = "*", condition: Any = None, **overrides: Any) -> dict[str, Any]:
    elements = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "s3:GetObject",
        "Resource": "b/*",
        **overrides,
    }
    if "NotPrincipal" in overrides:
        del elements["Principal"]
    return {**elements, "Condition": condition} if condition else elements


def document(*statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


OWN_BUCKET = "own-uploads"


def holder(kind: str = "s3") -> Holder:
    return Holder(ACCOUNT, "aws", kind, frozenset({OWN_BUCKET}))


def gaps(*statements: Any, kind: str = "s3") -> list[str]:
    return [opening.gap.value for opening in openings(parse(document(*statements)), holder(kind))]


def mended_statements(*statements: Any, kind: str = "s3") -> list[dict[str, Any]]:
    """Return the statements of the policy with its gaps closed."""
    policy = document(*statements)
    mended_policy = repaired(policy, openings(parse(policy), holder(kind)), holder(kind))
    statements_after: list[dict[str, Any]] = mended_policy["Statement"]
    return statements_after


def test_a_gap_is_found_and_mended() -> None:
    rows: list[tuple[dict[str, Any], str]] = [
        (statement(), "everyone"),
        (statement({"AWS": ["*"]}), "everyone"),
        (statement(NotPrincipal={"AWS": ACCOUNT}), "everyone"),
        (statement("*", {"StringNotEquals": {"aws:PrincipalOrgID": ORG}}), "everyone"),
        (statement("*", {"Null": {"aws:PrincipalOrgID": "false"}}), "everyone"),
        (statement("*", {"Bool": {"aws:SecureTransport": "true"}}), "everyone"),
        (statement("*", {"StringEquals": {"aws:ResourceOrgID": ORG}}), "everyone"),
        (statement("*", {"StringEquals": {"aws:PrincipalAccount": [ACCOUNT, FOREIGN]}}), "account"),
        (statement("*", {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}}), "service"),
        (statement("*", {"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:*"}}), "service"),
        (statement("*", {"StringLike": {"aws:SourceAccount": "*"}}), "service"),
        (statement(SERVICE), "service"),
        (statement({"AWS": FOREIGN}), "account"),
        (statement({"AWS": [f"arn:aws:iam::{FOREIGN}:role/a", ACCOUNT]}), "account"),
        (statement({"Federated": f"arn:aws:iam::{FOREIGN}:saml-provider/a"}), "account"),
    ]
    with each_row() as row:
        for open_statement, gap in rows:
            with row(open_statement):
                assert gaps(open_statement) == [gap]
                mine = statement(OWN_ROOT, Sid="Mine")
                after = mended_statements(mine, open_statement)
                assert gaps(*after) == []
                assert after[0] == mine


def test_what_is_limited_has_no_gap() -> None:
    rows: list[list[Any]] = [
        [],
        [statement(OWN_ROOT)],
        [statement({"AWS": "AIDAEXAMPLEDELETED"})],
        [statement("*", {"StringEquals": {"aws:PrincipalOrgID": ORG}})],
        [statement("*", {"StringEquals": {"AWS:SourceOwner": ACCOUNT}})],
        [statement("*", {"StringEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}})],
        [statement("*", {"StringEquals": {"aws:SourceVpc": "vpc-0123456789abcdef0"}})],
        [statement("*", {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}})],
        [statement("*", {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/*"}})],
        [statement(SERVICE, {"StringEquals": {"aws:SourceAccount": ACCOUNT}})],
        [statement(SERVICE, {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{ACCOUNT}:topic"}})],
        [statement(SERVICE, {"StringEquals": {"aws:SourceOrgID": ORG}})],
        [statement("*", {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{OWN_BUCKET}"}})],
        [statement("*", {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:*:*:{OWN_BUCKET}"}})],
        [statement({"AWS": "127311923021"}, Action="s3:PutObject")],
        [statement({"AWS": "arn:aws:iam::193672423079:user/logs"}, Action="s3:GetBucketAcl")],
        [statement({"AWS": FOREIGN}, {"StringEquals": {"aws:PrincipalOrgID": ORG}})],
        [
            statement(),
            statement(Effect="Deny", condition={"StringNotEquals": {"aws:PrincipalOrgID": ORG}}, Action="*"),
        ],
        [statement(), statement(Effect="Deny", Action="s3:*")],
    ]
    with each_row() as row:
        for statements in rows:
            with row(statements):
                assert gaps(*statements) == []


def test_a_service_is_held_to_the_account_and_the_others_of_its_statement_are_not() -> None:
    both = ["config.amazonaws.com", "cloudfront.amazonaws.com"]
    tls = {"Bool": {"aws:SecureTransport": "true"}}
    own_root, service, distribution = mended_statements(
        statement({"Service": both, **OWN_ROOT}, tls, Sid="A")
    )
    assert own_root == statement(OWN_ROOT, tls, Sid="A")
    assert service["Principal"] == {"Service": "config.amazonaws.com"}
    assert service["Condition"] == {**tls, "StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assert distribution["Condition"]["ArnLike"] == {
        "aws:SourceArn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/*"
    }


def test_only_the_asterisk_is_replaced() -> None:
    rows: list[tuple[Any, Any]] = [
        ({"AWS": "*"}, None),
        ({"AWS": ["*", FOREIGN]}, None),
        (
            {"AWS": ["*", f"arn:aws:iam::{ACCOUNT}:role/app"]},
            {"AWS": [f"arn:aws:iam::{ACCOUNT}:role/app"]},
        ),
        ({"AWS": "*", "CanonicalUser": "abc"}, {"CanonicalUser": "abc"}),
        (
            {"AWS": "*", "Service": ["unheard.amazonaws.com"]},
            {"Service": ["unheard.amazonaws.com"]},
        ),
    ]
    with each_row() as row:
        for beside, remainder in rows:
            with row(beside):
                after = mended_statements(statement(beside, Sid="Open"))
                assert [one["Principal"] for one in after] == [
                    *([remainder] if remainder else []),
                    *[{"AWS": "*"}] * 3,
                ]
                assert [one.get("Sid") for one in after] == ["Open", *[None] * (len(after) - 1)]
                assert [one["Condition"] for one in after[-3:]] == [
                    {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}},
                    {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
                    {"ArnLike": {"aws:SourceArn": f"arn:aws:*:*:{ACCOUNT}:*"}},
                ]


def test_the_exceptions_of_an_allow_for_all_others_stay() -> None:
    exceptions = {"AWS": f"arn:aws:iam::{ACCOUNT}:user/gone"}
    assert all(
        one["NotPrincipal"] == exceptions for one in mended_statements(statement(NotPrincipal=exceptions))
    )


def test_the_callers_of_a_key_have_a_condition_of_its_own() -> None:
    assert mended_statements(statement(), kind="kms")[0]["Condition"] == {
        "StringEquals": {"kms:CallerAccount": ACCOUNT}
    }


TRAIL = {"Service": "cloudtrail.amazonaws.com"}


def test_a_service_for_a_fixed_account_is_named_and_left_as_it_is() -> None:
    rows: list[tuple[dict[str, Any], str]] = [
        (
            statement(
                TRAIL,
                {"StringEquals": {"aws:SourceArn": f"arn:aws:cloudtrail:us-east-1:{FOREIGN}:trail/org"}},
            ),
            f"account {FOREIGN}",
        ),
        (statement(SERVICE, {"StringEquals": {"aws:SourceAccount": FOREIGN}}), f"account {FOREIGN}"),
        (
            statement(SERVICE, {"StringEquals": {"aws:SourceAccount": [ACCOUNT, FOREIGN]}}),
            f"account {FOREIGN}",
        ),
        (
            statement("*", {"StringEquals": {"aws:SourceAccount": [ACCOUNT, FOREIGN]}}),
            f"account {FOREIGN}",
        ),
        (
            statement("*", {"ArnEquals": {"aws:SourceArn": f"arn:aws:sns:us-east-1:{FOREIGN}:news"}}),
            f"account {FOREIGN}",
        ),
        (statement("*", {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::theirs"}}), "not among the buckets"),
    ]
    with each_row() as row:
        for narrow_statement, whose in rows:
            with row(narrow_statement):
                (opening,) = openings(parse(document(narrow_statement)), holder())
                assert opening.gap.value == "account"
                assert whose in opening.words
                assert "any account" not in opening.words
                assert "aws:SourceOrgID" in opening.advice
                assert mended_statements(narrow_statement) == [narrow_statement]


def test_a_service_that_is_not_documented_to_say_its_source_is_left_as_it_is() -> None:
    undocumented = statement({"Service": ["unheard.amazonaws.com", "config.amazonaws.com"]})
    first, second = mended_statements(undocumented)
    assert first == statement({"Service": ["unheard.amazonaws.com"]})
    assert second["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}


def test_eventbridge_gets_no_condition_in_the_policy_of_a_topic() -> None:
    events = statement({"Service": "events.amazonaws.com"}, Action="sns:Publish")
    assert mended_statements(events, kind="sns") == [events]
    (rule,) = mended_statements(events, kind="sqs")
    assert rule["Condition"] == {"ArnLike": {"aws:SourceArn": f"arn:aws:events:*:{ACCOUNT}:rule/*"}}


def test_logs_of_accounts_that_the_resources_name_still_arrive() -> None:
    folders = [f"arn:aws:s3:::b/AWSLogs/{name}/*" for name in (ACCOUNT, FOREIGN, "o-a1b2c3d4e5")]
    accounts, organization = mended_statements(statement(TRAIL, Action="s3:PutObject", Resource=folders))
    assert accounts["Condition"]["ArnLike"]["aws:SourceArn"] == [
        f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*",
        f"arn:aws:cloudtrail:*:{FOREIGN}:trail/*",
    ]
    assert organization["Condition"] == {"StringEquals": {"aws:SourceOrgID": "o-a1b2c3d4e5"}}


def test_an_aws_account_that_delivers_logs_is_an_outsider_where_it_delivers_none() -> None:
    elb = {"AWS": "arn:aws:iam::127311923021:root"}
    assert gaps(statement(elb, Action="s3:*")) == ["account"]
    assert gaps(statement(elb, Action="sqs:SendMessage"), kind="sqs") == ["account"]


def test_a_foreign_caller_beside_the_own_one_is_taken_out() -> None:
    both = statement("*", {"StringEquals": {"aws:PrincipalAccount": [ACCOUNT, FOREIGN]}})
    assert mended_statements(both) == [statement("*", {"StringEquals": {"aws:PrincipalAccount": [ACCOUNT]}})]


def statuses(findings: list[Finding]) -> dict[str, tuple[Status, Severity]]:
    return {finding.resource_name: (finding.status, finding.severity) for finding in findings}


async def test_buckets(aws: AwsStub, judge: Judge) -> None:
    buckets = Buckets(aws)
    buckets.account_block(None)
    buckets.bucket("public", policy=document(statement()))
    buckets.bucket("shielded", policy=document(statement()), block={**ALL_ON, "BlockPublicAcls": False})
    buckets.bucket("shielded-service", policy=document(statement(), statement(SERVICE)), block=ALL_ON)
    buckets.bucket("service", policy=document(statement(SERVICE)))
    buckets.bucket("partner", policy=document(statement({"AWS": FOREIGN})), region="eu-west-1")
    buckets.bucket("without-policy")
    buckets.bucket("denied", denied=("GetBucketPolicy",))
    buckets.bucket("block-denied", policy=document(statement()), denied=("GetPublicAccessBlock",))
    buckets.bucket("no-policy-language", policy="{}")
    findings = await judge("aws-dp-001")
    assert statuses(findings) == {
        "public": (FAIL, Severity.HIGH),
        "shielded": (PASS, Severity.HIGH),
        "shielded-service": (FAIL, Severity.MEDIUM),
        "service": (FAIL, Severity.MEDIUM),
        "partner": (FAIL, Severity.LOW),
        "without-policy": (PASS, Severity.HIGH),
        "denied": (UNKNOWN, Severity.HIGH),
        "block-denied": (UNKNOWN, Severity.HIGH),
        "no-policy-language": (UNKNOWN, Severity.HIGH),
    }
    partner = next(finding for finding in findings if finding.resource_name == "partner")
    assert partner.region == "eu-west-1"
    assert FOREIGN in partner.reason


async def test_topics(aws: AwsStub, judge: Judge) -> None:
    arns = {name: f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}" for name in ("open", "default", "denied", "gone")}
    topics = [{"TopicArn": arn} for arn in arns.values()]
    aws.pages("sns", "ListTopics", topics[:2], topics[2:])
    policies = {
        "open": document(statement(Action="sns:Publish")),
        "default": document(statement({"AWS": "*"}, {"StringEquals": {"AWS:SourceOwner": ACCOUNT}})),
    }
    for name, policy in policies.items():
        attributes = {"Attributes": {"Policy": json.dumps(policy)}}
        aws.answer("sns", "GetTopicAttributes", attributes, TopicArn=arns[name])
    aws.answer("sns", "GetTopicAttributes", aws.refusal("NotFound", "gone"), TopicArn=arns["gone"])
    assert statuses(await judge("aws-dp-002")) == {
        "open": (FAIL, Severity.HIGH),
        "default": (PASS, Severity.HIGH),
        "denied": (UNKNOWN, Severity.HIGH),
    }


async def test_queues(aws: AwsStub, judge: Judge) -> None:
    urls = [f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}" for name in ("open", "none", "denied")]
    aws.pages("sqs", "ListQueues", urls[:2], urls[2:])
    policy = json.dumps(document(statement(SERVICE, Action="sqs:SendMessage")))
    aws.answer("sqs", "GetQueueAttributes", {"Attributes": {"Policy": policy}}, QueueUrl=urls[0])
    aws.answer("sqs", "GetQueueAttributes", {"Attributes": {}}, QueueUrl=urls[1])
    assert statuses(await judge("aws-dp-003")) == {
        "open": (FAIL, Severity.MEDIUM),
        "none": (PASS, Severity.HIGH),
        "denied": (UNKNOWN, Severity.HIGH),
    }
    assert aws.requests("ListQueues")[0]["MaxResults"] == 1000


async def test_secrets(aws: AwsStub, judge: Judge) -> None:
    names = ("open", "partner", "none", "denied")
    arns = {name: f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-AbCdEf" for name in names}
    secrets = [{"ARN": arn, "Name": name} for name, arn in arns.items()]
    aws.pages("secretsmanager", "ListSecrets", secrets[:1], secrets[1:])
    policies = {"open": document(statement()), "partner": document(statement({"AWS": FOREIGN}))}
    for name in ("open", "partner", "none"):
        answer: dict[str, Any] = {"ARN": arns[name], "Name": name}
        if name in policies:
            answer["ResourcePolicy"] = json.dumps(policies[name])
        aws.answer("secretsmanager", "GetResourcePolicy", answer, SecretId=arns[name])
    assert statuses(await judge("aws-dp-004")) == {
        "open": (FAIL, Severity.CRITICAL),
        "partner": (FAIL, Severity.MEDIUM),
        "none": (PASS, Severity.CRITICAL),
        "denied": (UNKNOWN, Severity.CRITICAL),
    }


async def test_functions(aws: AwsStub, judge: Judge) -> None:
    names = ("alias", "url", "plain", "denied")
    arns = {name: f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}" for name in names}
    functions = [{"FunctionName": name, "FunctionArn": arn} for name, arn in arns.items()]
    aws.pages("lambda", "ListFunctions", functions[:2], functions[2:])
    alias = {"Name": "live", "FunctionVersion": "1"}
    aws.answer("lambda", "ListAliases", {"Aliases": [alias]}, FunctionName="alias")
    for name in names[1:]:
        aws.answer("lambda", "ListAliases", {"Aliases": []}, FunctionName=name)
    invoke = statement({"Service": "s3.amazonaws.com"}, Action="lambda:InvokeFunction", Sid="s3")
    url = statement(
        "*",
        {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
        Action="lambda:InvokeFunctionUrl",
        Sid="url",
    )
    none = aws.refusal("ResourceNotFoundException", "The resource you requested does not exist.")
    on_alias = {"Policy": json.dumps(document(invoke))}
    aws.answer("lambda", "GetPolicy", on_alias, FunctionName="alias", Qualifier="live")
    aws.answer("lambda", "GetPolicy", none, FunctionName="alias")
    aws.answer("lambda", "GetPolicy", {"Policy": json.dumps(document(url))}, FunctionName="url")
    aws.answer("lambda", "GetPolicy", none, FunctionName="plain")
    findings = await judge("aws-dp-005")
    assert statuses(findings) == {
        "alias": (FAIL, Severity.MEDIUM),
        "url": (PASS, Severity.HIGH),
        "plain": (PASS, Severity.HIGH),
        "denied": (UNKNOWN, Severity.HIGH),
    }
    url_finding = next(finding for finding in findings if finding.resource_name == "url")
    assert "function URL" in url_finding.reason
    assert "admits nobody outside the account" not in url_finding.reason
    evidence = next(finding for finding in findings if finding.status is FAIL).evidence
    (permission,) = evidence["permissions"]
    (deciding,) = evidence["deciding"]
    assert (deciding["document"], deciding["sid"]) == (["policies", "live"], "s3")
    assert (permission["qualifier"], permission["statement_id"]) == ("live", "s3")


async def test_a_statement_that_no_single_permission_can_replace_is_named(aws: AwsStub, judge: Judge) -> None:
    tag = {"StringEquals": {"aws:PrincipalTag/team": "web"}}
    rows: list[tuple[dict[str, Any], list[str]]] = [
        (statement("*", Sid="all", Action="lambda:InvokeFunction"), []),
        (statement("*", tag, Sid="tagged", Action="lambda:InvokeFunction"), ["tagged"]),
        (statement({"AWS": [FOREIGN, ACCOUNT]}, Sid="two", Action="lambda:InvokeFunction"), ["two"]),
        (statement("*", Sid="", Action="lambda:InvokeFunction"), ["number 1"]),
    ]
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:report"
    with each_row() as row:
        for open_statement, named in rows:
            with row(open_statement):
                aws.restart()
                functions = [{"FunctionName": "report", "FunctionArn": arn}]
                aws.answer("lambda", "ListFunctions", {"Functions": functions})
                aws.answer("lambda", "ListAliases", {"Aliases": []})
                if not open_statement["Sid"]:
                    del open_statement["Sid"]
                aws.answer("lambda", "GetPolicy", {"Policy": json.dumps(document(open_statement))})
                [finding] = await judge("aws-dp-005")
                assert finding.status is FAIL
                assert finding.evidence.get("whole_policy", []) == named


async def test_permissions_as_an_emulator_of_aws_keeps_them(aws: AwsStub, judge: Judge) -> None:
    rows: list[tuple[dict[str, Any], Status]] = [
        ({"Principal": FOREIGN, "Action": "lambda:InvokeFunction"}, FAIL),
        ({"Principal": ACCOUNT, "Action": "lambda:InvokeFunction"}, PASS),
        ({"Principal": "*", "Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"}, PASS),
        ({"Principal": "*", "Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "AWS_IAM"}, FAIL),
        ({"Principal": "*", "Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True}, PASS),
        ({"Principal": "*", "Action": "lambda:InvokeFunction", "Unknown": True}, UNKNOWN),
    ]
    with each_row() as row:
        for permission, status in rows:
            with row(permission):
                aws.restart()
                arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:report"
                aws.answer(
                    "lambda", "ListFunctions", {"Functions": [{"FunctionName": "report", "FunctionArn": arn}]}
                )
                aws.answer("lambda", "ListAliases", {"Aliases": []}, FunctionName="report")
                policy = {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Resource": arn, **permission}],
                }
                aws.answer("lambda", "GetPolicy", {"Policy": json.dumps(policy)}, FunctionName="report")
                [finding] = await judge("aws-dp-005")
                assert finding.status is status


async def test_a_bucket_that_may_send_is_looked_up_among_the_account_s(aws: AwsStub, judge: Judge) -> None:
    rows: list[tuple[Any, bool, Status]] = [
        ({"ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{OWN_BUCKET}"}}, True, PASS),
        ({"ArnLike": {"aws:SourceArn": f"arn:aws:s3:*:*:{OWN_BUCKET}"}}, True, PASS),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::theirs"}}, True, FAIL),
        ({"ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{OWN_BUCKET}"}}, False, UNKNOWN),
    ]
    with each_row() as row:
        for condition, list_is_readable, status in rows:
            with row((condition, list_is_readable)):
                aws.restart()
                url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/uploads"
                aws.answer("sqs", "ListQueues", {"QueueUrls": [url]})
                policy = json.dumps(document(statement("*", condition, Action="sqs:SendMessage")))
                aws.answer("sqs", "GetQueueAttributes", {"Attributes": {"Policy": policy}}, QueueUrl=url)
                if list_is_readable:
                    Buckets(aws).bucket(OWN_BUCKET)
                [finding] = await judge("aws-dp-003")
                assert finding.status is status
                if status is FAIL:
                    assert finding.severity is Severity.LOW
                    assert finding.evidence["closable"] is False
