"""An account of buckets and of policies that let strangers in."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

from closed_loop.account import ACCOUNT, REGION
from closed_loop.fault import Seeded, fault, unproven

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
def unblocked(account: Account) -> Seeded:
    return Seeded(account.bucket("unblocked"))


@fault("aws-s3-002")
def without_key(account: Account) -> Seeded:
    return Seeded(account.bucket("keyless"), {"KMS_KEY_ARN": account.key})


@fault("aws-s3-003")
def without_versions(account: Account) -> Seeded:
    return Seeded(account.bucket("forgetful"))


@fault("aws-s3-004")
def without_end(account: Account) -> Seeded:
    bucket = account.bucket("endless")
    s3 = account.client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 9}}
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    return Seeded(bucket, {"OLD_VERSION_DAYS": "90"})


@fault("aws-s3-005", leaves=("aws-s3-003", "aws-s3-004", "aws-s3-007"))
def unlogged(account: Account) -> Seeded:
    return Seeded(account.bucket("unlogged"))


@fault("aws-s3-006")
def plain_http(account: Account) -> Seeded:
    bucket = account.bucket("plain")
    account.client("s3").put_bucket_policy(
        Bucket=bucket, Policy=_lets_in("s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    )
    return Seeded(bucket)


@fault("aws-dp-001")
def bucket_for_strangers(account: Account) -> Seeded:
    bucket = account.bucket("shared")
    account.client("s3").put_bucket_policy(
        Bucket=bucket, Policy=_lets_in("s3:GetObject", f"arn:aws:s3:::{bucket}/*", "*")
    )
    return Seeded(bucket)


@fault("aws-dp-002")
def topic_for_strangers(account: Account) -> Seeded:
    sns = account.client("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    sns.set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=_lets_in("sns:Publish", topic)
    )
    return Seeded(topic)


@fault("aws-dp-003")
def queue_for_strangers(account: Account) -> Seeded:
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
    account.client("sqs").create_queue(
        QueueName="orders", Attributes={"Policy": _lets_in("sqs:SendMessage", arn, "*")}
    )
    return Seeded(arn)


@fault("aws-dp-004")
def secret_for_strangers(account: Account) -> Seeded:
    secrets = account.client("secretsmanager")
    arn = secrets.create_secret(Name="shared-secret", SecretString="x")["ARN"]
    secrets.put_resource_policy(SecretId=arn, ResourcePolicy=_lets_in("secretsmanager:GetSecretValue", "*"))
    return Seeded(arn)


def function(account: Account, name: str, **more: Any) -> str:
    """Make a Lambda function and return its ARN."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return None\n")
    made: str = account.client("lambda").create_function(
        FunctionName=name,
        Handler="index.handler",
        Code={"ZipFile": packed.getvalue()},
        **{"Runtime": "python3.13", "Role": account.role(f"{name}-role", "lambda.amazonaws.com"), **more},
    )["FunctionArn"]
    return made


@fault("aws-dp-005")
def function_for_strangers(account: Account) -> Seeded:
    arn = function(account, "open")
    account.client("lambda").add_permission(
        FunctionName="open",
        StatementId="any-bucket",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
    )
    return Seeded(arn)


@fault("aws-kms-001")
def unrotated_key(account: Account) -> Seeded:
    return Seeded(account.client("kms").create_key()["KeyMetadata"]["Arn"])


@fault("aws-kms-002")
def key_for_strangers(account: Account) -> Seeded:
    policy = _lets_in("kms:*", "*", "*")
    return Seeded(account.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"])
