"""Amazon CloudWatch: alarms on what CloudTrail records, and the encryption of security logs.

The fifteen alarm checks share one rule. A multi-region trail that is logging all management events
delivers to a log group; metric filters of that group match every event that the alarm is about; and each
of those filters' metrics has an alarm that fires on high values and does something. The log group is
looked at in the region and account that its ARN names. CIS asks for a subscriber of the alarm's topic as
well: the topics of this account that have none are named, but do not make a check fail, because an action
need not be a topic, and a topic of another account cannot be looked at.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.aws.errors import ReadError
from cloud_audit_tui.checks.api import Item, Region, Verdicts, check, not_assessed, unexpected
from cloud_audit_tui.checks.services.cloudtrail.trails import (
    RECORDING_READS,
    LogGroup,
    Recording,
    recordings,
    visible_trails,
)
from cloud_audit_tui.checks.services.cloudwatch import alarm_rules
from cloud_audit_tui.checks.services.cloudwatch.metric_filters import (
    Pattern,
    PatternError,
    is_json_pattern,
    parse,
)
from cloud_audit_tui.checks.wording import in_quotes, listed
from cloud_audit_tui.model import AccountScope, RegionScope, Resource, Status, Verdict
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud_audit_tui.checks.services.cloudwatch.alarm_rules import AlarmRule

ALARM_TYPE = "AWS::CloudWatch::Alarm"
LOG_GROUP_TYPE = "AWS::Logs::LogGroup"
ALARMS = AccountScope(ALARM_TYPE)
"""What the alarm checks judge: whether the account has an alarm."""

ALARM_READS = [
    *RECORDING_READS,
    "logs:DescribeMetricFilters",
    "cloudwatch:DescribeAlarms",
    "sns:GetTopicAttributes",
]
LISTED = 6
"""Events that a reason names before it counts the rest."""


@check("aws-cw-001", reads=ALARM_READS)
def root_usage_alarm(region: Region) -> Verdicts:
    """Require an alarm on calls and console sign-ins of the root user (CIS 4.3).

    The catalogue's rule takes any pattern with the words ``Root`` and ``userIdentity``, also
    ``!= "Root"``; here the pattern has to match such events.
    """
    return _alarm(region, alarm_rules.ROOT_USAGE)


@check("aws-cw-002", reads=ALARM_READS)
def unauthorized_calls_alarm(region: Region) -> Verdicts:
    """Require an alarm on calls refused with ``*UnauthorizedOperation`` or ``AccessDenied*`` (CIS 4.1).

    The catalogue's rule looks for the word ``UnauthorizedAccess``, which the benchmark's pattern lacks.
    """
    return _alarm(region, alarm_rules.UNAUTHORIZED_CALLS)


@check("aws-cw-003", reads=ALARM_READS)
def login_without_mfa_alarm(region: Region) -> Verdicts:
    """Require an alarm on a user's successful console sign-in without MFA (CIS 4.2).

    A filter of failed sign-ins only, which the catalogue's rule accepts, does not match one.
    """
    return _alarm(region, alarm_rules.LOGIN_WITHOUT_MFA)


@check("aws-cw-004", reads=ALARM_READS)
def iam_policy_alarm(region: Region) -> Verdicts:
    """Require an alarm on each of the 16 changes of IAM policies in CIS 4.4."""
    return _alarm(region, alarm_rules.IAM_POLICY_CHANGES)


@check("aws-cw-005", reads=ALARM_READS)
def trail_change_alarm(region: Region) -> Verdicts:
    """Require an alarm on each of the five changes of trails in CIS 4.5."""
    return _alarm(region, alarm_rules.TRAIL_CHANGES)


@check("aws-cw-006", reads=ALARM_READS)
def failed_login_alarm(region: Region) -> Verdicts:
    """Require an alarm on a console sign-in with ``Failed authentication`` (CIS 4.6)."""
    return _alarm(region, alarm_rules.FAILED_LOGINS)


@check("aws-cw-007", reads=ALARM_READS)
def key_removal_alarm(region: Region) -> Verdicts:
    """``DisableKey`` and ``ScheduleKeyDeletion`` have to raise an alarm (CIS 4.7).

    A trail that leaves out the events of KMS does not count here: it never delivers these.
    """
    return _alarm(region, alarm_rules.KEY_REMOVAL)


@check("aws-cw-008", reads=ALARM_READS)
def bucket_policy_alarm(region: Region) -> Verdicts:
    """Require an alarm on each of the nine changes of buckets in CIS 4.8."""
    return _alarm(region, alarm_rules.BUCKET_POLICY_CHANGES)


@check("aws-cw-009", reads=ALARM_READS)
def config_change_alarm(region: Region) -> Verdicts:
    """Require an alarm on each of the four changes of AWS Config in CIS 4.9."""
    return _alarm(region, alarm_rules.CONFIG_CHANGES)


@check("aws-cw-010", reads=ALARM_READS)
def security_group_alarm(region: Region) -> Verdicts:
    """Require an alarm on each of the six changes of security groups in CIS 4.10."""
    return _alarm(region, alarm_rules.SECURITY_GROUP_CHANGES)


@check("aws-cw-011", reads=ALARM_READS)
def network_acl_alarm(region: Region) -> Verdicts:
    """Require an alarm on each of the six changes of network ACLs in CIS 4.11."""
    return _alarm(region, alarm_rules.NETWORK_ACL_CHANGES)


@check("aws-cw-012", reads=ALARM_READS)
def gateway_alarm(region: Region) -> Verdicts:
    """Require an alarm on each of the six changes of gateways in CIS 4.12."""
    return _alarm(region, alarm_rules.GATEWAY_CHANGES)


@check("aws-cw-013", reads=ALARM_READS)
def route_table_alarm(region: Region) -> Verdicts:
    """Require an alarm on each of the seven changes of route tables in CIS 4.13."""
    return _alarm(region, alarm_rules.ROUTE_TABLE_CHANGES)


@check("aws-cw-014", reads=ALARM_READS)
def vpc_change_alarm(region: Region) -> Verdicts:
    """Require an alarm on each change of VPCs in CIS 4.14 that can still happen.

    The benchmark's four events of ClassicLink are not asked for: AWS retired it in 2022.
    """
    return _alarm(region, alarm_rules.VPC_CHANGES)


@check("aws-cw-015", reads=ALARM_READS)
def organization_alarm(region: Region) -> Verdicts:
    """Require an alarm on each of the 18 changes of the organisation in CIS 4.15."""
    return _alarm(region, alarm_rules.ORGANIZATION_CHANGES)


@check("aws-cw-016", reads=["logs:DescribeLogGroups", "cloudtrail:DescribeTrails", "ec2:DescribeFlowLogs"])
async def log_group_encryption(region: Region) -> Verdicts:
    """Fail a log group of security logs without ``kmsKeyId``.

    Which ones those are: where a trail homed in the region or a flow log of the region delivers, and the
    ones named as CloudTrail's or as flow logs, which keep what an earlier trail or flow log delivered.
    The catalogue's rule goes by the words ``cloudtrail`` and ``vpc`` anywhere in the name alone, so it
    flags the logs of any function with such a name and misses a trail's group of another name.
    """
    deliveries, unread = await _deliveries(region)
    async for group in region.items("logs", "DescribeLogGroups"):
        name = str(group.get("logGroupName") or "")
        why = deliveries.get(name) or _why_by_name(name)
        if why:
            yield _encryption_verdict(region, group, name, why)
    if unread:
        yield not_assessed(RegionScope(LOG_GROUP_TYPE), unread[0])


@dataclass(frozen=True)
class _Alarm:
    """What a metric alarm watches and whether it does something when it fires."""

    name: str
    metrics: tuple[tuple[str, str, frozenset[str]], ...]
    enabled: bool
    actions: tuple[str, ...]
    on_high_values: bool

    @classmethod
    def of(cls, alarm: Item) -> _Alarm:
        watched = [
            alarm,
            *(each.get("MetricStat", {}).get("Metric", {}) for each in alarm.get("Metrics") or ()),
        ]
        return cls(
            name=str(alarm.get("AlarmName") or ""),
            metrics=tuple(
                (
                    str(each.get("Namespace") or ""),
                    str(each.get("MetricName") or ""),
                    frozenset(str(one.get("Name")) for one in each.get("Dimensions") or ()),
                )
                for each in watched
                if each.get("MetricName")
            ),
            enabled=bool(alarm.get("ActionsEnabled", True)),
            actions=tuple(map(str, alarm.get("AlarmActions") or ())),
            on_high_values=not str(alarm.get("ComparisonOperator") or "").startswith("LessThan"),
        )

    @property
    def works(self) -> bool:
        return self.enabled and bool(self.actions) and self.on_high_values


@dataclass(frozen=True)
class _Filter:
    """A metric filter: its pattern, ``None`` where this version cannot judge it, and its alarms."""

    name: str
    namespace: str
    metric: str
    dimensions: bool
    pattern: Pattern | None
    alarms: tuple[_Alarm, ...]

    @property
    def alarmed(self) -> bool:
        return any(alarm.works for alarm in self.alarms)


@dataclass
class _Watched:
    """A log group that a complete trail delivers to, with its filters, or why they could not be read."""

    group: LogGroup
    recording: Recording
    filters: list[_Filter] = field(default_factory=list)
    alarm_names: set[str] = field(default_factory=set)
    unread: ReadError | None = None
    gone: bool = False

    def missed(self, rule: AlarmRule) -> list[str]:
        """Return the events that raise no alarm; several filters may share the work."""
        patterns = [each.pattern for each in self.filters if each.alarmed and each.pattern is not None]
        return rule.missed(lambda event: any(pattern.matches(event) for pattern in patterns))

    @property
    def unjudged(self) -> list[str]:
        """The filters with an alarm whose pattern this version cannot judge."""
        return [each.name for each in self.filters if each.alarmed and each.pattern is None]


async def _alarm(region: Region, rule: AlarmRule) -> Verdicts:
    found = await recordings(region, await visible_trails(region))
    usable = [each for each in found if _delivers(each, rule)]
    own: list[tuple[LogGroup, Recording]] = []
    foreign: list[tuple[LogGroup, Recording]] = []
    for each in usable:
        group = each.trail.log_group
        if group is not None:
            (own if group.account_id == region.account_id else foreign).append((group, each))
    watched = await asyncio.gather(*(_watched(region, group, each) for group, each in _each_group(own)))
    for one in watched:
        if one.unread is None and not one.missed(rule):
            yield await _passed(region, rule, one)
            return
    unread = [one.unread for one in watched if one.unread is not None]
    # A trail that could not be looked at counts only if it delivers somewhere at all.
    unread += [
        each.undecided for each in found if each.undecided is not None and each.trail.log_group is not None
    ]
    if unread:
        yield not_assessed(ALARMS, unread[0])
    elif watched:
        yield _failed(rule, min(watched, key=lambda one: len(one.missed(rule))))
    elif foreign:
        yield _elsewhere(rule, *foreign[0])
    else:
        yield _unwatched(rule, found)


def _delivers(found: Recording, rule: AlarmRule) -> bool:
    return (
        found.complete
        and found.selectors is not None
        and found.selectors.management_event(rule.source, read_only=False)
        and found.trail.log_group is not None
    )


def _each_group(found: list[tuple[LogGroup, Recording]]) -> list[tuple[LogGroup, Recording]]:
    return list({group.arn: (group, each) for group, each in reversed(found)}.values())


async def _watched(region: Region, group: LogGroup, recording: Recording) -> _Watched:
    """Return a log group's filters and their alarms; a failure is kept, since another group may do."""
    there = region.at(group.region)
    watched = _Watched(group, recording)
    try:
        filters = [
            found async for found in there.items("logs", "DescribeMetricFilters", logGroupName=group.name)
        ]
        alarms = [_Alarm.of(found) async for found in there.items("cloudwatch", "DescribeAlarms")]
        watched.filters = [_filter(found, alarms) for found in filters]
    except ReadError as error:
        watched.gone = error.code == "ResourceNotFoundException"
        watched.unread = None if watched.gone else error
        return watched
    except Exception as error:
        watched.unread = unexpected(error, "an alarm or a metric filter")
        return watched
    watched.alarm_names = {alarm.name for alarm in alarms}
    return watched


