"""What AWS services deliver before a fix they deliver after it, through the policy that the fix leaves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from closed_loop.deliveries import DELIVERIES, WEBSITE, Delivery
from closed_loop.grants import ACCOUNT, REGION
from cloud_audit_tui.model import Status
from cloud_audit_tui.remediation.inputs import inputs
from cloud_audit_tui.remediation.render import render

if TYPE_CHECKING:
    from closed_loop.account import Account

CHECKS = {
    "bucket": ("aws-dp-001", "aws-s3-006"),
    "topic": ("aws-dp-002",),
    "queue": ("aws-dp-003",),
}
"""The checks whose fixes write the policy of each kind of resource, in the order in which they are run."""
OPENED = {"bucket": "s3:GetObject", "topic": "sns:Publish", "queue": "sqs:SendMessage"}
"""What the fault of each kind lets everyone do."""


def made(account: Account, kind: str, name: str, delivery: Delivery, *, guided: bool) -> str:
    """Make a resource that everyone may use, and that the delivery may write to; returns its ARN."""
    arn = {
        "bucket": f"arn:aws:s3:::{name}",
        "topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}",
        "queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}",
    }[kind]
    strangers = {
        "Sid": "Strangers",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::999900001111:root"},
        "Action": OPENED[kind],
        "Resource": f"{arn}/public/*" if kind == "bucket" else arn,
    }
    statements: list[dict[str, Any]] = [strangers, delivery.statement(arn, guided=guided)]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    if kind == "bucket":
        account.bucket(name)
        account.client("s3").put_bucket_policy(Bucket=name, Policy=policy)
    elif kind == "topic":
        account.client("sns").create_topic(Name=name, Attributes={"Policy": policy})
    else:
        account.client("sqs").create_queue(QueueName=name, Attributes={"Policy": policy})
    return arn


def policy_of(account: Account, kind: str, name: str) -> str:
    """Return the policy of a resource, empty where it has none."""
    if kind == "bucket":
        try:
            return str(account.client("s3").get_bucket_policy(Bucket=name)["Policy"])
        except account.client("s3").exceptions.ClientError:
            return ""
    if kind == "topic":
        topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}"
        return str(account.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
    url = account.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
    attributes = account.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
    return str(attributes.get("Attributes", {}).get("Policy", ""))


@pytest.mark.parametrize("kind", sorted(CHECKS))
def test_a_delivery_that_arrives_before_a_fix_arrives_after_it(kind: str, account: Account) -> None:
    rows = {
        f"{kind}-{number}{form}": (delivery, form == "g")
        for number, delivery in enumerate(one for one in DELIVERIES if one.kind == kind)
        for form in (("g", "u") if delivery.guide else ("u",))
    }
    arns = {name: made(account, kind, name, row[0], guided=row[1]) for name, row in rows.items()}
    wrong = [
        f"{rows[name][0].name}: does not arrive before"
        for name, arn in arns.items()
        if not rows[name][0].arrives(policy_of(account, kind, name), arn)
    ]
    closed: set[str] = set()
    ended: set[str] = set()  # those of other accounts, of which the script says that they lose access
    for check_id in CHECKS[kind]:
        for finding in account.scan([check_id]):
            name = finding.resource_id.rpartition(":")[2]
            if finding.status is not Status.FAIL or name not in rows:
                continue
            delivery, guided = rows[name]
            assert not inputs(finding)
            remediation = render(finding, account.environment, {})
            if not remediation.cli:
                continue
            with account.rehearsal():
                ran = account.run(remediation.cli, {})
            title = f"{check_id}, {delivery.name} ({'as in its guide' if guided else 'without a condition'})"
            if ran.returncode:
                wrong.append(f"{title}: {ran.stdout}{ran.stderr}")
            if delivery.is_foreign and "lose access" in ran.stdout and '"Delivery"' in ran.stdout:
                ended.add(name)
            if name not in ended and not delivery.arrives(policy_of(account, kind, name), arns[name]):
                wrong.append(f"{title}: ends\n{policy_of(account, kind, name)}\n{ran.stdout}")
            closed.add(name)
    assert closed == set(rows), set(rows) - closed
    assert not wrong, "\n".join(wrong)


def test_a_website_stays_reachable(account: Account) -> None:
    bucket = account.bucket("site")
    arn = f"arn:aws:s3:::{bucket}"
    policy = {"Version": "2012-10-17", "Statement": [WEBSITE.statement(arn, guided=False)]}
    s3 = account.client("s3")
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    [finding] = [one for one in account.scan(["aws-s3-006"]) if one.resource_id.endswith(bucket)]
    assert finding.status is Status.FAIL
    remediation = render(finding, account.environment, {})
    assert not remediation.cli
    assert "website" in remediation.note
    assert WEBSITE.arrives(policy_of(account, "bucket", bucket), arn)
