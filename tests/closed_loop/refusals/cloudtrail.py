"""What CloudTrail checks when a trail is made or changed: bucket, key, topic and log group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from closed_loop.grants import ACCOUNT
from closed_loop.refusals.iam import is_usable
from closed_loop.refusals.policies import as_text, bucket_policy, key_of, service_may
from closed_loop.refusals.rule import Refusal, refuses

if TYPE_CHECKING:
    from closed_loop.refusals.call import Call

SERVICE = "cloudtrail.amazonaws.com"
_REFERENCE = "https://docs.aws.amazon.com/awscloudtrail/latest/APIReference"
_GUIDE = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide"


def _trail(call: Call) -> Any:
    name = (call["Name"] or call["TrailName"] or "").rpartition("/")[2]
    return call.backend().trails.get(name)


def _arn(call: Call) -> str:
    name = (call["Name"] or "").rpartition("/")[2]
    return f"arn:aws:cloudtrail:{call.region}:{ACCOUNT}:trail/{name}"


@refuses(
    "cloudtrail:CreateTrail",
    "cloudtrail:UpdateTrail",
    document=f"{_GUIDE}/create-s3-bucket-policy-for-cloudtrail.html",
)
def bucket_of_a_trail(call: Call) -> Refusal | None:
    """The bucket's policy lets CloudTrail read its ACL and put objects under the trail's prefix."""
    trail = _trail(call)
    bucket = call["S3BucketName"] or (trail.bucket_name if trail is not None else "")
    prefix = call["S3KeyPrefix"] or (trail.s3_key_prefix if trail is not None else "") or ""
    if not bucket or bucket not in call.backend("s3").buckets:
        return None
    policy = bucket_policy(call, bucket)
    keys = {"aws:SourceArn": _arn(call)}
    folder = f"{prefix}/" if prefix else ""
    target = f"arn:aws:s3:::{bucket}/{folder}AWSLogs/{ACCOUNT}/CloudTrail/x"
    put = {**keys, "s3:x-amz-acl": "bucket-owner-full-control"}
    reads = service_may(policy, SERVICE, "s3:GetBucketAcl", f"arn:aws:s3:::{bucket}", keys)
    if reads and service_may(policy, SERVICE, "s3:PutObject", target, put):
        return None
    return Refusal(
        "InsufficientS3BucketPolicyException", f"Incorrect S3 bucket policy is detected for bucket: {bucket}"
    )


@refuses(
    "cloudtrail:CreateTrail",
    "cloudtrail:UpdateTrail",
    document=f"{_GUIDE}/create-kms-key-policy-for-cloudtrail.html",
)
def key_of_a_trail(call: Call) -> Refusal | None:
    """The key is enabled and symmetric, and its policy lets CloudTrail make data keys for this trail."""
    if not call["KmsKeyId"]:
        return None
    key = key_of(call, call["KmsKeyId"])
    if key is None:
        return Refusal("KmsKeyNotFoundException", "The KMS key is not found.")
    if key.key_state != "Enabled":
        return Refusal("KmsKeyDisabledException", "The KMS key is disabled.")
    keys = {"aws:SourceArn": _arn(call), "kms:EncryptionContext:aws:cloudtrail:arn": _arn(call)}
    if service_may(as_text(key.policy), SERVICE, "kms:GenerateDataKey", key.arn, keys):
        return None
    return Refusal(
        "InsufficientEncryptionPolicyException",
        f"Insufficient permissions to access S3 bucket or KMS key {call['KmsKeyId']}.",
    )


@refuses(
    "cloudtrail:CreateTrail",
    "cloudtrail:UpdateTrail",
    document=f"{_GUIDE}/send-cloudtrail-events-to-cloudwatch-logs.html",
)
def log_group_of_a_trail(call: Call) -> Refusal | None:
    """The log group exists, its ARN ends with ``:*``, and CloudTrail can assume the role for it."""
    group, role = call["CloudWatchLogsLogGroupArn"], call["CloudWatchLogsRoleArn"]
    if not group and not role:
        return None
    name = (group or "").removesuffix(":*").partition(":log-group:")[2]
    if not (group or "").endswith(":*") or name not in call.backend("logs").groups:
        return Refusal(
            "InvalidCloudWatchLogsLogGroupArnException",
            "CloudTrail cannot validate the specified log group ARN.",
        )
    if not role or not is_usable(call, role, SERVICE):
        return Refusal(
            "InvalidCloudWatchLogsRoleArnException",
            "Access denied. Check the trust relationships for your role.",
        )
    return None


@refuses(
    "cloudtrail:CreateTrail",
    "cloudtrail:UpdateTrail",
    document=f"{_GUIDE}/cloudtrail-permissions-for-sns-notifications.html",
)
def topic_of_a_trail(call: Call) -> Refusal | None:
    """The topic's policy lets CloudTrail publish."""
    name = (call["SnsTopicName"] or "").rpartition(":")[2]
    topics = call.backend("sns").topics.values()
    topic = next((each for each in topics if name and each.name == name), None)
    if topic is None:
        return None
    if service_may(as_text(topic.policy), SERVICE, "sns:Publish", topic.arn, {"aws:SourceArn": _arn(call)}):
        return None
    return Refusal(
        "InsufficientSnsTopicPolicyException", "SNS Topic does not exist or the topic policy is incorrect!"
    )


@refuses("cloudtrail:PutEventSelectors", document=f"{_REFERENCE}/API_PutEventSelectors.html")
def selectors_of_a_trail(call: Call) -> Refusal | None:
    """At most five basic selectors with 250 resources, or advanced ones with 500 values, not both."""
    basic_selectors = call["EventSelectors"] or []
    advanced_selectors = call["AdvancedEventSelectors"] or []
    resources = [
        value
        for each in basic_selectors
        for data in each.get("DataResources", [])
        for value in data["Values"]
    ]
    values = [
        value
        for each in advanced_selectors
        for field in each["FieldSelectors"]
        for kind in ("Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith")
        for value in field.get(kind) or ()
    ]
    is_over_a_limit = len(basic_selectors) > 5 or len(resources) > 250 or len(values) > 500
    if is_over_a_limit or (basic_selectors and advanced_selectors):
        return Refusal("InvalidEventSelectorsException", "The event selectors are not valid.")
    for each in advanced_selectors:
        fields = {field["Field"]: field for field in each["FieldSelectors"]}
        if "eventCategory" not in fields:
            return Refusal("InvalidEventSelectorsException", "eventCategory is required.")
        if fields["eventCategory"].get("Equals") == ["Data"] and "resources.type" not in fields:
            return Refusal("InvalidEventSelectorsException", "resources.type is required for data events.")
    return None
