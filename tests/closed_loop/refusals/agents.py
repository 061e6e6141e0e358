"""What Bedrock refuses of logging and guardrails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closed_loop.grants import ACCOUNT
from closed_loop.refusals.policies import bucket_policy, service_may
from closed_loop.refusals.rule import Answer, Refusal, follows, refuses

if TYPE_CHECKING:
    from closed_loop.refusals.call import Call

_REFERENCE = "https://docs.aws.amazon.com/bedrock/latest/APIReference"
_GUARDRAIL_READY_AFTER = 10


@refuses(
    "bedrock:PutModelInvocationLoggingConfiguration",
    document="https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html",
)
def bucket_of_the_invocation_log(call: Call) -> Refusal | None:
    """The bucket's policy lets Bedrock put objects for this account."""
    bucket = ((call["loggingConfig"] or {}).get("s3Config") or {}).get("bucketName")
    if not bucket:
        return None
    keys = {
        "aws:SourceAccount": ACCOUNT,
        "aws:SourceArn": f"arn:aws:bedrock:{call.region}:{ACCOUNT}:*",
    }
    target = f"arn:aws:s3:::{bucket}/AWSLogs/{ACCOUNT}/BedrockModelInvocationLogs/x"
    if service_may(bucket_policy(call, bucket), "bedrock.amazonaws.com", "s3:PutObject", target, keys):
        return None
    return Refusal("ValidationException", f"Failed to validate permissions for S3 bucket {bucket}.")


@follows("bedrock:CreateGuardrail", document=f"{_REFERENCE}/API_GetGuardrail.html")
def guardrail_is_new(call: Call) -> None:
    """A guardrail is CREATING for some seconds."""
    call.clock.make("guardrail", "newest")


@refuses("bedrock:GetGuardrail", document=f"{_REFERENCE}/API_GetGuardrail.html")
def guardrail_is_being_created(call: Call) -> Answer | None:
    """The status of a guardrail is CREATING while AWS creates it."""
    if call.clock.age("guardrail", "newest") >= _GUARDRAIL_READY_AFTER:
        return None
    return Answer({"guardrailId": call["guardrailIdentifier"], "status": "CREATING"})


@refuses("bedrock:CreateGuardrailVersion", document=f"{_REFERENCE}/API_CreateGuardrailVersion.html")
def version_of_a_new_guardrail(call: Call) -> Refusal | None:
    """A version is made of a guardrail that is READY."""
    if call.clock.age("guardrail", "newest") >= _GUARDRAIL_READY_AFTER:
        return None
    return Refusal("ConflictException", "The guardrail is being created. Retry when its status is READY.")
