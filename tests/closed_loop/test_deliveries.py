"""A policy that permits a delivery before a fix permits it after the fix too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from closed_loop.deliveries import DELIVERIES, WEBSITE, Delivery
from closed_loop.faults.buckets import function
from closed_loop.grants import ACCOUNT, REGION
from cloud_audit_tui.model import Status
from cloud_audit_tui.remediation.render import render

if TYPE_CHECKING:
    from closed_loop.account import Account

CHECKS = {
    "bucket": ("aws-dp-001", "aws-s3-006"),
    "topic": ("aws-dp-002",),
    "queue": ("aws-dp-003",),
    "function": ("aws-dp-005",),
    "key": ("aws-kms-002",),
}
"""The checks whose fixes write the policy of each kind of resource, in the order of their runs."""
ACTIONS = {
    "bucket": "s3:GetObject",
    "topic": "sns:Publish",
    "queue": "sqs:SendMessage",
    "key": "kms:*",
}
"""The action that the fault of each kind of resource permits to strangers."""


def make_resource(account: Account, kind: str, name: str, delivery: Delivery, *, with_condition: bool) -> str:
    """Make a resource that permits the delivery, and an action to strangers; return its ARN."""
    if kind == "function":
        return _function(account, name, delivery, with_condition=with_condition)
    arn = {
        "bucket": f"arn:aws:s3:::{name}",
        "topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}",
        "queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}",
        "key": "*",
    }[kind]
    strangers = {
        "Sid": "Strangers",
        "Effect": "Allow",
        "Principal": {"AWS": "*" if kind == "key" else "arn:aws:iam::999900001111:root"},
        "Action": ACTIONS[kind],
        "Resource": f"{arn}/public/*" if kind == "bucket" else arn,
    }
    statements: list[dict[str, Any]] = [strangers, delivery.statement(arn, with_condition=with_condition)]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    match kind:
        case "bucket":
            account.bucket(name)
            account.client("s3").put_bucket_policy(Bucket=name, Policy=policy)
        case "topic":
            account.client("sns").create_topic(Name=name, Attributes={"Policy": policy})
        case "queue":
            account.client("sqs").create_queue(QueueName=name, Attributes={"Policy": policy})
        case _:
            return str(account.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"])
    return arn


def _function(account: Account, name: str, delivery: Delivery, *, with_condition: bool) -> str:
    arn = function(account, name)
    permissions: dict[str, dict[str, str]] = {"Strangers": {"Principal": "ses.amazonaws.com"}}
    keys = delivery.keys if with_condition else {}
    sources = {"SourceArn": keys.get("aws:SourceArn"), "SourceAccount": keys.get("aws:SourceAccount")}
    permissions["Delivery"] = {
        "Principal": delivery.caller,
        **{key: value for key, value in sources.items() if value},
    }
    for sid, permission in permissions.items():
        account.client("lambda").add_permission(
            FunctionName=name, StatementId=sid, Action=delivery.action, **permission
        )
    return arn


def policy_of(account: Account, kind: str, arn: str) -> str:
    """Return the policy of a resource, empty where it has none."""
    name = arn.rpartition(":")[2]
    match kind:
        case "bucket":
            try:
                return str(account.client("s3").get_bucket_policy(Bucket=name)["Policy"])
            except account.client("s3").exceptions.ClientError:
                return ""
        case "topic":
            return str(account.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])
        case "queue":
            sqs = account.client("sqs")
            url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
            attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
            return str(attributes.get("Attributes", {}).get("Policy", ""))
        case "function":
            return str(account.client("lambda").get_policy(FunctionName=name)["Policy"])
        case _:
            return str(account.client("kms").get_key_policy(KeyId=arn, PolicyName="default")["Policy"])


@pytest.mark.parametrize("kind", sorted(CHECKS))
def test_a_delivery_that_arrives_before_a_fix_arrives_after_it(kind: str, account: Account) -> None:
    rows = {
        make_resource(account, kind, f"{kind}-{number}{form}", delivery, with_condition=form == "g"): (
            delivery,
            form == "g",
        )
        for number, delivery in enumerate(one for one in DELIVERIES if one.kind == kind)
        for form in (("g", "u") if delivery.guide else ("u",))
    }
    wrong = [
        f"{row[0].name}: does not arrive before"
        for arn, row in rows.items()
        if not row[0].arrives(policy_of(account, kind, arn), arn)
    ]
    fixed_arns: set[str] = set()
    foreign_arns: set[str] = set()  # deliveries of other accounts, whose loss of access the script states
    for check_id in CHECKS[kind]:
        for finding in account.scan([check_id]):
            arn = finding.resource_id
            if finding.status is not Status.FAIL or arn not in rows:
                continue
            delivery, with_condition = rows[arn]
            remediation = render(finding, account.environment, {})
            assert not remediation.inputs()
            if not remediation.cli:
                continue
            with account.rehearsal():
                ran = account.run(remediation.cli, {})
            condition = "the condition of its guide" if with_condition else "no condition"
            title = f"{check_id}, {delivery.name} (with {condition})"
            if ran.returncode:
                wrong.append(f"{title}: {ran.stdout}{ran.stderr}")
            if delivery.is_foreign and "lose access" in ran.stdout and '"Delivery"' in ran.stdout:
                foreign_arns.add(arn)
            if arn not in foreign_arns and not delivery.arrives(policy_of(account, kind, arn), arn):
                wrong.append(f"{title}: ends\n{policy_of(account, kind, arn)}\n{ran.stdout}")
            fixed_arns.add(arn)
    assert fixed_arns == set(rows), set(rows) - fixed_arns
    assert not wrong, "\n".join(wrong)


def test_a_website_stays_reachable(account: Account) -> None:
    bucket = account.bucket("site")
    arn = f"arn:aws:s3:::{bucket}"
    policy = {"Version": "2012-10-17", "Statement": [WEBSITE.statement(arn, with_condition=False)]}
    s3 = account.client("s3")
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    [finding] = [one for one in account.scan(["aws-s3-006"]) if one.resource_id.endswith(bucket)]
    assert finding.status is Status.FAIL
    remediation = render(finding, account.environment, {})
    assert not remediation.cli
    assert "website" in remediation.note
    assert WEBSITE.arrives(policy_of(account, "bucket", arn), arn)
