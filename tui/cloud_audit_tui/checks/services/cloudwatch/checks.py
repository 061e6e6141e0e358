"""Amazon CloudWatch: alarms on CloudTrail events, and the encryption of security logs.

The alarm checks share one rule. A multi-region trail that is logging all management events delivers
to a log group; metric filters of that group match every event of the alarm's rule; and the metric of each
filter has an alarm that fires on one such event and notifies a subscriber. The log group is read in the
region and account that its ARN names.

An alarm fires if, by its threshold, statistic and datapoints, the value that the filter publishes for an
event raises it, and if it is not in ALARM state without events. It notifies by an action of its own or of a
composite alarm that it raises. CIS asks for a subscriber of the alarm's topic: a topic of this account
without a confirmed subscription does not count, one that cannot be read leaves the check not assessed. An
action that is not a topic, and a topic of another account, which cannot be read, count.
"""

from __future__ import annotations

import asyncio
import math
import re
from dataclasses import dataclass, field
from enum import StrEnum
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
from cloud_audit_tui.checks.services.cloudwatch.alarms import (
    ALARM_KINDS,
    Alarm,
    Composite,
    Published,
    Reach,
    reach,
)
from cloud_audit_tui.checks.services.cloudwatch.metric_filters import (
    Pattern,
    PatternError,
    is_json_pattern,
    parse,
)
from cloud_audit_tui.checks.wording import enumeration, in_quotes
from cloud_audit_tui.model import AccountScope, RegionScope, Resource, Status, Verdict
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from cloud_audit_tui.checks.services.cloudwatch.alarm_rules import AlarmRule

ALARM_TYPE = "AWS::CloudWatch::Alarm"
LOG_GROUP_TYPE = "AWS::Logs::LogGroup"
ALARMS = AccountScope(ALARM_TYPE)
"""The subject of the alarm checks, which judge whether the account has an alarm."""

ALARM_READS = [
    *RECORDING_READS,
    "logs:DescribeMetricFilters",
    "logs:DescribeLogGroups",
    "cloudwatch:DescribeAlarms",
    "sns:ListSubscriptionsByTopic",
]
STANDARD = "STANDARD"
"""The class of log groups that have metric filters; INFREQUENT_ACCESS and DELIVERY have none."""
TOPIC_GONE = frozenset({"NotFound", "NotFoundException"})
"""Codes of SNS for a topic that does not exist."""
COUNTED = Published(1.0, 0.0)
"""The metric value that the remediations' filters publish."""
LISTED = 6
"""The most events that a reason names; it counts the others."""


@check("aws-cw-001", reads=ALARM_READS)
def root_usage_alarm(region: Region) -> Verdicts:
    """Require an alarm on calls and console sign-ins of the root user (CIS 4.3).

    The catalogue's rule accepts any pattern with the words ``Root`` and ``userIdentity``, also ``!= "Root"``;
    here the pattern has to match such events.
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
    """Require an alarm on ``DisableKey`` and ``ScheduleKeyDeletion`` (CIS 4.7).

    A trail that excludes the events of KMS does not count, because it never delivers these.
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
    """Require an alarm on each change of VPCs in CIS 4.14 that AWS still supports.

    The benchmark's four events of ClassicLink are not required: AWS retired it in 2022.
    """
    return _alarm(region, alarm_rules.VPC_CHANGES)


@check("aws-cw-015", reads=ALARM_READS)
def organization_alarm(region: Region) -> Verdicts:
    """Require an alarm on each of the 18 changes of the organization in CIS 4.15."""
    return _alarm(region, alarm_rules.ORGANIZATION_CHANGES)