def _filter(found: Item, alarms: list[_Alarm]) -> _Filter:
    [transformation] = found.get("metricTransformations") or [{}]
    namespace = str(transformation.get("metricNamespace") or "")
    metric = str(transformation.get("metricName") or "")
    dimensions = frozenset(map(str, transformation.get("dimensions") or ()))
    return _Filter(
        name=str(found.get("filterName") or ""),
        namespace=namespace,
        metric=metric,
        dimensions=bool(dimensions),
        pattern=_pattern(found),
        # An alarm without the metric's dimensions, or with others, watches a metric that has no data.
        alarms=tuple(alarm for alarm in alarms if (namespace, metric, dimensions) in alarm.metrics),
    )


class _Nothing:
    """The pattern of a filter on terms or columns: CloudTrail's events are JSON, and CIS asks for fields."""

    def matches(self, event: Any) -> bool:
        return False


def _pattern(found: Item) -> Pattern | None:
    text = str(found.get("filterPattern") or "")
    if not is_json_pattern(text):
        return _Nothing()
    if found.get("applyOnTransformedLogs") or found.get("fieldSelectionCriteria"):
        return None
    try:
        return parse(text)
    except PatternError:
        return None


def _facts(one: _Watched) -> Item:
    return {
        "trail_name": one.recording.trail.name,
        "trail_arn": one.recording.trail.arn,
        "log_group_name": one.group.name,
        "log_group_arn": one.group.arn,
    }


