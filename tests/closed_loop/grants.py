"""Policies with which AWS services may deliver, as the guides of those services give them."""

from __future__ import annotations

import json
from typing import Any

ACCOUNT = "123456789012"
REGION = "us-east-1"

_OWN = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
CONDITIONS: dict[str, dict[str, Any]] = {
    # awscloudtrail/latest/userguide: create-s3-bucket-policy-for-cloudtrail,
    # create-kms-key-policy-for-cloudtrail
    "cloudtrail.amazonaws.com": {
        "ArnLike": {"aws:SourceArn": f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/*"}
    },
    # config/latest/developerguide: s3-bucket-policy, s3-kms-key-policy
    "config.amazonaws.com": _OWN,
    # bedrock/latest/userguide/model-invocation-logging.html
    "bedrock.amazonaws.com": _OWN,
    # AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    f"logs.{REGION}.amazonaws.com": {
        "ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:*"}
    },
}
"""The condition on each service, by the guide that shows it."""


def bucket_policy(bucket: str, *services: str) -> str:
    """Return the policy of a bucket that services may write to."""
    statements = [
        {
            "Sid": f"Delivery{number}",
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": actions,
            "Resource": resource,
            "Condition": CONDITIONS[service],
        }
        for number, (service, actions, resource) in enumerate(
            (service, actions, resource)
            for service in services
            for actions, resource in (
                (["s3:GetBucketAcl", "s3:ListBucket"], f"arn:aws:s3:::{bucket}"),
                ("s3:PutObject", f"arn:aws:s3:::{bucket}/*"),
            )
        )
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def key_policy() -> str:
    """Return the policy of a key that the account and the services above may use."""
    statements: list[dict[str, Any]] = [
        {
            "Sid": "OwnAccount",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ]
    statements += [
        {
            "Sid": f"Service{number}",
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*"],
            "Resource": "*",
            "Condition": condition,
        }
        for number, (service, condition) in enumerate(CONDITIONS.items())
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