@check("aws-cw-016", reads=["logs:DescribeLogGroups", "cloudtrail:DescribeTrails", "ec2:DescribeFlowLogs"])
async def log_group_encryption(region: Region) -> Verdicts:
    """Fail a log group of security logs without ``kmsKeyId``.

    These are the groups to which a trail homed in the region or a flow log of the region delivers, and those
    with a name for CloudTrail or flow logs, which may hold the logs of an earlier trail or flow log. The
    catalogue's rule only searches the name for the words ``cloudtrail`` and ``vpc``, so it flags the logs of
    any function with such a name and misses a trail's group of another name.
    """
    deliveries, unread = await _deliveries(region)
    async for group in region.items("logs", "DescribeLogGroups"):
        name = str(group.get("logGroupName") or "")
        why = deliveries.get(name) or _why_by_name(name)
        if why:
            yield _encryption_verdict(region, group, name, why)
    if unread:
        yield not_assessed(RegionScope(LOG_GROUP_TYPE), unread[0])


class _Answer(StrEnum):
    """Whether an alarm notifies a subscriber of an event."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class _Filter:
    """A metric filter: its pattern, ``None`` if this version cannot evaluate it, and its alarms."""

    name: str
    namespace: str
    metric: str
    dimensions: bool
    published: Published
    pattern: Pattern | None
    alarms: tuple[Alarm, ...]


@dataclass
class _Watched:
    """A log group that a complete trail delivers to, with its filters or the error of their read.

    ``topics`` are the topics of this account that its alarms act on: whether each has a subscriber, or the
    error of the read.
    """

    group: LogGroup
    recording: Recording
    filters: list[_Filter] = field(default_factory=list)
    reaches: dict[str, Reach] = field(default_factory=dict)
    topics: dict[str, bool | ReadError] = field(default_factory=dict)
    alarm_names: set[str] = field(default_factory=set)
    unread: ReadError | None = None
    gone: bool = False

    def missed(self, rule: AlarmRule, answers: Collection[_Answer] = (_Answer.YES,)) -> list[str]:
        """Return the events that none of the filters with one of these answers matches."""
        return rule.missed(
            each.pattern
            for each in self.filters
            if each.pattern is not None and self.answer(each, rule) in answers
        )

    def undecided(self, rule: AlarmRule) -> list[tuple[_Filter, Alarm]]:
        """Return the filters that cannot be judged and decide the verdict, each with an alarm.

        A filter whose pattern cannot be evaluated may match everything. A filter whose alarm cannot be judged
        matters if the rule were met with all such alarms notifying a subscriber.
        """
        unreadable = [each for each in self.filters if each.pattern is None]
        undecided = [each for each in unreadable if self.answer(each, rule) is not _Answer.NO]
        if not undecided and not self.missed(rule, (_Answer.YES, _Answer.UNKNOWN)):
            undecided = [each for each in self.filters if self.answer(each, rule) is _Answer.UNKNOWN]
        return [(each, self._undecided_alarm(each, rule)) for each in undecided]

    def _undecided_alarm(self, each: _Filter, rule: AlarmRule) -> Alarm:
        return next(alarm for alarm in each.alarms if self.silence(each, alarm, rule)[0] is not _Answer.NO)

    def answer(self, each: _Filter, rule: AlarmRule) -> _Answer:
        """Say whether some alarm on a filter's metric notifies a subscriber of an event."""
        answers = {self.silence(each, alarm, rule)[0] for alarm in each.alarms}
        return next((one for one in (_Answer.YES, _Answer.UNKNOWN) if one in answers), _Answer.NO)

    def silence(self, each: _Filter, alarm: Alarm, rule: AlarmRule) -> tuple[_Answer, str]:
        """Say whether an alarm notifies a subscriber of an event, and why not, as a clause."""
        name = f"alarm {in_quotes(alarm.name)}"
        if alarm.on_low_values:
            return _Answer.NO, f"{name} fires when they are missing"
        reached = self.reaches[alarm.name]
        if not reached.actions:
            if reached.unknown:
                return _Answer.UNKNOWN, f"this version cannot read the rule of a composite alarm on {name}"
            why = f"the actions of {name} are disabled" if alarm.actions else f"{name} has no action"
            return _Answer.NO, why
        fires, why = _fires(each, alarm, rule)
        if fires is not _Answer.YES:
            return fires, why
        return self._reaches_somebody(reached, name)

    def _reaches_somebody(self, reached: Reach, name: str) -> tuple[_Answer, str]:
        states = [self.topics.get(action, True) for action in reached.actions]
        if any(state is True for state in states):
            return _Answer.YES, ""
        if unread := next((state for state in states if isinstance(state, ReadError)), None):
            return _Answer.UNKNOWN, f"the subscribers of {name} cannot be read: {unread.words}"
        topics = enumeration(map(in_quotes, reached.actions), LISTED)
        return _Answer.NO, f"{name} notifies nobody: SNS topic {topics} has no confirmed subscription"

    def silent_topics(self) -> list[str]:
        """Return the topics of this account without a confirmed subscription."""
        return sorted(topic for topic, subscribed in self.topics.items() if subscribed is False)


