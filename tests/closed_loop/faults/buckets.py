"""An account of buckets, and of resource policies that let strangers in."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

from closed_loop.account import ACCOUNT, REGION
from closed_loop.fault import SeededFault, fault, unproven

if TYPE_CHECKING:
    from closed_loop.account import Account

unproven("only the root user with its MFA device can do it, and moto knows neither", "aws-s3-007")

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


@fault("aws-s3-001")
def bucket_without_public_access_block(account: Account) -> SeededFault:
    return SeededFault(account.bucket("unblocked"))


@fault("aws-s3-002")
def bucket_without_key(account: Account) -> SeededFault:
    return SeededFault(account.bucket("keyless"), {"KMS_KEY_ARN": account.key})


@fault("aws-s3-003")
def bucket_without_versions(account: Account) -> SeededFault:
    return SeededFault(account.bucket("forgetful"))


@fault("aws-s3-004")
def bucket_without_end(account: Account) -> SeededFault:
    bucket = account.bucket("endless")
    s3 = account.client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 9}}
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    return SeededFault(bucket, {"OLD_VERSION_DAYS": "90"})


@fault("aws-s3-005", leaves=("aws-s3-003", "aws-s3-004", "aws-s3-007"))
def bucket_without_log(account: Account) -> SeededFault:
    return SeededFault(account.bucket("unlogged"))


@fault("aws-s3-006")
def plain_http(account: Account) -> SeededFault:
    bucket = account.bucket("plain")
    account.client("s3").put_bucket_policy(
        Bucket=bucket, Policy=_lets_in("s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    )
    return SeededFault(bucket)


@fault("aws-dp-001")
def bucket_for_strangers(account: Account) -> SeededFault:
    bucket = account.bucket("shared")
    account.client("s3").put_bucket_policy(
        Bucket=bucket, Policy=_lets_in("s3:GetObject", f"arn:aws:s3:::{bucket}/*", "*")
    )
    return SeededFault(bucket)


@fault("aws-dp-002")
def topic_for_strangers(account: Account) -> SeededFault:
    sns = account.client("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    sns.set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=_lets_in("sns:Publish", topic)
    )
    return SeededFault(topic)


@fault("aws-dp-003")
def queue_for_strangers(account: Account) -> SeededFault:
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
    account.client("sqs").create_queue(
        QueueName="orders", Attributes={"Policy": _lets_in("sqs:SendMessage", arn, "*")}
    )
    return SeededFault(arn)


@fault("aws-dp-004")
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


@fault("aws-dp-005")
def function_for_strangers(account: Account) -> SeededFault:
    arn = function(account, "open")
    account.client("lambda").add_permission(
        FunctionName="open",
        StatementId="any-bucket",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
    )
    return SeededFault(arn)


@fault("aws-kms-001")
def unrotated_key(account: Account) -> SeededFault:
    return SeededFault(account.client("kms").create_key()["KeyMetadata"]["Arn"])


@fault("aws-kms-002")
def key_for_strangers(account: Account) -> SeededFault:
    policy = _lets_in("kms:*", "*", "*")
    return SeededFault(account.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"])
