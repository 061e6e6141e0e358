"""Deliveries of AWS services to buckets, topics and queues: caller, action and exact condition keys.

A key that the service's document does not name is absent from its request, so that a condition on it denies
the request.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from closed_loop.grants import ACCOUNT, REGION
from closed_loop.refusals.policies import anyone_may, principal_may, service_may

if TYPE_CHECKING:
    from collections.abc import Mapping

ORGANIZATION_ACCOUNT = "222233334444"
"""The management account of an organization, whose trail delivers to the tested bucket too."""
ELB_ACCOUNT = "arn:aws:iam::127311923021:root"
"""The account of AWS that delivers access logs of load balancers in us-east-1."""
OWNER_FULL_CONTROL = {"s3:x-amz-acl": "bucket-owner-full-control"}


@dataclass(frozen=True)
class Delivery:
    """One delivery to a resource.

    ``caller`` is a service's principal, the ARN of a principal, or empty for anyone over plain HTTP.
    ``suffix`` follows the ARN of the resource. ``guide`` is the condition that the service's document shows
    in the resource's policy, none where it shows no condition.
    """

    name: str
    kind: str
    caller: str
    action: str
    document: str
    suffix: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    guide: Mapping[str, Any] | None = None

    @property
    def is_foreign(self) -> bool:
        """Whether it comes from another account, so that closing the resource to strangers ends it."""
        return ORGANIZATION_ACCOUNT in f"{self.caller} {self.keys.get('aws:SourceArn')}"

    def arrives(self, policy: str, arn: str) -> bool:
        """Say whether a policy permits the delivery."""
        target = f"{arn}{self.suffix}"
        if not self.caller:
            return anyone_may(policy, self.action, target, secure=False)
        if self.caller.startswith("arn:"):
            return principal_may(policy, self.caller, self.action, target, self.keys)
        return service_may(policy, self.caller, self.action, target, self.keys)

    def statement(self, arn: str, *, with_condition: bool) -> dict[str, Any]:
        """Return the statement that permits the delivery, with the guide's condition or without one."""
        kind = "AWS" if self.caller.startswith("arn:") else "Service"
        principal: Any = {kind: self.caller} if self.caller else "*"
        statement = {
            "Sid": "Delivery",
            "Effect": "Allow",
            "Principal": principal,
            "Action": self.action,
            "Resource": f"{arn}{self.suffix.rpartition('/')[0]}/*" if self.suffix else arn,
        }
        return {**statement, "Condition": dict(self.guide)} if with_condition and self.guide else statement


def _account(account: str = ACCOUNT) -> dict[str, Any]:
    return {"StringEquals": {"aws:SourceAccount": account}}


def _arn(pattern: str) -> dict[str, Any]:
    return {"ArnLike": {"aws:SourceArn": pattern}}