def _fires(each: _Filter, alarm: Alarm, rule: AlarmRule) -> tuple[_Answer, str]:
    """Say whether an event raises an alarm, and why not."""
    name = f"alarm {in_quotes(alarm.name)}"
    if alarm.always_fires(each.published):
        return _Answer.NO, f"{name} is in alarm while nothing happens, so no event changes its state"
    needed = alarm.events_needed(each.published)
    if needed is None:
        return _Answer.UNKNOWN, f"this version cannot tell when {name} fires"
    if needed == math.inf:
        return _Answer.NO, f"{name} can never fire: no event brings the metric to its threshold"
    if needed > rule.most_events:
        return _Answer.NO, f"{name} fires only after {needed:.0f} of them, so the first ones are not noticed"
    return _Answer.YES, ""


async def _alarm(region: Region, rule: AlarmRule) -> Verdicts:
    recorded = await recordings(region, await visible_trails(region))
    usable = [each for each in recorded if _delivers(each, rule)]
    own: list[tuple[LogGroup, Recording]] = []
    foreign: list[tuple[LogGroup, Recording]] = []
    for each in usable:
        group = each.trail.log_group
        if group is not None:
            (own if group.account_id == region.account_id else foreign).append((group, each))
    watched = await asyncio.gather(*(_watched(region, group, each) for group, each in _each_group(own)))
    for one in watched:
        if one.unread is None and not one.missed(rule):
            yield _passed(rule, one)
            return
    unread = [one.unread for one in watched if one.unread is not None]
    # A trail that could not be read counts only if it has a log group.
    unread += [
        each.undecided for each in recorded if each.undecided is not None and each.trail.log_group is not None
    ]
    if unread:
        yield not_assessed(ALARMS, unread[0])
    elif watched:
        yield await _failed(region, rule, min(watched, key=lambda one: _distance(one, rule)))
    elif foreign:
        yield _elsewhere(rule, *foreign[0])
    else:
        yield _unwatched(rule, recorded)


def _distance(one: _Watched, rule: AlarmRule) -> tuple[bool, int]:
    """Return a sort key for how far a log group is from a rule: one that may satisfy it comes first."""
    return not one.undecided(rule), len(one.missed(rule))


def _delivers(recording: Recording, rule: AlarmRule) -> bool:
    return (
        recording.complete
        and recording.selectors is not None
        and recording.selectors.management_event(rule.source, read_only=False)
        and recording.trail.log_group is not None
    )


def _each_group(deliveries: list[tuple[LogGroup, Recording]]) -> list[tuple[LogGroup, Recording]]:
    return list({group.arn: (group, each) for group, each in reversed(deliveries)}.values())


