"""AWS Config: whether each region records all of its resources and delivers the records."""

from __future__ import annotations

from functools import partial

from cloud_audit_tui.aws.errors import ReadError
from cloud_audit_tui.aws.regions import HOME_REGIONS
from cloud_audit_tui.checks.api import Item, Region, Verdicts, check, entries
from cloud_audit_tui.checks.wording import enumeration, in_quotes
from cloud_audit_tui.model import RegionScope, Resource, Severity, Status, Verdict
from cloud_audit_tui.text import quoted

RECORDER_TYPE = "AWS::Config::ConfigurationRecorder"
CHANNEL_TYPE = "AWS::Config::DeliveryChannel"

ALL, INCLUSION, EXCLUSION = (
    "ALL_SUPPORTED_RESOURCE_TYPES",
    "INCLUSION_BY_RESOURCE_TYPES",
    "EXCLUSION_BY_RESOURCE_TYPES",
)
GLOBAL_TYPES = frozenset({"AWS::IAM::Group", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::IAM::User"})
"""The types that `includeGlobalResourceTypes` adds: the account's IAM, which belongs to no region."""

RECORDS_GLOBAL_TYPES = frozenset(
    {
        "af-south-1",
        "ap-east-1",
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-southeast-3",
        "ca-central-1",
        "cn-north-1",
        "cn-northwest-1",
        "eu-central-1",
        "eu-north-1",
        "eu-south-1",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "me-south-1",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-gov-east-1",
        "us-gov-west-1",
        "us-west-1",
        "us-west-2",
    }
)
"""Regions in which AWS Config was available before February 2022; no other one can record IAM."""

DAILY = "TwentyFour_Hours"
CHANNEL_MEMBERS = (
    "name",
    "s3BucketName",
    "s3KeyPrefix",
    "s3KmsKeyArn",
    "snsTopicARN",
    "configSnapshotDeliveryProperties",
)

SERVICE_LINKED = ":role/aws-service-role/config.amazonaws.com/"
"""Part of the ARN of AWS Config's service-linked role."""

NO_ENCRYPTION_SET = "ServerSideEncryptionConfigurationNotFoundError"


@check(
    "aws-cfg-001",
    reads=[
        "config:DescribeConfigurationRecorders",
        "config:DescribeDeliveryChannels",
        "iam:GetRole",
    ],
)
async def recorder_exists(region: Region) -> Verdicts:
    """Fail a region without a configuration recorder of the customer's own.

    Source: DescribeConfigurationRecorders. A recorder with recordingScope INTERNAL belongs to an AWS service
    (service-linked): it records what that service needs and delivers nothing to the account, so it does not
    count. A recorder with a ``connectorArn``, which records another provider's cloud, does not count either.
    The other reads are for the remediation: whether a delivery channel and the service's role exist.
    """
    subject = RegionScope(RECORDER_TYPE)
    recorders = await _recorders(region)
    if recorders:
        names = [_name(recorder) for recorder in recorders]
        evidence: Item = {"recorders": names}
        in_words = ", ".join(map(in_quotes, names))
        yield Verdict(Status.PASS, subject, f"{region.name} has configuration recorder {in_words}.", evidence)
        return
    channels = await region.read_for_remediation("config", "DescribeDeliveryChannels")
    role = await region.at(HOME_REGIONS[region.partition]).read_for_remediation(
        "iam", "GetRole", RoleName="AWSServiceRoleForConfig"
    )
    evidence = {
        "delivery_channel": _channel(next(iter((channels or {}).get("DeliveryChannels") or []), {})),
        "service_role_exists": role is not None,
        "service_role_arn": (
            f"arn:{region.partition}:iam::{region.account_id}"
            ":role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
        ),
        "is_home_region": region.name == HOME_REGIONS[region.partition],
    }
    reason = f"{region.name} has no configuration recorder: AWS Config records no resource of this region."
    yield Verdict(Status.FAIL, subject, reason, evidence)


@check(
    "aws-cfg-002",
    reads=[
        "config:DescribeConfigurationRecorders",
        "config:DescribeConfigurationRecorderStatus",
        "config:DescribeDeliveryChannels",
    ],
)
async def recorder_records(region: Region) -> Verdicts:
    """Fail a customer's recorder that is stopped, or whose last recording failed.

    Source: DescribeConfigurationRecorderStatus: ``recording`` says that the recorder was started, and
    ``lastStatus`` whether its last recording succeeded. Other scanners read ``recording`` alone and pass a
    recorder whose role or bucket refuses every item. A region without a recorder is the subject of
    aws-cfg-001 and gives no verdict here.
    """
    recorders = await _recorders(region)
    if not recorders:
        return
    async for verdict in region.judge(
        recorders, partial(_recorder_resource, region), partial(_judge_recording, region)
    ):
        yield verdict


@check("aws-cfg-003", reads=["config:DescribeConfigurationRecorders", "ec2:DescribeRegions"])
async def recorder_records_everything(region: Region) -> Verdicts:
    """Fail a customer's recorder that excludes resource types.

    Source: RecordingGroup and RecordingStrategy.useOnly. INCLUSION_BY_RESOURCE_TYPES fails, because it
    excludes types that AWS adds later; EXCLUSION_BY_RESOURCE_TYPES fails when it excludes a type of the
    region. A recorder without a strategy is judged by ``allSupported``.

    The four global IAM types are the account's, not a region's, and have to be recorded once:

    - ALL_SUPPORTED_RESOURCE_TYPES is documented as "excluding the global IAM resource types", whatever
      its name says; ``includeGlobalResourceTypes`` adds them. Other scanners pass it unseen.
    - EXCLUSION_BY_RESOURCE_TYPES overrides that flag and records them unless they are excluded.
    - A recorder without them passes when another enabled region records them, as AWS advises, and fails
      when none does. Until one is found this asks region after region, the home region first; if a
      region cannot be asked and no other one records them, this is not assessed. The fix of a recorder
      that leaves other types out adds them by the same rule.
    - Regions that AWS Config reached after February 2022 cannot record them, and are not failed for it.
    """
    async for verdict in region.judge(
        await _recorders(region), partial(_recorder_resource, region), partial(_judge_types, region)
    ):
        yield verdict


@check(
    "aws-cfg-004",
    reads=[
        "config:DescribeConfigurationRecorders",
        "config:DescribeDeliveryChannels",
        "s3:GetBucketEncryption",
    ],
)
async def delivery_channel(region: Region) -> Verdicts:
    """Fail a region whose recorder delivers nowhere (high), or delivers rarely or without a KMS key (low).

    Source: DescribeDeliveryChannels. Snapshots are delivered daily when configSnapshotDeliveryProperties is
    absent. ``s3KmsKeyArn`` is one of two ways to set a KMS key: without it the objects get the bucket's
    default encryption, so a bucket whose default is SSE-KMS passes, while other scanners fail it. If the
    encryption of the bucket, often another account's, cannot be read, the channel is not assessed: the bucket
    may not exist, which is as bad as no bucket. A region without a recorder of the customer's own is the
    subject of aws-cfg-001 and gives no verdict here.

    ``role_arn`` is the recorder's role, and ``service_linked`` says that it is AWS Config's service-linked
    role: that role has no permission on keys, so AWS Config delivers as ``config.amazonaws.com``, and the
    key's policy has to name the service (developer guide, "Permissions for the KMS key").
    """
    recorders = await _recorders(region)
    if not recorders:
        return
    channels = entries(await region.read("config", "DescribeDeliveryChannels"), "DeliveryChannels")
    if not channels:
        reason = f"{region.name} has a configuration recorder, but no delivery channel: it delivers nothing."
        evidence = {
            "channel": {},
            "without_kms_key": True,
            "seldom": True,
            "bucket_missing": True,
            **_delivers_as(recorders),
        }
        yield Verdict(Status.FAIL, RegionScope(CHANNEL_TYPE), reason, evidence, Severity.HIGH)
    async for verdict in region.judge(
        channels, partial(_channel_resource, region), partial(_judge_channel, region)
    ):
        yield verdict


async def _recorders(region: Region) -> list[Item]:
    """Return the customer's own recorders of this account's resources; raises `ReadError`.

    Those of AWS services have recordingScope INTERNAL; one with a ``connectorArn`` records a third-party
    cloud (ConfigurationRecorder in AWS's model of 2026), and nothing of the region.
    """
    answer = await region.read("config", "DescribeConfigurationRecorders")
    return [
        recorder
        for recorder in entries(answer, "ConfigurationRecorders")
        if recorder.get("recordingScope") != "INTERNAL" and not recorder.get("connectorArn")
    ]


def _recorder_resource(region: Region, recorder: Item) -> Resource:
    name = _name(recorder)
    arn = str(recorder.get("arn") or region.arn("config", f"configuration-recorder/{name}"))
    return Resource(arn, name, RECORDER_TYPE)


def _name(thing: Item) -> str:
    """Return the name of a recorder or a delivery channel."""
    return str(thing.get("name") or "default")


def _what(region: Region, recorder: Item) -> str:
    return f"Configuration recorder {in_quotes(_name(recorder))} of {region.name}"


def _recorder_facts(region: Region, recorder: Item) -> Item:
    """Return a recorder's settings and, in ``fixed_group``, its group with no exclusions."""
    return {
        "recorder_name": _name(recorder),
        "role_arn": str(recorder.get("roleARN") or ""),
        "recording_group": recorder.get("recordingGroup") or {},
        "recording_mode": recorder.get("recordingMode") or {},
        "strategy": _strategy(recorder),
        "left_out": [name for name in _excluded(recorder) if name not in GLOBAL_TYPES],
        "fixed_group": _fixed_group(region, recorder, with_global_types=_records_global_types(recorder)),
    }


def _fixed_group(region: Region, recorder: Item, *, with_global_types: bool) -> Item:
    """Return the group with all types of the region, and ``with_global_types`` also the account's IAM."""
    kept_out = sorted(GLOBAL_TYPES & set(_excluded(recorder)))
    if _strategy(recorder) == EXCLUSION and kept_out and not with_global_types:
        return {
            "recordingStrategy": {"useOnly": EXCLUSION},
            "exclusionByResourceTypes": {"resourceTypes": kept_out},
        }
    return {
        "allSupported": True,
        "includeGlobalResourceTypes": with_global_types and region.name in RECORDS_GLOBAL_TYPES,
        "recordingStrategy": {"useOnly": ALL},
    }


async def _judge_recording(region: Region, recorder: Item) -> Verdict:
    answer = await region.read("config", "DescribeConfigurationRecorderStatus")
    statuses = entries(answer, "ConfigurationRecordersStatus")
    status = next((each for each in statuses if each.get("name") == _name(recorder)), None)
    verdict = _recording_verdict(region, recorder, status)
    if verdict.status is Status.FAIL:
        channels = await region.read_for_remediation("config", "DescribeDeliveryChannels")
        verdict.evidence["has_delivery_channel"] = (
            None if channels is None else bool(channels.get("DeliveryChannels"))
        )
    return verdict


def _recording_verdict(region: Region, recorder: Item, status: Item | None) -> Verdict:
    resource = _recorder_resource(region, recorder)
    what = _what(region, recorder)
    if status is None:
        return Verdict(Status.NOT_ASSESSED, resource, f"{what}: AWS gives no status for it.")
    evidence: Item = {
        "recorder_name": resource.name,
        "role_arn": str(recorder.get("roleARN") or ""),
        "recording": bool(status.get("recording")),
        "last_status": str(status.get("lastStatus") or ""),
        "last_error_code": str(status.get("lastErrorCode") or ""),
        "last_error_message": quoted(str(status.get("lastErrorMessage") or "")),
    }
    if not evidence["recording"]:
        return Verdict(Status.FAIL, resource, f"{what} is stopped.", evidence)
    # The documented value is Failure; older responses have it in capitals.
    if evidence["last_status"].lower() == "failure":
        error = ": ".join(filter(None, (quoted(evidence["last_error_code"]), evidence["last_error_message"])))
        reason = f"{what} is started, but its last recording failed ({error or 'AWS does not say why'})."
        return Verdict(Status.FAIL, resource, reason, evidence)
    return Verdict(Status.PASS, resource, f"{what} is recording.", evidence)


async def _judge_types(region: Region, recorder: Item) -> Verdict:
    resource = _recorder_resource(region, recorder)
    evidence = _recorder_facts(region, recorder)
    missing = _missing_types(recorder)
    if missing:
        evidence["fixed_group"] = await _group_for_all(region, recorder)
        return Verdict(Status.FAIL, resource, f"{_what(region, recorder)} {missing}", evidence)
    status, reason = await _global_types_verdict(region, recorder, evidence)
    return Verdict(status, resource, f"{_what(region, recorder)} {reason}", evidence)


def _strategy(recorder: Item) -> str:
    """Return the recording strategy, deduced from the group where AWS does not name it."""
    group = recorder.get("recordingGroup")
    if not group:
        # AWS documents that a recorder without a group records all types that it supports.
        return ALL
    strategy = str((group.get("recordingStrategy") or {}).get("useOnly") or "")
    return strategy or (ALL if group.get("allSupported") else INCLUSION)


def _excluded(recorder: Item) -> list[str]:
    group = recorder.get("recordingGroup") or {}
    return sorted(map(str, (group.get("exclusionByResourceTypes") or {}).get("resourceTypes") or []))


def _missing_types(recorder: Item) -> str:
    """Return, as a clause, what a recorder excludes of its region's resources; empty for nothing."""
    strategy = _strategy(recorder)
    if strategy == INCLUSION:
        count = len((recorder.get("recordingGroup") or {}).get("resourceTypes") or [])
        return f"records only the {count} resource types that it names, and none that AWS adds later."
    left_out = [name for name in _excluded(recorder) if name not in GLOBAL_TYPES]
    if strategy == EXCLUSION and left_out:
        return f"leaves {enumeration(map(quoted, left_out), LISTED)} out."
    if strategy not in {ALL, EXCLUSION}:
        return f"has a recording strategy that this version does not know: {in_quotes(strategy)}."
    return ""


def _records_global_types(recorder: Item) -> bool:
    group = recorder.get("recordingGroup") or {}
    strategy = _strategy(recorder)
    if strategy == EXCLUSION:
        return not GLOBAL_TYPES & set(_excluded(recorder))
    if strategy == INCLUSION:
        return set(map(str, group.get("resourceTypes") or [])) >= GLOBAL_TYPES
    return bool(group.get("includeGlobalResourceTypes"))


async def _global_types_verdict(region: Region, recorder: Item, evidence: Item) -> tuple[Status, str]:
    if region.name in RECORDS_GLOBAL_TYPES and _records_global_types(recorder):
        evidence["global_types_recorded_in"] = region.name
        return Status.PASS, "records all resource types, the account's IAM included."
    if region.name not in RECORDS_GLOBAL_TYPES:
        return Status.PASS, "records all resource types that AWS Config can record in this region."
    elsewhere = await _region_that_records_global_types(region)
    evidence["global_types_recorded_in"] = elsewhere
    if elsewhere:
        return (
            Status.PASS,
            f"records all types of its region; {elsewhere} records the account's IAM.",
        )
    evidence["fixed_group"] = _fixed_group(region, recorder, with_global_types=True)
    return Status.FAIL, (
        "records no IAM users, groups, roles and policies, and neither does a recorder of another region."
    )


async def _group_for_all(region: Region, recorder: Item) -> Item:
    """Return the group with no exclusions, with the account's IAM unless another region records it."""
    with_global_types = _records_global_types(recorder)
    if not with_global_types:
        try:
            with_global_types = not await _region_that_records_global_types(region)
        except ReadError:
            with_global_types = False
    return _fixed_group(region, recorder, with_global_types=with_global_types)


async def _region_that_records_global_types(region: Region) -> str:
    """Return another enabled region whose recorder records the account's IAM, empty when none does.

    Raises `ReadError` if some region could not be read and the others do not record it.
    """
    answer = await region.read("ec2", "DescribeRegions")
    enabled = {str(entry.get("RegionName") or "") for entry in answer.get("Regions") or []}
    others = sorted(enabled & RECORDS_GLOBAL_TYPES - {region.name})
    others.sort(key=lambda name: name != HOME_REGIONS[region.partition])
    first_error: ReadError | None = None
    for name in others:
        try:
            if any(map(_records_global_types, await _recorders(region.at(name)))):
                return name
        except ReadError as error:
            first_error = first_error or error
    if first_error is not None:
        raise first_error
    return ""


def _channel(channel: Item) -> Item:
    """Return the members of a channel that PutDeliveryChannel accepts."""
    return {member: channel[member] for member in CHANNEL_MEMBERS if channel.get(member)}


def _delivers_as(recorders: list[Item]) -> Item:
    """Return the role of the region's recorder, and whether AWS Config delivers as itself instead."""
    role = str(recorders[0].get("roleARN") or "") if recorders else ""
    return {"role_arn": role, "service_linked": SERVICE_LINKED in role}


def _channel_resource(region: Region, channel: Item) -> Resource:
    name = _name(channel)
    return Resource(region.arn("config", f"delivery-channel/{name}"), name, CHANNEL_TYPE)


async def _judge_channel(region: Region, channel: Item) -> Verdict:
    resource = _channel_resource(region, channel)
    name = resource.name
    what = f"Delivery channel {in_quotes(name)} of {region.name}"
    bucket = str(channel.get("s3BucketName") or "")
    frequency = str((channel.get("configSnapshotDeliveryProperties") or {}).get("deliveryFrequency") or "")
    seldom = frequency in {"", DAILY}
    evidence: Item = {
        **_delivers_as(await _recorders(region)),
        "channel": _channel({**channel, "name": name}),
        "seldom": seldom,
        "without_kms_key": not channel.get("s3KmsKeyArn"),
        "bucket_missing": not bucket,
    }
    if not bucket:
        return Verdict(Status.FAIL, resource, f"{what} names no bucket.", evidence, Severity.HIGH)
    faults = [f"delivers snapshots once a day ({frequency or 'which is the default'})"] if seldom else []
    if evidence["without_kms_key"]:
        try:
            default = await _default_encryption(region, bucket)
        except ReadError as error:
            if error.code == "NoSuchBucket":
                evidence["bucket_missing"] = True
                reason = f"{what} delivers to bucket {in_quotes(bucket)}, which does not exist."
                return Verdict(Status.FAIL, resource, reason, evidence, Severity.HIGH)
            raise
        evidence["bucket_encryption"] = default
        evidence["without_kms_key"] = not default.startswith("aws:kms")
        if evidence["without_kms_key"]:
            faults.append(
                f"names no KMS key, and the default of bucket {in_quotes(bucket)} is {quoted(default)}"
            )
    if faults:
        return Verdict(Status.FAIL, resource, f"{what} {'; it '.join(faults)}.", evidence, Severity.LOW)
    return Verdict(Status.PASS, resource, f"{what} delivers to bucket {in_quotes(bucket)}.", evidence)


async def _default_encryption(region: Region, bucket: str) -> str:
    """Return a bucket's default encryption algorithm; raises `ReadError`."""
    answer = await region.find("s3", "GetBucketEncryption", absent={NO_ENCRYPTION_SET}, Bucket=bucket)
    rules = ((answer or {}).get("ServerSideEncryptionConfiguration") or {}).get("Rules") or []
    defaults = (rule.get("ApplyServerSideEncryptionByDefault") or {} for rule in rules)
    return next(
        (str(default["SSEAlgorithm"]) for default in defaults if default.get("SSEAlgorithm")), "AES256"
    )


LISTED = 5
"""The most names in a reason; it counts the others."""
