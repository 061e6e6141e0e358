"""Metric and composite alarms of CloudWatch: the number of events on which one fires, and its actions.

Source of the arithmetic: PutMetricAlarm (Threshold, ComparisonOperator, Statistic, EvaluationPeriods,
DatapointsToAlarm, TreatMissingData) and MetricTransformation (metricValue is published for each matching
event, defaultValue while events arrive and none matches).
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloud_audit_tui.checks.services.cloudwatch.composite_rules import RuleError, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cloud_audit_tui.checks.api import Item
    from cloud_audit_tui.checks.services.cloudwatch.composite_rules import Rule

ALARM_KINDS = ["CompositeAlarm", "MetricAlarm"]
"""AlarmTypes of DescribeAlarms, which by default returns metric alarms only.

Log alarms, which evaluate a query of their own and no metric, are not judged.
"""

_HIGH: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
}
_LOW = ("LessThan",)

Metric = tuple[str, str, frozenset[str]]
"""Namespace, name and the names of the dimensions of a metric."""


@dataclass(frozen=True)
class Published:
    """The values that a metric filter publishes: for each event, and while nothing matches.

    ``value`` is ``None`` where it is a field of the event, ``default`` where nothing is published.
    """

    value: float | None
    default: float | None

    @classmethod
    def of(cls, transformation: Item) -> Published:
        """Return what a MetricTransformation publishes."""
        default = transformation.get("defaultValue")
        try:
            value = float(str(transformation.get("metricValue") or ""))
        except ValueError:
            return cls(None, None)
        return cls(value, None if default is None else float(default))


@dataclass(frozen=True)
class Alarm:
    """A metric alarm: its metrics, the condition on which it fires, and its own ``actions``."""

    name: str
    metrics: tuple[Metric, ...]
    enabled: bool
    actions: tuple[str, ...]
    comparison: str
    threshold: float | None
    statistic: str
    periods: int
    missing_is_breaching: bool

    @classmethod
    def of(cls, alarm: Item) -> Alarm:
        """Return a MetricAlarm of DescribeAlarms."""
        queries = alarm.get("Metrics") or ()
        watched = [alarm, *((each.get("MetricStat") or {}).get("Metric") or {} for each in queries)]
        # The threshold of an expression applies to its result, which is not computed here.
        computed = any(each.get("Expression") for each in queries) or len(queries) > 1
        stats = [str((each.get("MetricStat") or {}).get("Stat") or "") for each in queries]
        threshold = alarm.get("Threshold")
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
            comparison=str(alarm.get("ComparisonOperator") or ""),
            threshold=None if threshold is None or computed else float(threshold),
            statistic=str(alarm.get("Statistic") or alarm.get("ExtendedStatistic") or "")
            or "".join(stats[:1]),
            periods=int(alarm.get("DatapointsToAlarm") or alarm.get("EvaluationPeriods") or 1),
            missing_is_breaching=alarm.get("TreatMissingData") == "breaching",
        )

    @property
    def on_low_values(self) -> bool:
        """Whether it fires when events are missing; a band of anomaly detection, with two ends, does not."""
        return (
            self.comparison.startswith(_LOW) and self.comparison != "LessThanLowerOrGreaterThanUpperThreshold"
        )

    def always_fires(self, published: Published) -> bool:
        """Whether it is in ALARM state without events, so that no event changes its state."""
        if published.default is None:
            return self.missing_is_breaching and published.value is not None
        quiet = 1.0 if self.statistic == "SampleCount" else published.default
        return self._breaches(quiet) is True

    def events_needed(self, published: Published) -> float | None:
        """Return the number of events that raise it, infinity if none can, ``None`` if that is unknown.

        Several datapoints need an event in each of as many periods. A statistic of several values, such as
        Average, is computed for a period in which only events are published.
        """
        value = 1.0 if self.statistic == "SampleCount" else published.value
        if value is None or self.threshold is None or self.comparison not in _HIGH or not self.statistic:
            return None
        if self.statistic == "Minimum" and published.default is not None:
            value = min(value, published.default)
        if self._breaches(value):
            return float(self.periods)
        if self.statistic not in {"Sum", "SampleCount"} or value <= 0:
            return math.inf
        many = self.threshold / value
        least = math.floor(many) + 1 if self.comparison == "GreaterThanThreshold" else math.ceil(many)
        return float(least * self.periods)

    def _breaches(self, value: float) -> bool | None:
        compare = _HIGH.get(self.comparison)
        return None if compare is None or self.threshold is None else compare(value, self.threshold)


@dataclass(frozen=True)
class Composite:
    """A composite alarm; ``rule`` is ``None`` where this version cannot read it."""

    name: str
    enabled: bool
    actions: tuple[str, ...]
    text: str
    rule: Rule | None

    @classmethod
    def of(cls, alarm: Item) -> Composite:
        """Return a CompositeAlarm of DescribeAlarms."""
        text = str(alarm.get("AlarmRule") or "")
        try:
            rule = parse(text)
        except (RuleError, RecursionError):
            rule = None
        return cls(
            name=str(alarm.get("AlarmName") or ""),
            enabled=bool(alarm.get("ActionsEnabled", True)),
            actions=tuple(map(str, alarm.get("AlarmActions") or ())),
            text=text,
            rule=rule,
        )


@dataclass(frozen=True)
class Reach:
    """The actions that run when one alarm fires, and whether an unreadable rule may add others."""

    actions: tuple[str, ...]
    unknown: bool


def reach(alarm: Alarm, composites: Iterable[Composite]) -> Reach:
    """Return the actions that run when one alarm fires alone: its own, and those of composite alarms.

    A composite alarm counts if its rule is false without any alarm and true with this alarm as the only
    metric alarm in ALARM state; composite alarms of composite alarms count too.
    """
    every = list(composites)
    quiet, fired = _in_alarm(set(), every), _in_alarm({alarm.name}, every)
    actions = list(alarm.actions) if alarm.enabled else []
    for each in every:
        if each.name in fired - quiet and each.enabled:
            actions += each.actions
    unknown = any(each.rule is None and each.enabled and alarm.name in each.text for each in every)
    return Reach(tuple(dict.fromkeys(actions)), unknown)


def _in_alarm(first: set[str], composites: list[Composite]) -> set[str]:
    """Return the alarms in ALARM state once every composite alarm has been evaluated.

    CloudWatch refuses cycles of plain dependence, but not those through NOT, so the rounds are limited.
    """
    alarmed = set(first)
    for _ in range(len(composites) + 1):
        now = first | {each.name for each in composites if each.rule is not None and each.rule(alarmed)}
        if now == alarmed:
            break
        alarmed = now
    return alarmed
