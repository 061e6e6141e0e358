"""An account of buckets, and of resource policies that let strangers in."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

from closed_loop.account import ACCOUNT, REGION
from closed_loop.fault import SeededFault, fault, unproven
from closed_loop.terraform_plans import Plan

if TYPE_CHECKING:
    from closed_loop.account import Account

unproven("only the root user with its MFA device can do it, and moto knows neither", "aws-s3-007", plan="")

FOUR_SETTINGS = "AWS takes the four settings for each bucket, whatever its policy and ACLs are"
FUNCTION_STATE = f"lambda/{REGION}/_lambdas/_arns/arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{}}"
"""The path of the function in the embedded AWS's state."""
PARTNER = "arn:aws:iam::999900001111:root"


def _lets_in(actions: str | list[str], resource: str | list[str], who: str = PARTNER, **more: Any) -> str:
    own = {
        "Sid": "Own",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": actions,
        "Resource": resource,
    }
    strangers = {**own, "Sid": "Strangers", "Principal": {"AWS": who}, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [own, strangers]})


@fault(
    "aws-s3-001",
    may_change=("s3/aws/buckets/{}/public_access_block",),
    plan=Plan(
        ("aws_s3_bucket_public_access_block import update block_public_policy restrict_public_buckets",)
    ),
    no_rule=FOUR_SETTINGS,
)
def bucket_without_public_access_block(account: Account) -> SeededFault:
    return SeededFault(account.bucket("unblocked"))


@fault(
    "aws-s3-002",
    may_change=("s3/aws/buckets/{}/encryption",),
    plan=Plan(
        (
            "aws_s3_bucket_server_side_encryption_configuration import update"
            " rule.apply_server_side_encryption_by_default.kms_master_key_id"
            " rule.apply_server_side_encryption_by_default.sse_algorithm rule.bucket_key_enabled",
        )
    ),
)
def bucket_without_key(account: Account) -> SeededFault:
    return SeededFault(account.bucket("keyless"), {"KMS_KEY_ARN": account.key})


@fault(
    "aws-s3-003",
    may_change=("s3/aws/buckets/{}/versioning_status",),
    plan=Plan(("aws_s3_bucket_versioning create",)),
)
def bucket_without_versions(account: Account) -> SeededFault:
    return SeededFault(account.bucket("forgetful"))


@fault(
    "aws-s3-004",
    may_change=("+s3/aws/buckets/{}/rules/clear-away", "+s3/aws/buckets/{}/given_rules/clear-away"),
    plan=Plan(("aws_s3_bucket_lifecycle_configuration import update rule",)),
)
def bucket_without_end(account: Account) -> SeededFault:
    bucket = account.bucket("endless")
    s3 = account.client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 9}}
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    return SeededFault(bucket, {"OLD_VERSION_DAYS": "90"})


@fault(
    "aws-s3-005",
    leaves=("aws-s3-003", "aws-s3-004", "aws-s3-007"),
    may_change=("s3/aws/buckets/{}/logging", "s3/aws/buckets/123456789012-s3-access-logs-us-east-1"),
    plan=Plan(
        (
            "aws_s3_bucket create",
            "aws_s3_bucket_logging create",
            "aws_s3_bucket_policy create",
            "aws_s3_bucket_public_access_block create",
        )
    ),
)
def bucket_without_log(account: Account) -> SeededFault:
    return SeededFault(account.bucket("unlogged"))


@fault(
    "aws-s3-006",
    may_change=("s3/aws/buckets/{}/policy",),
    plan=Plan(("aws_s3_bucket_policy import update policy",)),
)
def plain_http(account: Account) -> SeededFault:
    bucket = account.bucket("plain")
    account.client("s3").put_bucket_policy(
        Bucket=bucket, Policy=_lets_in("s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    )
    return SeededFault(bucket)


@fault(
    "aws-dp-001",
    may_change=("s3/aws/buckets/{}/policy",),
    plan=Plan(("aws_s3_bucket_policy import update policy",)),
)
def bucket_for_strangers(account: Account) -> SeededFault:
    bucket = account.bucket("shared")
    account.client("s3").put_bucket_policy(
        Bucket=bucket, Policy=_lets_in("s3:GetObject", f"arn:aws:s3:::{bucket}/*", "*")
    )
    return SeededFault(bucket)


@fault(
    "aws-dp-002",
    may_change=("sns/us-east-1/topics/*:{}/_policy_json",),
    plan=Plan(("aws_sns_topic_policy import update policy",)),
)
def topic_for_strangers(account: Account) -> SeededFault:
    sns = account.client("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    sns.set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=_lets_in("sns:Publish", topic)
    )
    return SeededFault(topic)


@fault(
    "aws-dp-003",
    may_change=("sqs/us-east-1/queues/{}/_policy_json",),
    plan=Plan(("aws_sqs_queue_policy import update policy",)),
)
def queue_for_strangers(account: Account) -> SeededFault:
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
    account.client("sqs").create_queue(
        QueueName="orders", Attributes={"Policy": _lets_in("sqs:SendMessage", arn, "*")}
    )
    return SeededFault(arn)


@fault(
    "aws-dp-004",
    may_change=("secretsmanager/us-east-1/secrets/{}/policy",),
    plan=Plan(("aws_secretsmanager_secret_policy import update block_public_policy policy",)),
)
def secret_for_strangers(account: Account) -> SeededFault:
    secrets = account.client("secretsmanager")
    arn = secrets.create_secret(Name="shared-secret", SecretString="x")["ARN"]
    secrets.put_resource_policy(SecretId=arn, ResourcePolicy=_lets_in("secretsmanager:GetSecretValue", "*"))
    return SeededFault(arn)


def function(account: Account, name: str, **more: Any) -> str:
    """Make a Lambda function and return its ARN."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return None\n")
    arn: str = account.client("lambda").create_function(
        FunctionName=name,
        Handler="index.handler",
        Code={"ZipFile": buffer.getvalue()},
        **{"Runtime": "python3.13", "Role": account.role(f"{name}-role", "lambda.amazonaws.com"), **more},
    )["FunctionArn"]
    return arn


@fault(
    "aws-dp-005",
    may_change=(f"{FUNCTION_STATE}/policy",),
    plan=Plan(("aws_lambda_permission import replace",)),
    transient_paths=("lambda/us-east-1/_lambdas/_arns/*/policy/revision",),
)
def function_for_strangers(account: Account) -> SeededFault:
    arn = function(account, "open")
    account.client("lambda").add_permission(
        FunctionName="open",
        StatementId="any-bucket",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
    )
    return SeededFault(arn)


@fault(
    "aws-kms-001",
    may_change=("kms/us-east-1/keys/{}/key_rotation_status",),
    plan=Plan(("aws_kms_key import update enable_key_rotation",)),
)
def unrotated_key(account: Account) -> SeededFault:
    return SeededFault(account.client("kms").create_key()["KeyMetadata"]["Arn"])


@fault(
    "aws-kms-002",
    may_change=("kms/us-east-1/keys/{}/policy",),
    plan=Plan(("aws_kms_key_policy import update policy",)),
)
def key_for_strangers(account: Account) -> SeededFault:
    policy = _lets_in("kms:*", "*", "*")
    return SeededFault(account.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"])