async def _watched(region: Region, group: LogGroup, recording: Recording) -> _Watched:
    """Return a log group's filters and alarms; an error is kept, because another group may pass."""
    groups_region = region.at(group.region)
    watched = _Watched(group, recording)
    try:
        filters = [
            metric_filter
            async for metric_filter in groups_region.items(
                "logs", "DescribeMetricFilters", logGroupName=group.name
            )
        ]
        descriptions = [
            alarm
            async for alarm in groups_region.items("cloudwatch", "DescribeAlarms", AlarmTypes=ALARM_KINDS)
        ]
        alarms = [Alarm.of(alarm) for alarm in descriptions if "AlarmRule" not in alarm]
        composites = [Composite.of(alarm) for alarm in descriptions if "AlarmRule" in alarm]
        watched.filters = [_filter(metric_filter, alarms) for metric_filter in filters]
        matching = {alarm.name: alarm for each in watched.filters for alarm in each.alarms}
        watched.reaches = {name: reach(alarm, composites) for name, alarm in matching.items()}
        watched.topics = await _topics(groups_region, watched.reaches.values())
    except ReadError as error:
        watched.gone = error.code == "ResourceNotFoundException"
        watched.unread = None if watched.gone else error
        return watched
    except Exception as error:
        watched.unread = unexpected(error, "an alarm or a metric filter")
        return watched
    watched.alarm_names = {str(alarm.get("AlarmName") or "") for alarm in descriptions}
    return watched


async def _topics(region: Region, reaches: Iterable[Reach]) -> dict[str, bool | ReadError]:
    """Return whether each topic of this account that an alarm acts on has a confirmed subscription."""
    actions = {action for each in reaches for action in each.actions}
    topics = sorted(action for action in actions if f":sns:{region.name}:{region.account_id}:" in action)
    return dict(
        zip(topics, await asyncio.gather(*(_subscribed(region, each) for each in topics)), strict=True)
    )


async def _subscribed(region: Region, topic: str) -> bool | ReadError:
    """Say whether a topic has a confirmed subscription, or return the error of the read.

    An unconfirmed subscription has ``PendingConfirmation`` in place of its ARN.
    """
    try:
        async for subscription in region.items("sns", "ListSubscriptionsByTopic", TopicArn=topic):
            if str(subscription.get("SubscriptionArn") or "").startswith("arn:"):
                return True
    except ReadError as error:
        return False if error.code in TOPIC_GONE else error
    return False


def _filter(description: Item, alarms: list[Alarm]) -> _Filter:
    [transformation] = description.get("metricTransformations") or [{}]
    namespace = str(transformation.get("metricNamespace") or "")
    metric = str(transformation.get("metricName") or "")
    dimensions = frozenset(map(str, transformation.get("dimensions") or ()))
    return _Filter(
        name=str(description.get("filterName") or ""),
        namespace=namespace,
        metric=metric,
        dimensions=bool(dimensions),
        published=Published.of(transformation),
        pattern=_pattern(description),
        # An alarm without the metric's dimensions, or with others, watches a metric that has no data.
        alarms=tuple(alarm for alarm in alarms if (namespace, metric, dimensions) in alarm.metrics),
    )


class _NoMatch:
    """The pattern of a filter on terms or columns; it matches none of CloudTrail's events, which are JSON."""

    def matches(self, event: Any) -> bool:
        return False


_NO_MATCH = _NoMatch()


def _pattern(description: Item) -> Pattern | None:
    text = str(description.get("filterPattern") or "")
    if not is_json_pattern(text):
        return _NO_MATCH
    if description.get("applyOnTransformedLogs") or description.get("fieldSelectionCriteria"):
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