_DOCS = "https://docs.aws.amazon.com"
_TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main"
_ORGANIZATION_TRAIL = f"arn:aws:cloudtrail:{REGION}:{ORGANIZATION_ACCOUNT}:trail/all"
_BALANCER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/front/1234567890abcdef"
_RULE = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/nightly"
_ALARM = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:cpu"
_TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:orders"
_SOURCE_BUCKET = "arn:aws:s3:::source"
_OF_BUCKET = {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": _SOURCE_BUCKET}
_LOGS = f"/AWSLogs/{ACCOUNT}"

DELIVERIES = (
    Delivery(
        "CloudTrail to S3",
        "bucket",
        "cloudtrail.amazonaws.com",
        "s3:PutObject",
        f"{_DOCS}/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html",
        f"{_LOGS}/CloudTrail/x",
        {"aws:SourceArn": _TRAIL, **OWNER_FULL_CONTROL},
        _arn(_TRAIL),
    ),
    Delivery(
        "CloudTrail of an organization to S3",
        "bucket",
        "cloudtrail.amazonaws.com",
        "s3:PutObject",
        f"{_DOCS}/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html",
        "/AWSLogs/o-exampleorgid/222233334444/CloudTrail/x",
        {
            "aws:SourceArn": _ORGANIZATION_TRAIL,
            "aws:SourceOrgID": "o-exampleorgid",
            **OWNER_FULL_CONTROL,
        },
        _arn(_ORGANIZATION_TRAIL),
    ),
    Delivery(
        "AWS Config to S3",
        "bucket",
        "config.amazonaws.com",
        "s3:PutObject",
        f"{_DOCS}/config/latest/developerguide/s3-bucket-policy.html",
        f"{_LOGS}/Config/x",
        {"aws:SourceAccount": ACCOUNT, **OWNER_FULL_CONTROL},
        _account(),
    ),
    Delivery(
        "load balancer logs of a service to S3",
        "bucket",
        "logdelivery.elasticloadbalancing.amazonaws.com",
        "s3:PutObject",
        f"{_DOCS}/elasticloadbalancing/latest/application/enable-access-logging.html",
        f"{_LOGS}/elasticloadbalancing/x",
        {"aws:SourceArn": _BALANCER},
        _arn(f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/*"),
    ),
    Delivery(
        "load balancer logs of AWS's account to S3",
        "bucket",
        ELB_ACCOUNT,
        "s3:PutObject",
        f"{_DOCS}/elasticloadbalancing/latest/application/enable-access-logging.html",
        f"{_LOGS}/elasticloadbalancing/x",
    ),
    Delivery(
        "flow logs to S3",
        "bucket",
        "delivery.logs.amazonaws.com",
        "s3:PutObject",
        f"{_DOCS}/vpc/latest/userguide/flow-logs-s3-permissions.html",
        f"{_LOGS}/vpcflowlogs/x",
        {
            "aws:SourceAccount": ACCOUNT,
            "aws:SourceArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:x",
            **OWNER_FULL_CONTROL,
        },
        _account(),
    ),
    Delivery(
        "S3 server access logs to S3",
        "bucket",
        "logging.s3.amazonaws.com",
        "s3:PutObject",
        f"{_DOCS}/AmazonS3/latest/userguide/enable-server-access-logging.html",
        "/logs/x",
        _OF_BUCKET,
        _account(),
    ),
    Delivery(
        "S3 inventory to S3",
        "bucket",
        "s3.amazonaws.com",
        "s3:PutObject",
        f"{_DOCS}/AmazonS3/latest/userguide/example-bucket-policies.html",
        "/inventory/x",
        {**_OF_BUCKET, **OWNER_FULL_CONTROL},
        _account(),
    ),
    Delivery(
        "S3 replication from another account",
        "bucket",
        f"arn:aws:iam::{ORGANIZATION_ACCOUNT}:role/replication",
        "s3:ReplicateObject",
        f"{_DOCS}/AmazonS3/latest/userguide/replication-walkthrough-2.html",
        "/x/x",
    ),
    Delivery(
        "CloudFront from S3",
        "bucket",
        "cloudfront.amazonaws.com",
        "s3:GetObject",
        f"{_DOCS}/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html",
        "/x/x",
        {"aws:SourceArn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1"},
        {"StringEquals": {"aws:SourceArn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1"}},
    ),
    Delivery(
        "EventBridge to SNS",
        "topic",
        "events.amazonaws.com",
        "sns:Publish",
        f"{_DOCS}/eventbridge/latest/userguide/eb-use-resource-based.html",
    ),
    Delivery(
        "S3 events to SNS",
        "topic",
        "s3.amazonaws.com",
        "sns:Publish",
        f"{_DOCS}/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html",
        "",
        _OF_BUCKET,
        {**_account(), **_arn(_SOURCE_BUCKET)},
    ),
    Delivery(
        "CloudWatch alarms to SNS",
        "topic",
        "cloudwatch.amazonaws.com",
        "sns:Publish",
        f"{_DOCS}/sns/latest/dg/sns-access-policy-use-cases.html",
        "",
        {"aws:SourceArn": _ALARM, "aws:SourceAccount": ACCOUNT},
        _arn(f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:*"),
    ),
    Delivery(
        "AWS Config to SNS",
        "topic",
        "config.amazonaws.com",
        "sns:Publish",
        f"{_DOCS}/config/latest/developerguide/sns-topic-policy.html",
        "",
        {"aws:SourceAccount": ACCOUNT},
        _account(),
    ),
    Delivery(
        "CloudTrail to SNS",
        "topic",
        "cloudtrail.amazonaws.com",
        "sns:Publish",
        f"{_DOCS}/awscloudtrail/latest/userguide/cloudtrail-permissions-for-sns-notifications.html",
        "",
        {"aws:SourceArn": _TRAIL},
        {"StringEquals": {"aws:SourceArn": _TRAIL}},
    ),
    Delivery(
        "SNS to SQS",
        "queue",
        "sns.amazonaws.com",
        "sqs:SendMessage",
        f"{_DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-subscribe-queue-sns-topic.html",
        "",
        {"aws:SourceArn": _TOPIC},
        {"ArnEquals": {"aws:SourceArn": _TOPIC}},
    ),
    Delivery(
        "SNS of another account to SQS",
        "queue",
        "sns.amazonaws.com",
        "sqs:SendMessage",
        f"{_DOCS}/sns/latest/dg/sns-send-message-to-sqs-cross-account.html",
        "",
        {"aws:SourceArn": f"arn:aws:sns:{REGION}:{ORGANIZATION_ACCOUNT}:orders"},
        {"ArnEquals": {"aws:SourceArn": f"arn:aws:sns:{REGION}:{ORGANIZATION_ACCOUNT}:orders"}},
    ),
    Delivery(
        "EventBridge to SQS",
        "queue",
        "events.amazonaws.com",
        "sqs:SendMessage",
        f"{_DOCS}/eventbridge/latest/userguide/eb-use-resource-based.html",
        "",
        {"aws:SourceArn": _RULE},
        {"ArnEquals": {"aws:SourceArn": _RULE}},
    ),
    Delivery(
        "S3 events to SQS",
        "queue",
        "s3.amazonaws.com",
        "sqs:SendMessage",
        f"{_DOCS}/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html",
        "",
        _OF_BUCKET,
        {**_account(), **_arn(_SOURCE_BUCKET)},
    ),
    Delivery(
        "S3 events to Lambda",
        "function",
        "s3.amazonaws.com",
        "lambda:InvokeFunction",
        f"{_DOCS}/lambda/latest/dg/with-s3.html",
        "",
        _OF_BUCKET,
        {**_account(), **_arn(_SOURCE_BUCKET)},
    ),
    Delivery(
        "EventBridge to Lambda",
        "function",
        "events.amazonaws.com",
        "lambda:InvokeFunction",
        f"{_DOCS}/eventbridge/latest/userguide/eb-use-resource-based.html",
        "",
        {"aws:SourceArn": _RULE},
        _arn(_RULE),
    ),
    Delivery(
        "SNS to Lambda",
        "function",
        "sns.amazonaws.com",
        "lambda:InvokeFunction",
        f"{_DOCS}/sns/latest/dg/lambda-console.html",
        "",
        {"aws:SourceArn": _TOPIC},
        _arn(_TOPIC),
    ),
    Delivery(
        "CloudTrail with a key",
        "key",
        "cloudtrail.amazonaws.com",
        "kms:GenerateDataKey",
        f"{_DOCS}/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html",
        "",
        {"aws:SourceArn": _TRAIL, "kms:EncryptionContext:aws:cloudtrail:arn": _TRAIL},
        _arn(_TRAIL),
    ),
    Delivery(
        "EventBridge to a topic with a key",
        "key",
        "events.amazonaws.com",
        "kms:GenerateDataKey",
        f"{_DOCS}/sns/latest/dg/sns-key-management.html",
    ),
    Delivery(
        "CloudWatch Logs with a key",
        "key",
        f"logs.{REGION}.amazonaws.com",
        "kms:GenerateDataKey",
        f"{_DOCS}/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html",
        "",
        {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:x"},
        {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:*"}},
    ),
)
WEBSITE = Delivery(
    "S3 website over HTTP",
    "bucket",
    "",
    "s3:GetObject",
    f"{_DOCS}/AmazonS3/latest/userguide/WebsiteEndpoints.html",
    "/x/x",
)