async def _passed(region: Region, rule: AlarmRule, one: _Watched) -> Verdict:
    counting = [
        (each, rule.missed(each.pattern.matches))
        for each in one.filters
        if each.alarmed and each.pattern is not None
    ]
    # One filter that matches everything says more than all that match something.
    doing = [each for each, missed in counting if not missed] or [
        each for each, missed in counting if len(missed) < len(rule.missed(lambda _: False))
    ]
    alarms = [alarm for each in doing for alarm in each.alarms if alarm.works]
    topics = sorted({action for alarm in alarms for action in alarm.actions if ":sns:" in action})
    silent = [topic for topic in topics if await _has_no_subscriber(region, one.group.region, topic)]
    fires = list(dict.fromkeys(alarm.name for alarm in alarms))
    named = listed(map(in_quotes, fires), LISTED)
    verb = f"Alarm {named} fires" if len(fires) == 1 else f"Alarms {named} fire"
    reason = f'{verb} on {rule.about} in log group "{quoted(one.group.name)}".'
    if silent:
        label = ", ".join(f'"{quoted(topic)}"' for topic in silent)
        reason += f" Nobody is told: SNS topic {label} has no confirmed subscription."
    evidence = {
        **_facts(one),
        "filters": [each.name for each in doing],
        "alarms": fires,
        "topics_without_subscription": silent,
    }
    return Verdict(Status.PASS, ALARMS, reason, evidence, region=one.group.region)


