"""Facts of a fix that another scanner's report lacks and that the user can supply, by check.

A question asks only for what the user can see: a name, an ARN, a word that a read-only command prints, or a
confirmation of the one case that the fix is made for. Our own check reads everything else that a fix needs,
such as whole policies, from AWS.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from cloud_audit_tui.arn import tail_of_arn
from cloud_audit_tui.checks.explanation import about_of
from cloud_audit_tui.checks.services.iam.documents import permissions_group
from cloud_audit_tui.checks.services.s3.bucket_policies import with_deny_of_http
from cloud_audit_tui.checks.services.s3.lifecycle import added_rule
from cloud_audit_tui.model import OWN_SCAN, Finding, Status
from cloud_audit_tui.remediation.input_kinds import REGION_CODE, kind_of
from cloud_audit_tui.remediation.quoting import Language, QuotingError
from cloud_audit_tui.remediation.shell.quoting import shell_literal
from cloud_audit_tui.remediation.templates import Input

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Facts = dict[str, Any]
SHELL, HCL = Language.SHELL, Language.HCL
NONE = "none"
"""The answer for an absent value."""


class WrongAnswerError(ValueError):
    """An answer names another resource than the finding's."""


@dataclass(frozen=True)
class Question:
    """A fact to ask for: its meaning, the command that shows it, and the facts that an answer supplies.

    ``read`` receives the finding and a valid answer; the fact ``region`` becomes the finding's. ``command``
    may contain ``{name}``, ``{id}`` and ``{region}``. The question is skipped if the report has ``unless``.
    """

    variable: str
    meaning: str
    command: str
    read: Callable[[Finding, str], Facts]
    unless: str = ""


@dataclass(frozen=True)
class Plan:
    """Completes the evidence of a report: questions, and the facts that follow from their answers.

    A plan applies only if the report has all facts in ``needs``.
    """

    questions: tuple[Question, ...]
    languages: tuple[Language, ...] = (SHELL,)
    facts: Callable[[Finding], Facts] = field(default=lambda _: {})
    needs: tuple[str, ...] = ()


def questions(finding: Finding, language: Language) -> Sequence[Input]:
    """Return the questions for the text of a language; none if only our own check could answer."""
    plan = _plan(finding, language)
    if plan is None:
        return ()
    return [
        Input(each.variable, f"{each.meaning}. This shows it: {_command(each, finding)}")
        for each in plan.questions
        if not _is_known(each, finding)
    ]


def completed(finding: Finding, language: Language, values: Mapping[str, str]) -> Finding:
    """Return a finding with the facts from its answers; unchanged unless all of them are valid.

    Raises `WrongAnswerError`.
    """
    plan = _plan(finding, language)
    if plan is None:
        return finding
    facts: Facts = {}
    for question in plan.questions:
        if _is_known(question, finding):
            continue
        value = values.get(question.variable, "")
        if kind_of(question.variable).fault(value, finding.partition):
            return finding
        facts |= question.read(finding, value)
    region = facts.pop("region", finding.region)
    changed = msgspec.structs.replace(finding, region=region)
    return msgspec.structs.replace(changed, evidence={**plan.facts(changed), **facts, **finding.evidence})


def plans_of(check_id: str) -> tuple[Plan, ...]:
    """Return the plans of a check, each for some languages; none where only our own check could answer."""
    about = about_of(check_id)
    return PLANS.get(check_id) or PLANS_BY_TYPE.get(about.resource_type if about else "", ())


def _is_known(question: Question, finding: Finding) -> bool:
    return bool(finding.region) if question.unless == "region" else question.unless in finding.evidence


def _plan(finding: Finding, language: Language) -> Plan | None:
    if finding.source == OWN_SCAN or finding.status is not Status.FAIL or not finding.account_id:
        return None
    return next(
        (
            plan
            for plan in plans_of(finding.check_id)
            if language in plan.languages and finding.evidence.keys() >= {*plan.needs}
        ),
        None,
    )


def _command(question: Question, finding: Finding) -> str:
    """Return a command to paste; a text of the report is one quoted word in it, or left out."""
    words = {"region": finding.region if REGION_CODE.fullmatch(finding.region) else "REGION"}
    for key, text in (("name", finding.resource_name), ("id", finding.resource_id)):
        try:
            words[key] = shell_literal(text)
        except QuotingError:
            words[key] = key.upper()
    return question.command.format(**words)