def _passed(rule: AlarmRule, one: _Watched) -> Verdict:
    counting = [
        (each, rule.missed([each.pattern]))
        for each in one.filters
        if each.pattern is not None and one.answer(each, rule) is _Answer.YES
    ]
    # If a filter matches every event, the reason names only such filters.
    doing = [each for each, missed in counting if not missed] or [
        each for each, missed in counting if len(missed) < len(rule.missed([]))
    ]
    alarms = [
        (each, alarm)
        for each in doing
        for alarm in each.alarms
        if one.silence(each, alarm, rule)[0] is _Answer.YES
    ]
    fires = list(dict.fromkeys(alarm.name for _, alarm in alarms))
    names = enumeration(map(in_quotes, fires), LISTED)
    verb = f"Alarm {names} fires" if len(fires) == 1 else f"Alarms {names} fire"
    needed = max((alarm.events_needed(each.published) or 1 for each, alarm in alarms), default=1)
    count = f" (after {needed:.0f} of them)" if needed > 1 else ""
    reason = f"{verb} on {rule.about} in log group {in_quotes(one.group.name)}{count}."
    acted = {action for _, alarm in alarms for action in one.reaches[alarm.name].actions}
    silent = [topic for topic in one.silent_topics() if topic in acted]
    if silent:
        topics = enumeration(map(in_quotes, silent), LISTED)
        reason += f" SNS topic {topics} has no confirmed subscription; another action notifies somebody."
    evidence = {
        **_facts(one),
        "filters": [each.name for each in doing],
        "alarms": fires,
        "topics_without_subscription": silent,
    }
    return Verdict(Status.PASS, ALARMS, reason, evidence, region=one.group.region)


async def _failed(region: Region, rule: AlarmRule, one: _Watched) -> Verdict:
    missed = one.missed(rule)
    group = f"log group {in_quotes(one.group.name)} of trail {one.recording.trail.label}"
    complete = [each for each in one.filters if each.pattern is not None and not rule.missed([each.pattern])]
    evidence = {**_facts(one), **_to_mend(rule, one, complete), "missed_events": missed}
    if undecided := one.undecided(rule):
        return _undecided(rule, one, group, undecided, evidence)
    evidence["log_group_class"] = "" if one.gone else await _group_class(region, one.group)
    if one.gone:
        reason = f"There is no {group}: CloudTrail's events reach no alarm."
    elif complete:
        reason = (
            f"Metric filter {in_quotes(complete[0].name)} of {group} counts {rule.about}, but "
            f"{_why_silent(rule, one, complete)}."
        )
    elif len(missed) < len(rule.missed([])):
        reason = f"The alarms on {group} miss some {rule.about}: {enumeration(missed, LISTED)}."
    else:
        reason = f"No metric filter with an alarm on {group} matches {rule.about}."
    if evidence["log_group_class"] not in {"", STANDARD}:
        reason += (
            f" The group is of class {quoted(evidence['log_group_class'])}, which has no metric filters."
        )
    return Verdict(Status.FAIL, ALARMS, reason, evidence, region=one.group.region)


def _undecided(
    rule: AlarmRule, one: _Watched, group: str, undecided: list[tuple[_Filter, Alarm]], evidence: Item
) -> Verdict:
    unjudged = [each.name for each, _ in undecided if each.pattern is None]
    each, alarm = undecided[0]
    if unjudged:
        names = enumeration(map(in_quotes, dict.fromkeys(unjudged)), LISTED)
        reason = f"This version cannot judge the pattern of metric filter {names} of {group}."
    else:
        why = one.silence(each, alarm, rule)[1]
        # The text of a read error ends with a full stop.
        reason = f"Metric filter {in_quotes(each.name)} of {group}: {why.rstrip('.')}."
    actions = one.reaches[alarm.name].actions
    unread = next((state for one_ in actions if isinstance(state := one.topics.get(one_), ReadError)), None)
    if unread is not None:
        evidence["unread"] = unread.kind.value
        if unread.permission:
            evidence["missing_permission"] = unread.permission
    return Verdict(Status.NOT_ASSESSED, ALARMS, reason, evidence, region=one.group.region)


async def _group_class(region: Region, group: LogGroup) -> str:
    """Return the class of a log group for the remediation, empty if it cannot be read."""
    try:
        async for each in region.at(group.region).items("logs", "DescribeLogGroups"):
            if each.get("logGroupName") == group.name:
                return str(each.get("logGroupClass") or STANDARD)
    except ReadError:
        return ""
    return ""