async def _has_no_subscriber(region: Region, where: str, topic: str) -> bool:
    if f":{region.account_id}:" not in topic:
        return False
    response = await region.at(where).read_for_remediation("sns", "GetTopicAttributes", TopicArn=topic)
    return response is not None and response.get("Attributes", {}).get("SubscriptionsConfirmed") == "0"


def _failed(rule: AlarmRule, one: _Watched) -> Verdict:
    missed = one.missed(rule)
    group = f'log group "{quoted(one.group.name)}" of trail {one.recording.trail.label}'
    complete = [
        each for each in one.filters if each.pattern is not None and not rule.missed(each.pattern.matches)
    ]
    evidence = {**_facts(one), **_to_mend(rule, one, complete), "missed_events": missed}
    if one.unjudged:
        named = ", ".join(f'"{quoted(name)}"' for name in one.unjudged)
        reason = f"This version cannot judge the pattern of metric filter {named} of {group}."
        return Verdict(Status.NOT_ASSESSED, ALARMS, reason, evidence, region=one.group.region)
    if one.gone:
        reason = f"There is no {group}: CloudTrail's events reach no alarm."
    elif complete:
        reason = (
            f'Metric filter "{quoted(complete[0].name)}" of {group} counts {rule.about}, but '
            f"{_why_silent(complete)}."
        )
    elif len(missed) < len(rule.missed(lambda _: False)):
        reason = f"The alarms on {group} miss some {rule.about}: {listed(missed, LISTED)}."
    else:
        reason = f"No metric filter with an alarm on {group} matches {rule.about}."
    return Verdict(Status.FAIL, ALARMS, reason, evidence, region=one.group.region)


def _why_silent(filters: list[_Filter]) -> str:
    alarms = [alarm for each in filters for alarm in each.alarms]
    if not alarms:
        return "no alarm watches its metric"
    name = f'alarm "{quoted(alarms[0].name)}"'
    if not alarms[0].on_high_values:
        return f"{name} fires when they are missing"
    return f"{name} has no action" if alarms[0].enabled else f"the actions of {name} are disabled"


def _to_mend(rule: AlarmRule, one: _Watched, complete: list[_Filter]) -> Item:
    """Return what the remediation needs: free names, and what is there already to build on."""
    disabled = [
        alarm.name
        for each in complete
        for alarm in each.alarms
        if not alarm.enabled and alarm.actions and alarm.on_high_values
    ]
    ready = next((each for each in complete if not each.dimensions), None)
    taken = {each.name for each in one.filters} | {each.metric for each in one.filters} | one.alarm_names
    suffix = next(word for word in _suffixes() if f"{rule.name}{word}" not in taken)
    return {
        "log_group_gone": one.gone,
        "suffix": suffix,
        "filter_count": len(one.filters),
        "disabled_alarms": list(dict.fromkeys(disabled)),
        "filter_name": ready.name if ready else "",
        "metric_namespace": ready.namespace if ready else "",
        "metric_name": ready.metric if ready else "",
    }