# Facts from answers


def _as(*facts: str) -> Callable[[Finding, str], Facts]:
    """Return a reader that gives these facts the text of the answer, empty for `NONE`."""
    return lambda _, value: dict.fromkeys(facts, "" if value == NONE else value)


def _confirms(**facts: Any) -> Callable[[Finding, str], Facts]:
    return lambda _finding, _value: dict(facts)


def _as_list(fact: str) -> Callable[[Finding, str], Facts]:
    return lambda _, value: {fact: [] if value == NONE else value.split(",")}


def _arn_parts(finding: Finding, arn: str) -> tuple[str, str]:
    """Return the region and the last part of an ARN of the finding's account."""
    _, _, _, region, account, resource = arn.split(":", 5)
    if account != finding.account_id:
        raise WrongAnswerError(f"{arn} is not in account {finding.account_id}, where the finding is.")
    return region, resource


def _trail(finding: Finding, arn: str) -> Facts:
    region, resource = _arn_parts(finding, arn)
    name = resource.removeprefix("trail/")
    if finding.evidence.get("trail_name", name) != name:
        raise WrongAnswerError(f"The finding is about trail {finding.evidence['trail_name']}, not {name}.")
    return {"trail_arn": arn, "trail_name": name, "region": region}


def _log_group(finding: Finding, arn: str) -> Facts:
    region, resource = _arn_parts(finding, arn)
    name = resource.removeprefix("log-group:").removesuffix(":*")
    return {"log_group_arn": arn, "log_group_name": name, "region": region}


def _user_policies(finding: Finding, value: str) -> Facts:
    user, attached = str(finding.evidence.get("user_name", "")), value.split(",")
    return {"attached": attached, "inline": [], "group_name": permissions_group(user, attached, [])}


def _new_filter_and_alarm(_: Finding) -> Facts:
    """Return the facts of a fix that creates both, which is right for any other filters and alarms.

    The names differ from those of our own scan's fix, so existing filters and alarms stay unchanged.
    """
    return {
        "left_out": "",
        "first": "",
        "log_group_gone": False,
        "suffix": "-cloud-audit-tui",
        "filter_count": 0,
        "disabled_alarms": [],
        "metric_name": "",
        "metric_namespace": "",
    }


def _recorder(_: Finding) -> Facts:
    """Return facts for the script, which checks itself whether recorder, channel and role exist."""
    return {"delivery_channel": {}, "service_role_exists": False}


def _bucket_without_policy(finding: Finding) -> Facts:
    return {"merged_policy": with_deny_of_http("", f"arn:{finding.partition}:s3:::{finding.resource_name}")}


def _name_fact(fact: str) -> Callable[[Finding], Facts]:
    """Return a function that gives this fact the last part of the resource's identifier."""
    return lambda finding: {fact: tail_of_arn(finding.resource_id)}


# The questions

