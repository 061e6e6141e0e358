"""What AWS Config checks of its recorder, its delivery channel, and their role, bucket and key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closed_loop.grants import ACCOUNT
from closed_loop.refusals.iam import USABLE_AFTER, is_usable, role_of
from closed_loop.refusals.policies import (
    as_text,
    bucket_policy,
    key_of,
    principal_may,
    service_may,
)
from closed_loop.refusals.rule import Refusal, refuses

if TYPE_CHECKING:
    from closed_loop.refusals.call import Call

SERVICE = "config.amazonaws.com"
_REFERENCE = "https://docs.aws.amazon.com/config/latest/APIReference"
_GUIDE = "https://docs.aws.amazon.com/config/latest/developerguide"


@refuses("config:PutConfigurationRecorder", document=f"{_REFERENCE}/API_PutConfigurationRecorder.html")
def role_of_a_recorder(call: Call) -> Refusal | None:
    """AWS Config can assume the recorder's role, which it cannot for the first seconds of a new one."""
    recorder = call["ConfigurationRecorder"] or {}
    role = recorder.get("roleARN") or ""
    if "/aws-service-role/" in role:
        new = call.clock.age("role", "service-linked config.amazonaws.com") < USABLE_AFTER
        new = new or call.clock.age("role", role.rpartition("/")[2]) < USABLE_AFTER
        role_is_usable = not new
    else:
        role_is_usable = is_usable(call, role, SERVICE)
    if role_is_usable:
        return None
    return Refusal("InvalidRoleException", f"The role {role} cannot be assumed by AWS Config.")


@refuses("config:PutDeliveryChannel", document=f"{_GUIDE}/s3-bucket-policy.html")
def bucket_of_a_channel(call: Call) -> Refusal | None:
    """The bucket's policy lets AWS Config, or a role of the recorder's own, read its ACL and put objects."""
    channel = call["DeliveryChannel"] or {}
    bucket = channel.get("s3BucketName") or ""
    if bucket not in call.backend("s3").buckets:
        return Refusal(
            "NoSuchBucketException", f"Cannot find a S3 bucket with an empty or wrong name: {bucket}"
        )
    roles = [each.role_arn for each in call.backend().recorders.values()]
    if roles and "/aws-service-role/" not in roles[0] and role_of(call, roles[0]) is not None:
        # A role of the same account needs no bucket policy: its own policy is enough.
        return None
    prefix = f"{channel['s3KeyPrefix']}/" if channel.get("s3KeyPrefix") else ""
    keys = {"aws:SourceAccount": ACCOUNT}
    target = f"arn:aws:s3:::{bucket}/{prefix}AWSLogs/{ACCOUNT}/Config/x"
    policy = bucket_policy(call, bucket)
    put = {**keys, "s3:x-amz-acl": "bucket-owner-full-control"}
    reads = service_may(policy, SERVICE, "s3:GetBucketAcl", f"arn:aws:s3:::{bucket}", keys)
    if reads and service_may(policy, SERVICE, "s3:PutObject", target, put):
        return None
    return Refusal(
        "InsufficientDeliveryPolicyException",
        f"Insufficient delivery policy to s3 bucket: {bucket}, unable to write to bucket.",
    )


@refuses("config:PutDeliveryChannel", document=f"{_GUIDE}/s3-kms-key-policy.html")
def key_of_a_channel(call: Call) -> Refusal | None:
    """The key's policy lets AWS Config, or the recorder's own role, make data keys and decrypt."""
    arn = (call["DeliveryChannel"] or {}).get("s3KmsKeyArn")
    if not arn:
        return None
    key = key_of(call, arn)
    if key is None:
        return Refusal("InvalidS3KmsKeyArnException", f"The arn '{arn}' is not a valid kms key or alias arn.")
    roles = [each.role_arn for each in call.backend().recorders.values()]
    policy = as_text(key.policy)
    if roles and "/aws-service-role/" not in roles[0]:
        is_allowed = principal_may(policy, roles[0], "kms:GenerateDataKey", key.arn)
    else:
        is_allowed = service_may(
            policy, SERVICE, "kms:GenerateDataKey", key.arn, {"aws:SourceAccount": ACCOUNT}
        )
    if is_allowed:
        return None
    return Refusal("InsufficientDeliveryPolicyException", f"Insufficient delivery policy to KMS key: {arn}.")


@refuses("config:StartConfigurationRecorder", document=f"{_REFERENCE}/API_StartConfigurationRecorder.html")
def recorder_of_a_service(call: Call) -> Refusal | None:
    """A recorder that AWS Config made for a service, whose name says so, is started by that service."""
    if not (call["ConfigurationRecorderName"] or "").startswith("AWSConfigurationRecorderFor"):
        return None
    return Refusal("UnmodifiableEntityException", "You cannot start a service-linked configuration recorder.")