def _why_silent(rule: AlarmRule, one: _Watched, filters: list[_Filter]) -> str:
    reasons = [one.silence(each, alarm, rule)[1] for each in filters for alarm in each.alarms]
    return reasons[0] if reasons else "no alarm watches its metric"


def _to_mend(rule: AlarmRule, one: _Watched, complete: list[_Filter]) -> Item:
    """Return what the remediation needs: free names, and existing filters and alarms that it can use.

    ``disabled_alarms`` need only their actions enabled, and ``silent_topics`` only a subscription.
    """
    good = [
        (each, alarm)
        for each in complete
        for alarm in each.alarms
        if not alarm.on_low_values and _fires(each, alarm, rule)[0] is _Answer.YES
    ]
    disabled = [alarm.name for _, alarm in good if not alarm.enabled and alarm.actions]
    silent = [
        action
        for _, alarm in good
        if alarm.name not in disabled
        for action in one.reaches[alarm.name].actions
        if one.topics.get(action) is False
    ]
    # A new alarm cannot use a filter that publishes zero or a field of the event.
    ready = next((each for each in complete if not each.dimensions and each.published == COUNTED), None)
    ready = ready or next((each for each in complete if _countable(each)), None)
    used_names = {each.name for each in one.filters} | {each.metric for each in one.filters} | one.alarm_names
    suffix = next(word for word in _suffixes() if f"{rule.name}{word}" not in used_names)
    return {
        "log_group_gone": one.gone,
        "suffix": suffix,
        "filter_count": len(one.filters),
        "disabled_alarms": list(dict.fromkeys(disabled)),
        "silent_topics": list(dict.fromkeys(silent)),
        "filter_name": ready.name if ready else "",
        "metric_namespace": ready.namespace if ready else "",
        "metric_name": ready.metric if ready else "",
    }


def _countable(each: _Filter) -> bool:
    """Say whether a new alarm on Sum >= 1 fires on each event of a filter, and only then."""
    value, default = each.published.value, each.published.default
    return not each.dimensions and value is not None and value >= 1 and (default is None or default < 1)


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


def _unwatched(rule: AlarmRule, recordings: list[Recording]) -> Verdict:
    reason = (
        f"No alarm can fire on {rule.about}: no multi-region trail that records all management events "
        "delivers to CloudWatch Logs."
    )
    complete = [each.trail for each in recordings if each.complete]
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
    """Return what delivers to each log group of the region, and the failed reads.

    After a failed read more groups may qualify, so the region is not assessed; the known ones are still
    judged.
    """
    deliveries: dict[str, str] = {}
    unread = []
    try:
        async for flow_log in region.items("ec2", "DescribeFlowLogs"):
            name = str(flow_log.get("LogGroupName") or "")
            if name and flow_log.get("LogDestinationType", "cloud-watch-logs") == "cloud-watch-logs":
                deliveries[name] = f'flow log "{quoted(str(flow_log.get("FlowLogId") or ""))}" delivers to it'
    except ReadError as error:
        unread.append(error)
    try:
        response = await region.read("cloudtrail", "DescribeTrails", includeShadowTrails=False)
    except ReadError as error:
        return deliveries, [*unread, error]
    for trail in response.get("trailList") or ():
        group = LogGroup.of(str(trail.get("CloudWatchLogsLogGroupArn") or ""))
        if (group.region, group.account_id) == (region.name, region.account_id):
            deliveries[group.name] = f'trail "{quoted(str(trail.get("Name") or ""))}" delivers to it'
    return deliveries, unread


_SECURITY_NAME = re.compile(r"cloud-?trail|flow[-_]?logs?|(?:^|/)vpc(?:$|[/_-])", re.IGNORECASE)
_SERVICE_NAME = re.compile(r"/aws/(?!cloudtrail|vpc)", re.IGNORECASE)


def _why_by_name(name: str) -> str:
    """Return why a name indicates security logs; a group with a service's prefix has that service's logs."""
    if _SECURITY_NAME.search(name) and not _SERVICE_NAME.match(name):
        return "its name says that it holds such logs"
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