_LOG_GROUP = Question(
    "LOG_GROUP_ARN",
    "the ARN of the log group that a multi-region trail with all management events delivers to",
    "aws cloudtrail describe-trails --region={region} --query='trailList[].CloudWatchLogsLogGroupArn'",
    _log_group,
)
_TRAIL = Question(
    "TRAIL_ARN",
    "the ARN of the trail, with its home region",
    "aws cloudtrail describe-trails --query='trailList[].TrailARN'",
    _trail,
    unless="trail_arn",
)
_TRAIL_BUCKET = Question(
    "TRAIL_BUCKET",
    "the bucket that the trail delivers to",
    "aws cloudtrail describe-trails --query='trailList[].[TrailARN,S3BucketName]'",
    _as("trail_bucket"),
    unless="trail_bucket",
)
_BUCKET_REGION = Question(
    "BUCKET_REGION",
    "the region of the bucket; null means us-east-1",
    "aws s3api get-bucket-location --bucket={name}",
    lambda _, value: {"region": value},
    unless="region",
)
_NO_LOG_GROUP = Question(
    "TRAIL_HAS_NO_LOG_GROUP",
    "yes if the trail has no CloudWatchLogsLogGroupArn",
    "aws cloudtrail describe-trails --query='trailList[].[TrailARN,CloudWatchLogsLogGroupArn]'",
    _confirms(log_group_arn=""),
    unless="log_group_arn",
)
_NOTEBOOK_STATUS = Question(
    "NOTEBOOK_STATUS",
    "the current status of the notebook instance, InService or Stopped",
    "aws sagemaker describe-notebook-instance --region={region} --notebook-instance-name={name} "
    "--query=NotebookInstanceStatus",
    _as("status"),
)
_LIFECYCLE = Question(
    "LIFECYCLE_CONFIG",
    "the lifecycle configuration of the notebook instance, or none",
    "aws sagemaker describe-notebook-instance --region={region} --notebook-instance-name={name} "
    "--query=NotebookInstanceLifecycleConfigName",
    _as("lifecycle_config"),
    unless="lifecycle_config",
)
_ENCRYPTION = Question(
    "PRESENT_ENCRYPTION",
    "the current default encryption of the bucket, its SSEAlgorithm, or none",
    "aws s3api get-bucket-encryption --bucket={name}",
    _as("algorithm"),
)
_BLOCKED = Question(
    "BLOCKED_ENCRYPTION_TYPES",
    "the BlockedEncryptionTypes of the bucket, separated by commas, or none; the script keeps them",
    "aws s3api get-bucket-encryption --bucket={name}",
    lambda _, value: {"blocked_types": [] if value in (NONE, "NONE") else value.split(",")},
)
_NO_POLICY = Question(
    "BUCKET_HAS_NO_POLICY",
    "yes if the bucket has no policy, which the command reports as NoSuchBucketPolicy; our own check has "
    "to read an existing policy",
    "aws s3api get-bucket-policy --bucket={name}",
    _confirms(),
)
_NO_PLAN = Question(
    "REGION_HAS_NO_BACKUP_PLAN",
    "yes if the region has no backup plan",
    "aws backup list-backup-plans --region={region} --query='BackupPlansList[].BackupPlanName'",
    _confirms(own_plans=[]),
)
_LOGGING_OFF = Question(
    "MODEL_LOGGING_IS_OFF",
    "yes if the region has no configuration of model invocation logging",
    "aws bedrock get-model-invocation-logging-configuration --region={region}",
    _confirms(bucket="", log_group="", logging_config={}),
)
_SCANS = Question(
    "INSPECTOR_SCANS",
    "the scans of Inspector that are not ENABLED, separated by commas: EC2, ECR, LAMBDA, LAMBDA_CODE",
    "aws inspector2 batch-get-account-status --region={region} --query='accounts[].resourceState'",
    _as_list("off"),
)
_NO_ROTATION = Question(
    "SECRET_HAS_NO_ROTATION",
    "yes if rotation, its function, the owning service and the type of the secret are all null or false",
    "aws secretsmanager describe-secret --region={region} --secret-id={id} "
    "--query='[RotationEnabled,RotationLambdaARN,OwningService,Type]'",
    _confirms(rotation_enabled=False, rotation_days=None, rotation_lambda="", partner_type=""),
)
_UNMANAGED = Question(
    "INSTANCE_IS_NOT_MANAGED",
    "yes if Systems Manager does not list the instance",
    "aws ssm describe-instance-information --region={region} --filters=Key=InstanceIds,Values={name}",
    _confirms(ping_status=""),
)
_PROFILE_NOW = Question(
    "PRESENT_INSTANCE_PROFILE",
    "the name of the instance profile that the instance has, the end of its ARN, or none",
    "aws ec2 describe-instances --region={region} --instance-ids={name} "
    "--query='Reservations[].Instances[].IamInstanceProfile.Arn'",
    _as("instance_profile"),
)
_SINGLE = Question(
    "DB_INSTANCE_IS_ON_ITS_OWN",
    "yes if the instance is available and DBClusterIdentifier is null",
    "aws rds describe-db-instances --region={region} --db-instance-identifier={name} "
    "--query='DBInstances[].[DBInstanceStatus,DBClusterIdentifier]'",
    _confirms(status="available", cluster_id="", api="rds"),
)
_ZONE = Question(
    "FILE_SYSTEM_ZONE",
    "the Availability Zone of a One Zone file system, or none",
    "aws efs describe-file-systems --region={region} --file-system-id={name} "
    "--query='FileSystems[].AvailabilityZoneName'",
    _as("availability_zone"),
    unless="availability_zone",
)
_FILE_SYSTEM = Question(
    "FILE_SYSTEM_IS_AVAILABLE",
    "yes if the life cycle state of the file system is available",
    "aws efs describe-file-systems --region={region} --file-system-id={name} "
    "--query='FileSystems[].LifeCycleState'",
    _confirms(status="available"),
)