def _suffixes() -> Iterator[str]:
    yield ""
    number = 2
    while True:
        yield f"-{number}"
        number += 1


def _elsewhere(rule: AlarmRule, group: LogGroup, recording: Recording) -> Verdict:
    reason = (
        f"Trail {recording.trail.label} delivers to a log group of account {quoted(group.account_id)}: "
        f"whether an alarm fires on {rule.about} can be seen only there."
    )
    evidence = {
        "trail_arn": recording.trail.arn,
        "log_group_arn": group.arn,
    }
    return Verdict(Status.NOT_ASSESSED, ALARMS, reason, evidence)


def _unwatched(rule: AlarmRule, found: list[Recording]) -> Verdict:
    reason = (
        f"No alarm can fire on {rule.about}: no multi-region trail that records all management events "
        "delivers to CloudWatch Logs."
    )
    complete = [each.trail for each in found if each.complete]
    without_group = [trail.label for trail in complete if trail.log_group is None]
    if without_group:
        reason += f" Trail {', '.join(without_group)} has no log group."
    elif complete:
        reason += f" Trail {complete[0].label} leaves out the events of {rule.source}."
    evidence = {
        "trail_name": "",
        "log_group_name": "",
        "first": "aws-ct-008" if without_group else "aws-ct-001",
        "left_out": rule.source if complete and not without_group else "",
    }
    return Verdict(Status.FAIL, ALARMS, reason, evidence)


async def _deliveries(region: Region) -> tuple[dict[str, str], list[ReadError]]:
    """Return what delivers to which log group of the region, and the reads that failed.

    A failed read leaves open whether more groups are concerned, which is said once for the region: the
    groups that are known to be concerned are judged all the same.
    """
    found: dict[str, str] = {}
    unread = []
    try:
        async for flow_log in region.items("ec2", "DescribeFlowLogs"):
            name = str(flow_log.get("LogGroupName") or "")
            if name and flow_log.get("LogDestinationType", "cloud-watch-logs") == "cloud-watch-logs":
                found[name] = f'flow log "{quoted(str(flow_log.get("FlowLogId") or ""))}" delivers to it'
    except ReadError as error:
        unread.append(error)
    try:
        response = await region.read("cloudtrail", "DescribeTrails", includeShadowTrails=False)
    except ReadError as error:
        return found, [*unread, error]
    for trail in response.get("trailList") or ():
        group = LogGroup.of(str(trail.get("CloudWatchLogsLogGroupArn") or ""))
        if (group.region, group.account_id) == (region.name, region.account_id):
            found[group.name] = f'trail "{quoted(str(trail.get("Name") or ""))}" delivers to it'
    return found, unread


_SECURITY_NAME = re.compile(r"cloud-?trail|flow[-_]?logs?|(?:^|/)vpc(?:$|[/_-])", re.IGNORECASE)
_SERVICE_NAME = re.compile(r"/aws/(?!cloudtrail|vpc)", re.IGNORECASE)


def _why_by_name(name: str) -> str:
    """Return why a name says that security logs are kept; groups that a service names keep its own logs."""
    if _SECURITY_NAME.search(name) and not _SERVICE_NAME.match(name):
        return "its name says that it keeps such logs"
    return ""


def _encryption_verdict(region: Region, group: Item, name: str, why: str) -> Verdict:
    arn = str(group.get("logGroupArn") or group.get("arn") or region.arn("logs", f"log-group:{name}"))
    key = str(group.get("kmsKeyId") or "")
    resource = Resource(arn.removesuffix(":*"), name, LOG_GROUP_TYPE)
    evidence = {
        "log_group_name": name,
        "log_group_arn": resource.id,
        "kms_key_id": key,
        "why_relevant": why,
        "retention_in_days": group.get("retentionInDays"),
    }
    label = f'Log group "{quoted(name)}" ({why})'
    if key:
        return Verdict(Status.PASS, resource, f'{label} has KMS key "{quoted(key)}".', evidence)
    return Verdict(Status.FAIL, resource, f"{label} has no KMS key of yours.", evidence)
