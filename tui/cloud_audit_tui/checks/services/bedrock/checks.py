"""Amazon Bedrock: whether calls of models are logged, and whether a region has a guardrail."""

from __future__ import annotations

from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.aws.regions import regions_of
from cloud_audit_tui.checks.api import Item, Region, Verdicts, check
from cloud_audit_tui.checks.wording import in_quotes
from cloud_audit_tui.model import RegionScope, Status, Verdict

LOGGING_TYPE = "AWS::Bedrock::ModelInvocationLogging"
GUARDRAIL_TYPE = "AWS::Bedrock::Guardrail"

TEXT = "textDataDeliveryEnabled"
OTHER_DATA = {
    "imageDataDeliveryEnabled": "images",
    "embeddingDataDeliveryEnabled": "embeddings",
    "videoDataDeliveryEnabled": "video",
}
USELESS = frozenset({"FAILED", "DELETING"})


@check(
    "aws-bedrock-001",
    reads=["bedrock:GetModelInvocationLoggingConfiguration"],
)
async def invocation_logging(region: Region) -> Verdicts:
    """Fail a region in which Bedrock does not log the calls of models with their text.

    Source: GetModelInvocationLoggingConfiguration.loggingConfig. Without a bucket or a log group nothing is
    logged. With one, ``textDataDeliveryEnabled`` set to false leaves prompts and answers out, so that the log
    shows that a model was called and not with what: that fails as well, where other scanners look at the
    destination alone. An absent flag does not fail. Images, embeddings and video that are left out are
    mentioned. Whether Bedrock is used in the region cannot be known by a cheap read (a model needs no
    resource), so every region that offers it is judged: an account can be made to call it any day.
    """
    _check_offered(region)
    answer = await region.read("bedrock", "GetModelInvocationLoggingConfiguration")
    config = answer.get("loggingConfig") or {}
    subject = RegionScope(LOGGING_TYPE)
    bucket = str((config.get("s3Config") or {}).get("bucketName") or "")
    group = str((config.get("cloudWatchConfig") or {}).get("logGroupName") or "")
    evidence: Item = {"bucket": bucket, "log_group": group, "logging_config": config}
    left_out = [words for flag, words in OTHER_DATA.items() if config.get(flag) is False]
    where = " and ".join(
        filter(None, (bucket and f"bucket {in_quotes(bucket)}", group and f"log group {in_quotes(group)}"))
    )
    if not where:
        reason = f"Bedrock logs no call of a model in {region.name}."
        yield Verdict(Status.FAIL, subject, reason, evidence)
    elif config.get(TEXT) is False:
        reason = f"Bedrock logs calls in {region.name} to {where} without their prompts and answers."
        yield Verdict(Status.FAIL, subject, reason, evidence)
    else:
        also = f" It leaves out {', '.join(left_out)}." if left_out else ""
        reason = f"Bedrock logs calls of models in {region.name} to {where}.{also}"
        yield Verdict(Status.PASS, subject, reason, evidence)


@check("aws-bedrock-002", reads=["bedrock:ListGuardrails"])
async def guardrail_exists(region: Region) -> Verdicts:
    """Fail a region without a Bedrock guardrail that could be used.

    Source: ListGuardrails. Guardrails that failed or are being deleted do not count. That one exists does
    not say that callers use it: a guardrail is named in each call, or enforced with the condition key
    ``bedrock:GuardrailIdentifier``, and neither shows in a list. As for aws-bedrock-001, every region that
    offers Bedrock is judged, because use leaves no resource behind.
    """
    _check_offered(region)
    subject = RegionScope(GUARDRAIL_TYPE)
    guardrails = [
        {
            "id": str(found.get("id") or ""),
            "name": str(found.get("name") or ""),
            "status": str(found.get("status") or ""),
        }
        async for found in region.items("bedrock", "ListGuardrails")
    ]
    usable = [found for found in guardrails if found["status"] not in USELESS]
    evidence = {"guardrails": guardrails[:20]}
    if usable:
        reason = f"{region.name} has guardrail {in_quotes(usable[0]['name'])}."
        yield Verdict(Status.PASS, subject, reason, evidence)
    else:
        broken = " that works" if guardrails else ""
        reason = f"{region.name} has no Bedrock guardrail{broken}."
        yield Verdict(Status.FAIL, subject, reason, evidence)


def _check_offered(region: Region) -> None:
    """Raise `ReadError` for a region without an endpoint, which would cost its time-outs to find out."""
    if region.name not in regions_of(region.partition, "bedrock"):
        raise ReadError(
            Unread.UNAVAILABLE,
            f"Amazon Bedrock is not offered in {region.name}, as far as this version knows.",
        )