_KEY_USER = Question(
    "KEY_USER",
    "the name of the user who has the access key",
    "aws iam get-access-key-last-used --access-key-id={id} --query=UserName",
    _as("user_name"),
)
_USER_POLICIES = Question(
    "USER_POLICY_ARNS",
    "the ARNs of the managed policies attached to the user, separated by commas; inline policies stay",
    "aws iam list-attached-user-policies --user-name={name} --query='AttachedPolicies[].PolicyArn'",
    _user_policies,
)
_NO_LIFECYCLE = Question(
    "BUCKET_HAS_NO_LIFECYCLE",
    "yes if the bucket has no lifecycle rules, which the command reports as NoSuchLifecycleConfiguration",
    "aws s3api get-bucket-lifecycle-configuration --bucket={name}",
    _confirms(minimum_size=""),
)
_VERSIONED = Question(
    "BUCKET_HAS_VERSIONS",
    "yes if versioning of the bucket is Enabled or Suspended, no if the command prints nothing",
    "aws s3api get-bucket-versioning --bucket={name}",
    lambda _, value: {
        "expire_old_versions": value == "yes",
        "added_rule": added_rule([], expiring=value == "yes", aborting=True),
    },
)


def _plans() -> Iterable[tuple[str, tuple[Plan, ...]]]:
    for check_id in ("aws-ct-002", "aws-ct-005"):
        yield check_id, (Plan((_TRAIL,)), Plan((_TRAIL, _TRAIL_BUCKET), (HCL,)))
    yield "aws-ct-004", (Plan((_BUCKET_REGION,), (SHELL, HCL), needs=("bucket_name",)),)
    yield (
        "aws-ct-008",
        (Plan((_TRAIL, _NO_LOG_GROUP)), Plan((_TRAIL, _NO_LOG_GROUP, _TRAIL_BUCKET), (HCL,))),
    )
    yield "aws-backup-001", (Plan((_NO_PLAN,)),)
    yield "aws-bedrock-001", (Plan((_LOGGING_OFF,), (SHELL, HCL)),)
    yield "aws-cfg-001", (Plan((), facts=_recorder, needs=("service_role_arn", "is_home_region")),)
    yield "aws-efs-001", (Plan((_FILE_SYSTEM, _ZONE), facts=_name_fact("file_system_id")),)
    yield "aws-iam-004", (Plan((_KEY_USER,), needs=("access_key_id",)),)
    yield "aws-iam-010", (Plan((_USER_POLICIES,), needs=("user_name",)),)
    yield "aws-inspector-001", (Plan((_SCANS,), facts=lambda finding: {"account_id": finding.account_id}),)
    yield "aws-rds-003", (Plan((_SINGLE,), facts=_name_fact("instance_id")),)
    yield "aws-s3-002", (Plan((_BUCKET_REGION, _ENCRYPTION, _BLOCKED)),)
    yield "aws-s3-004", (Plan((_NO_LIFECYCLE, _VERSIONED)),)
    yield "aws-s3-005", (Plan((_BUCKET_REGION,)),)
    yield "aws-s3-006", (Plan((_NO_POLICY,), facts=_bucket_without_policy),)
    yield (
        "aws-sagemaker-001",
        (Plan((_NOTEBOOK_STATUS, _LIFECYCLE), (SHELL, HCL), _name_fact("notebook_name")),),
    )
    yield (
        "aws-sm-001",
        (
            Plan(
                (_NO_ROTATION,),
                (SHELL, HCL),
                lambda finding: {"arn": finding.resource_id, "name": finding.resource_name},
            ),
        ),
    )
    yield "aws-ssm-001", (Plan((_UNMANAGED, _PROFILE_NOW), (SHELL, HCL), _name_fact("instance_id")),)


PLANS: Mapping[str, tuple[Plan, ...]] = dict(_plans())
"""The plans by check."""
PLANS_BY_TYPE: Mapping[str, tuple[Plan, ...]] = {
    "AWS::CloudWatch::Alarm": (Plan((_LOG_GROUP,), (SHELL, HCL), _new_filter_and_alarm),)
}
"""The plans of the checks without their own, by the type of the resource."""
