"""Amazon Bedrock: whether model invocations are logged, and whether a region has a guardrail."""

from __future__ import annotations

from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.aws.regions import regions_of
from cloud_audit_tui.checks.api import Item, Region, Verdicts, check
from cloud_audit_tui.checks.wording import in_quotes
from cloud_audit_tui.model import RegionScope, Severity, Status, Verdict

LOGGING_TYPE = "AWS::Bedrock::ModelInvocationLogging"
GUARDRAIL_TYPE = "AWS::Bedrock::Guardrail"

TEXT = "textDataDeliveryEnabled"
OTHER_DATA = {
    "imageDataDeliveryEnabled": "images",
    "embeddingDataDeliveryEnabled": "embeddings",
    "videoDataDeliveryEnabled": "video",
    "audioDataDeliveryEnabled": "audio",
}
USELESS = frozenset({"FAILED", "DELETING"})

GUARDRAIL_REGIONS = frozenset(
    {
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-south-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-central-2",
        "eu-north-1",
        "eu-south-1",
        "eu-south-2",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-gov-east-1",
        "us-gov-west-1",
        "us-west-1",
        "us-west-2",
    }
)
"""Regions for which AWS's user guide lists guardrails ("Supported Regions and models", 2025)."""
USE_READ = "cloudwatch:ListMetrics"


@check("aws-bedrock-001", reads=["bedrock:GetModelInvocationLoggingConfiguration", USE_READ])
async def invocation_logging(region: Region) -> Verdicts:
    """Fail a region in which Bedrock does not log model invocations with their text.

    Source: GetModelInvocationLoggingConfiguration.loggingConfig. Without a bucket or a log group nothing is
    logged. With one, ``textDataDeliveryEnabled`` set to false omits prompts and answers, so that the log
    shows that a model was called but not with what: that fails too, while other scanners read the destination
    alone. An absent flag does not fail. The reason names omitted images, embeddings, video and audio. Every
    region that offers Bedrock is judged, because anyone with access to the account can begin to use it; a
    region without recent calls (`_recent_use`) fails with low severity. AWS documents that model invocation
    logging "is only supported for calls made through the bedrock-runtime endpoint", so the reason of a pass
    names that endpoint.
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
        yield await _failed(region, subject, reason, evidence)
    elif config.get(TEXT) is False:
        reason = f"Bedrock logs calls in {region.name} to {where} without their prompts and answers."
        yield await _failed(region, subject, reason, evidence)
    else:
        also = f" It leaves out {', '.join(left_out)}." if left_out else ""
        reason = f"Bedrock logs calls through bedrock-runtime in {region.name} to {where}.{also}"
        yield Verdict(Status.PASS, subject, reason, evidence)


@check("aws-bedrock-002", reads=["bedrock:ListGuardrails", USE_READ])
async def guardrail_exists(region: Region) -> Verdicts:
    """Fail a region without a usable Bedrock guardrail.

    Source: ListGuardrails. Guardrails that failed or are being deleted do not count. A guardrail's existence
    does not show that callers use it: each call names a guardrail, the condition key
    ``bedrock:GuardrailIdentifier`` requires one, or the account (PutEnforcedGuardrailConfiguration) or its
    organization (a Bedrock policy) enforces one for all calls. A guardrail that the organization enforces
    belongs to another account: it is not read and does not count. As for aws-bedrock-001, every
    region that offers guardrails is judged, with low severity where no model was called lately. A region
    without a guardrail that AWS's guide does not list for guardrails is not assessed: as far as this version
    knows, none can be created there.
    """
    _check_offered(region)
    subject = RegionScope(GUARDRAIL_TYPE)
    guardrails = [
        {
            "id": str(guardrail.get("id") or ""),
            "name": str(guardrail.get("name") or ""),
            "status": str(guardrail.get("status") or ""),
        }
        async for guardrail in region.items("bedrock", "ListGuardrails")
    ]
    usable = [guardrail for guardrail in guardrails if guardrail["status"] not in USELESS]
    evidence = {"guardrails": guardrails[:20]}
    if usable:
        reason = f"{region.name} has guardrail {in_quotes(usable[0]['name'])}."
        yield Verdict(Status.PASS, subject, reason, evidence)
    elif region.name not in GUARDRAIL_REGIONS:
        reason = f"Bedrock does not offer guardrails in {region.name}, as far as this version knows."
        yield Verdict(Status.NOT_ASSESSED, subject, reason, evidence)
    else:
        broken = " that works" if guardrails else ""
        reason = f"{region.name} has no Bedrock guardrail{broken}."
        yield await _failed(region, subject, reason, evidence)


async def _failed(region: Region, subject: RegionScope, reason: str, evidence: Item) -> Verdict:
    """Return a failure, of low severity where no model was called lately."""
    in_use = await _recent_use(region)
    evidence["in_use"] = in_use
    if in_use:
        return Verdict(Status.FAIL, subject, f"{reason} Models were called there lately.", evidence)
    if in_use is None:
        also = "Whether models are called there could not be read."
        return Verdict(Status.FAIL, subject, f"{reason} {also}", evidence)
    also = "CloudWatch has no metric of a call through bedrock-runtime of the last two weeks."
    return Verdict(Status.FAIL, subject, f"{reason} {also}", evidence, Severity.LOW)


async def _recent_use(region: Region) -> bool | None:
    """Say whether bedrock-runtime was called in the last two weeks, ``None`` where that could not be read.

    Bedrock publishes metrics for each call in the namespace AWS/Bedrock, and ListMetrics returns those that
    had data within two weeks. Calls through the endpoint bedrock-mantle have a namespace of their own,
    AWS/BedrockMantle, and do not count: AWS documents that the invocation log has none of them. If the list
    cannot be read, the severity is that of a region in use.
    """
    try:
        async for _ in region.items("cloudwatch", "ListMetrics", Namespace="AWS/Bedrock"):
            return True
    except ReadError:
        return None
    return False


def _check_offered(region: Region) -> None:
    """Raise `ReadError` for a region without an endpoint; a call would wait for its time-outs."""
    if region.name not in regions_of(region.partition, "bedrock"):
        raise ReadError(
            Unread.UNAVAILABLE,
            f"Amazon Bedrock is not offered in {region.name}, as far as this version knows.",
        )
