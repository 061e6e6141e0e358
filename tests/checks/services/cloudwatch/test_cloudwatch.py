from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.model import Finding, Status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]

ACCOUNT, REGION, HOME = "111122223333", "eu-central-1", "eu-west-1"
FAIL, PASS, NOT_ASSESSED = Status.FAIL, Status.PASS, Status.NOT_ASSESSED
TRAIL = f"arn:aws:cloudtrail:{HOME}:{ACCOUNT}:trail/main"
TOPIC = f"arn:aws:sns:{HOME}:{ACCOUNT}:alerts"
CHECK = "aws-cw-007"
DISABLE, DELETE = "{ $.eventName = DisableKey }", "{ $.eventName = ScheduleKeyDeletion }"
BOTH = (
    "{ ($.eventSource = kms.amazonaws.com) && "
    "($.eventName = DisableKey || $.eventName = ScheduleKeyDeletion) }"
)


def group_arn(name: str = "events", region: str = HOME, account: str = ACCOUNT) -> str:
    return f"arn:aws:logs:{region}:{account}:log-group:{name}:*"


def metric_filter(name: str, pattern: str, **transformation: Any) -> dict[str, Any]:
    metric = {"metricNamespace": "CT", "metricName": name, "metricValue": "1", **transformation}
    return {"filterName": name, "filterPattern": pattern, "metricTransformations": [metric]}


def alarm(metric: str, **changes: Any) -> dict[str, Any]:
    return {
        "AlarmName": f"alarm-{metric}",
        "Namespace": "CT",
        "MetricName": metric,
        "ActionsEnabled": True,
        "AlarmActions": [TOPIC],
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Statistic": "Sum",
        "Threshold": 1.0,
        "EvaluationPeriods": 1,
        **changes,
    }


def composite(rule: str, **changes: Any) -> dict[str, Any]:
    return {
        "AlarmName": "together",
        "AlarmRule": rule,
        "ActionsEnabled": True,
        "AlarmActions": [TOPIC],
        **changes,
    }


class Watching:
    """A trail homed in a region that is not scanned, with filters and alarms in that region."""

    def __init__(self, aws: Any) -> None:
        self.aws = aws

    def trail(
        self, *, arn: str = TRAIL, group: str | None = None, selectors: Any = None, logging: bool = True
    ) -> None:
        described = {
            "Name": "main",
            "TrailARN": arn,
            "HomeRegion": HOME,
            "S3BucketName": "logs",
            "IsMultiRegionTrail": True,
        }
        if group != "":
            described["CloudWatchLogsLogGroupArn"] = group or group_arn()
        self.aws.answer("cloudtrail", "DescribeTrails", {"trailList": [described]}, region="us-east-1")
        self.aws.answer("cloudtrail", "GetTrailStatus", {"IsLogging": logging}, region=HOME)
        self.aws.answer("cloudtrail", "GetEventSelectors", selectors or {"EventSelectors": []}, region=HOME)

    def filters(self, *pages: list[dict[str, Any]]) -> None:
        self.aws.pages("logs", "DescribeMetricFilters", *pages, region=HOME, logGroupName="events")

    def alarms(self, *alarms: dict[str, Any], subscribed: int = 1) -> None:
        metric = [each for each in alarms if "AlarmRule" not in each]
        composite = [each for each in alarms if "AlarmRule" in each]
        answer = {"MetricAlarms": metric, "CompositeAlarms": composite}
        self.aws.answer("cloudwatch", "DescribeAlarms", answer, region=HOME)
        pending = [{"SubscriptionArn": "PendingConfirmation", "TopicArn": TOPIC}]
        confirmed = [
            {"SubscriptionArn": f"{TOPIC}:{number}", "TopicArn": TOPIC} for number in range(subscribed)
        ]
        self.aws.pages("sns", "ListSubscriptionsByTopic", pending, confirmed, region=HOME)


@pytest.fixture
def watching(aws: Any) -> Watching:
    return Watching(aws)


async def only(judge: Judge, check: str = CHECK) -> Finding:
    [found] = await judge(check)
    return found


class TestAlarms:
    async def test_a_filter_and_an_alarm_in_the_groups_region_pass(
        self, watching: Watching, judge: Judge
    ) -> None:
        watching.trail()
        watching.filters([metric_filter("keys", BOTH)])
        watching.alarms(alarm("other"), alarm("keys"))
        found = await only(judge)
        assert (found.status, found.region) == (PASS, HOME)
        assert found.resource_id == f"arn:aws:iam::{ACCOUNT}:root"
        assert found.resource_type == "AWS::CloudWatch::Alarm"
        assert found.evidence["alarms"] == ["alarm-keys"]

    async def test_filters_of_a_second_page_may_share_the_events(
        self, watching: Watching, judge: Judge
    ) -> None:
        watching.trail()
        watching.filters([metric_filter("one", DISABLE)], [metric_filter("two", DELETE)])
        watching.alarms(alarm("one"), alarm("two"))
        found = await only(judge)
        assert found.status is PASS
        assert found.evidence["filters"] == ["one", "two"]

    async def test_an_alarm_of_metric_math_counts(self, watching: Watching, judge: Judge) -> None:
        watching.trail()
        watching.filters([metric_filter("keys", BOTH)])
        stat = {"Metric": {"Namespace": "CT", "MetricName": "keys"}, "Period": 300, "Stat": "Sum"}
        math = alarm("keys", Metrics=[{"Id": "m1", "MetricStat": stat}])
        for member in ("MetricName", "Namespace", "Statistic"):
            del math[member]
        watching.alarms(math)
        assert (await only(judge)).status is PASS

    async def test_an_expression_is_not_computed(self, watching: Watching, judge: Judge) -> None:
        watching.trail()
        watching.filters([metric_filter("keys", BOTH)])
        stat = {"Metric": {"Namespace": "CT", "MetricName": "keys"}, "Period": 300, "Stat": "Sum"}
        queries = [{"Id": "m1", "MetricStat": stat}, {"Id": "e1", "Expression": "m1 * 0"}]
        computed = alarm("keys", Metrics=queries)
        for member in ("MetricName", "Namespace", "Statistic"):
            del computed[member]
        watching.alarms(computed)
        found = await only(judge)
        assert found.status is NOT_ASSESSED
        assert "cannot tell when" in found.reason

    @pytest.mark.parametrize(
        ("filters", "alarms", "words"),
        [
            ([], [], "No metric filter with an alarm"),
            ([metric_filter("keys", BOTH)], [], "no alarm watches its metric"),
            (
                [metric_filter("keys", BOTH)],
                [alarm("keys", Namespace="Other")],
                "no alarm watches its metric",
            ),
            ([metric_filter("keys", BOTH)], [alarm("keys", AlarmActions=[])], "has no action"),
            ([metric_filter("keys", BOTH)], [alarm("keys", ActionsEnabled=False)], "are disabled"),
            (
                [metric_filter("keys", BOTH)],
                [alarm("keys", ComparisonOperator="LessThanThreshold")],
                "fires when they are missing",
            ),
            (
                [metric_filter("keys", BOTH)],
                [alarm("keys", Dimensions=[{"Name": "Region", "Value": HOME}])],
                "no alarm watches its metric",
            ),
            ([metric_filter("keys", DISABLE)], [alarm("keys")], "miss some"),
            (
                [metric_filter("keys", BOTH)],
                [alarm("keys", Threshold=1000000.0)],
                "fires only after 1000000 of them",
            ),
            (
                [metric_filter("keys", BOTH)],
                [alarm("keys", EvaluationPeriods=3)],
                "fires only after 3 of them",
            ),
            (
                [metric_filter("keys", BOTH)],
                [alarm("keys", Statistic="Maximum", Threshold=5.0)],
                "can never fire",
            ),
            (
                [metric_filter("keys", BOTH, metricValue="0")],
                [alarm("keys")],
                "can never fire",
            ),
            (
                [metric_filter("keys", BOTH)],
                [alarm("keys", ComparisonOperator="GreaterThanThreshold")],
                "fires only after 2 of them",
            ),
            (
                [metric_filter("keys", BOTH, defaultValue=0)],
                [alarm("keys", Threshold=0.0)],
                "is in alarm while nothing happens",
            ),
            (
                [metric_filter("keys", BOTH)],
                [alarm("keys", TreatMissingData="breaching")],
                "is in alarm while nothing happens",
            ),
            (
                [metric_filter("keys", BOTH)],
                [alarm("keys", AlarmActions=[]), composite('ALARM("another")')],
                "has no action",
            ),
            (
                [metric_filter("keys", BOTH)],
                [alarm("keys", AlarmActions=[]), composite("ALARM(alarm-keys) AND ALARM(x)")],
                "has no action",
            ),
            (
                [metric_filter("keys", BOTH)],
                [alarm("keys", AlarmActions=[]), composite("ALARM(alarm-keys)", ActionsEnabled=False)],
                "has no action",
            ),
            (
                [metric_filter("keys", BOTH)],
                [alarm("keys", AlarmActions=[]), composite("ALARM(alarm-keys) OR TRUE")],
                "has no action",
            ),
            (
                [metric_filter("keys", '{ $.eventName = "DisableKeyRotation" }')],
                [alarm("keys")],
                "No metric filter with an alarm",
            ),
            ([metric_filter("keys", "")], [alarm("keys")], "No metric filter with an alarm"),
            (
                [metric_filter("keys", "?DisableKey ?ScheduleKeyDeletion")],
                [alarm("keys")],
                "No metric filter",
            ),
        ],
    )
    async def test_what_does_not_fire_fails(
        self, watching: Watching, judge: Judge, filters: list[Any], alarms: list[Any], words: str
    ) -> None:
        watching.trail()
        watching.filters(filters)
        watching.alarms(*alarms)
        found = await only(judge)
        assert (found.status, found.region) == (FAIL, HOME)
        assert words in found.reason
        assert found.evidence["log_group_name"] == "events"

    async def test_names_that_are_taken_are_not_given_again(self, watching: Watching, judge: Judge) -> None:
        watching.trail()
        name = "kms-key-disable-or-deletion"
        watching.filters([metric_filter(name, DISABLE)])
        watching.alarms(alarm("x", AlarmName=f"{name}-2"))
        assert (await only(judge)).evidence["suffix"] == "-3"

    async def test_a_filter_that_is_there_is_built_upon(self, watching: Watching, judge: Judge) -> None:
        watching.trail()
        watching.filters([metric_filter("keys", BOTH)])
        watching.alarms(alarm("keys", ActionsEnabled=False))
        evidence = (await only(judge)).evidence
        assert (evidence["metric_namespace"], evidence["metric_name"]) == ("CT", "keys")
        assert evidence["disabled_alarms"] == ["alarm-keys"]

    @pytest.mark.parametrize(
        "found",
        [
            metric_filter("keys", "{ $.eventName ~ DisableKey }"),
            {**metric_filter("keys", BOTH), "fieldSelectionCriteria": '@aws.region = "us-east-1"'},
            {**metric_filter("keys", BOTH), "applyOnTransformedLogs": True},
        ],
    )
    async def test_an_alarmed_filter_that_cannot_be_judged_is_not_assessed(
        self, watching: Watching, judge: Judge, found: dict[str, Any]
    ) -> None:
        watching.trail()
        watching.filters([found])
        watching.alarms(alarm("keys"))
        verdict = await only(judge)
        assert verdict.status is NOT_ASSESSED
        assert 'cannot judge the pattern of metric filter "keys"' in verdict.reason

    @pytest.mark.parametrize("denied", ["logs:DescribeMetricFilters", "cloudwatch:DescribeAlarms"])
    async def test_a_denied_read_is_not_assessed(self, watching: Watching, judge: Judge, denied: str) -> None:
        watching.trail()
        watching.aws.denied(*denied.split(":"))
        watching.filters([])
        watching.alarms()
        found = await only(judge)
        assert found.status is NOT_ASSESSED
        assert found.evidence["missing_permission"] == denied

    async def test_a_group_that_is_gone_fails(self, watching: Watching, judge: Judge) -> None:
        watching.trail()
        gone = watching.aws.refusal("ResourceNotFoundException", "The specified log group does not exist.")
        watching.aws.answer("logs", "DescribeMetricFilters", gone)
        watching.alarms()
        found = await only(judge)
        assert found.status is FAIL
        assert found.evidence["log_group_gone"] is True

    @pytest.mark.parametrize(
        ("trail", "first", "words"),
        [
            ({"group": ""}, "aws-ct-008", "has no log group"),
            ({"logging": False}, "aws-ct-001", "no multi-region trail"),
            (
                {
                    "selectors": {
                        "EventSelectors": [
                            {"ReadWriteType": "All", "ExcludeManagementEventSources": ["kms.amazonaws.com"]}
                        ]
                    }
                },
                "aws-ct-001",
                "leaves out the events of kms.amazonaws.com",
            ),
        ],
    )
    async def test_without_a_delivering_trail_no_alarm_can_fire(
        self, watching: Watching, judge: Judge, trail: dict[str, Any], first: str, words: str
    ) -> None:
        watching.trail(**trail)
        watching.filters([metric_filter("keys", BOTH)])
        watching.alarms(alarm("keys"))
        found = await only(judge)
        assert found.status is FAIL
        assert found.evidence["first"] == first
        assert words in found.reason

    async def test_a_log_group_of_another_account_is_not_assessed(
        self, watching: Watching, judge: Judge
    ) -> None:
        arn = TRAIL.replace(ACCOUNT, "999988887777")
        watching.trail(arn=arn, group=group_arn(account="999988887777"))
        found = await only(judge)
        assert found.status is NOT_ASSESSED
        assert "account 999988887777" in found.reason

    @pytest.mark.parametrize(
        "rule",
        [
            "ALARM(alarm-keys)",
            f'ALARM("arn:aws:cloudwatch:{HOME}:{ACCOUNT}:alarm:alarm-keys") OR ALARM(x)',
            "NOT OK(alarm-keys) AND NOT (ALARM(x) OR INSUFFICIENT_DATA(y))",
            "AT_LEAST(1, ALARM, (alarm-keys, x, y))",
        ],
    )
    async def test_a_composite_alarm_speaks_for_an_alarm_without_actions(
        self, watching: Watching, judge: Judge, rule: str
    ) -> None:
        watching.trail()
        watching.filters([metric_filter("keys", BOTH)])
        watching.alarms(alarm("keys", AlarmActions=[]), composite(rule))
        found = await only(judge)
        assert (found.status, found.evidence["alarms"]) == (PASS, ["alarm-keys"])
        [asked] = watching.aws.asked("DescribeAlarms")
        assert {asked["AlarmTypes.member.1"], asked["AlarmTypes.member.2"]} == {
            "CompositeAlarm",
            "MetricAlarm",
        }

    async def test_a_composite_alarm_of_a_composite_alarm_counts(
        self, watching: Watching, judge: Judge
    ) -> None:
        watching.trail()
        watching.filters([metric_filter("keys", BOTH)])
        inner = composite("ALARM(alarm-keys)", AlarmName="inner", AlarmActions=[])
        watching.alarms(alarm("keys", AlarmActions=[]), composite("ALARM(inner)"), inner)
        assert (await only(judge)).status is PASS

    async def test_a_rule_that_cannot_be_read_is_not_assessed(self, watching: Watching, judge: Judge) -> None:
        watching.trail()
        watching.filters([metric_filter("keys", BOTH)])
        watching.alarms(alarm("keys", AlarmActions=[]), composite("MOST_OF(alarm-keys, x)"))
        found = await only(judge)
        assert found.status is NOT_ASSESSED
        assert "cannot read the rule of a composite alarm" in found.reason

    @pytest.mark.parametrize("gone", [False, True])
    async def test_an_alarm_whose_topic_has_no_subscriber_tells_nobody(
        self, watching: Watching, judge: Judge, gone: bool
    ) -> None:
        watching.trail()
        watching.filters([metric_filter("keys", BOTH)])
        if gone:
            missing = watching.aws.refusal("NotFound", "Topic does not exist")
            watching.aws.answer("sns", "ListSubscriptionsByTopic", missing)
        watching.alarms(alarm("keys"), subscribed=0)
        found = await only(judge)
        assert found.status is FAIL
        assert "notifies nobody" in found.reason
        assert found.evidence["silent_topics"] == [TOPIC]

    async def test_a_topic_that_cannot_be_read_is_not_assessed(
        self, watching: Watching, judge: Judge
    ) -> None:
        watching.trail()
        watching.filters([metric_filter("keys", BOTH)])
        watching.aws.denied("sns", "ListSubscriptionsByTopic")
        watching.alarms(alarm("keys"))
        found = await only(judge)
        assert found.status is NOT_ASSESSED
        assert found.evidence["missing_permission"] == "sns:ListSubscriptionsByTopic"

    @pytest.mark.parametrize(
        "other",
        [
            TOPIC.replace(ACCOUNT, "999988887777"),
            f"arn:aws:lambda:{HOME}:{ACCOUNT}:function:tell",
        ],
    )
    async def test_an_action_besides_a_silent_topic_tells_somebody(
        self, watching: Watching, judge: Judge, other: str
    ) -> None:
        watching.trail()
        watching.filters([metric_filter("keys", BOTH)])
        watching.alarms(alarm("keys", AlarmActions=[TOPIC, other]), subscribed=0)
        found = await only(judge)
        assert found.status is PASS
        assert found.evidence["topics_without_subscription"] == [TOPIC]

    @pytest.mark.parametrize(("threshold", "status"), [(5.0, PASS), (50.0, FAIL)])
    async def test_everyday_failures_may_be_counted_for_a_while(
        self, watching: Watching, judge: Judge, threshold: float, status: Status
    ) -> None:
        watching.trail()
        watching.filters([metric_filter("logins", '{ $.errorMessage = "Failed authentication" }')])
        watching.alarms(alarm("logins", Threshold=threshold))
        found = await only(judge, "aws-cw-006")
        assert found.status is status
        assert f"after {threshold:.0f} of them" in found.reason

    @pytest.mark.parametrize("value", ["0", "$.count"])
    async def test_a_filter_that_does_not_count_is_not_built_upon(
        self, watching: Watching, judge: Judge, value: str
    ) -> None:
        watching.trail()
        watching.filters([metric_filter("keys", BOTH, metricValue=value)])
        watching.alarms()
        found = await only(judge)
        assert (found.status, found.evidence["metric_name"]) == (FAIL, "")

    async def test_a_group_of_another_class_has_no_filters(self, watching: Watching, judge: Judge) -> None:
        watching.trail()
        watching.filters([])
        watching.alarms()
        group = {"logGroupName": "events", "logGroupClass": "INFREQUENT_ACCESS"}
        watching.aws.answer("logs", "DescribeLogGroups", {"logGroups": [group]}, region=HOME)
        found = await only(judge)
        assert (found.status, found.evidence["log_group_class"]) == (FAIL, "INFREQUENT_ACCESS")
        assert "has no metric filters" in found.reason

    async def test_fifteen_checks_share_their_calls(self, watching: Watching, judge: Judge) -> None:
        watching.trail()
        watching.filters([metric_filter("keys", BOTH)])
        watching.alarms(alarm("keys"))
        found = await judge(*(f"aws-cw-{number:03}" for number in range(1, 16)))
        assert [each.check_id for each in found if each.status is PASS] == [CHECK]
        assert len(found) == 15
        for operation in ("DescribeTrails", "GetTrailStatus", "DescribeMetricFilters", "DescribeAlarms"):
            assert len(watching.aws.asked(operation)) == 1, operation


class TestLogGroups:
    def groups(self, aws: Any, *pages: list[tuple[str, str]]) -> None:
        aws.pages(
            "logs",
            "DescribeLogGroups",
            *(
                [
                    {
                        "logGroupName": name,
                        "arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}:*",
                        **({"kmsKeyId": key} if key else {}),
                    }
                    for name, key in page
                ]
                for page in pages
            ),
        )

    def deliveries(self, aws: Any) -> None:
        trail = {"Name": "main", "CloudWatchLogsLogGroupArn": group_arn("audit", REGION)}
        aws.answer("cloudtrail", "DescribeTrails", {"trailList": [trail]})
        aws.answer(
            "ec2", "DescribeFlowLogs", {"FlowLogs": [{"FlowLogId": "fl-1", "LogGroupName": "traffic"}]}
        )

    async def test_what_is_delivered_to_a_group_decides_and_names_only_help(
        self, aws: Any, judge: Judge
    ) -> None:
        self.deliveries(aws)
        self.groups(
            aws,
            [("audit", ""), ("traffic", "arn:aws:kms:eu-central-1:111122223333:key/k"), ("app", "")],
            [("old-CloudTrail", ""), ("/aws/lambda/vpc-flow-logs-cleaner", ""), ("/vpc/prod", "")],
        )
        found = {each.resource_name: each for each in await judge("aws-cw-016")}
        assert {name: each.status for name, each in found.items()} == {
            "audit": FAIL,
            "traffic": PASS,
            "old-CloudTrail": FAIL,
            "/vpc/prod": FAIL,
        }
        assert found["audit"].resource_id == f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:audit"

    async def test_unread_deliveries_are_said_and_known_groups_still_judged(
        self, aws: Any, judge: Judge
    ) -> None:
        aws.denied("ec2", "DescribeFlowLogs")
        self.deliveries(aws)
        self.groups(aws, [("audit", ""), ("traffic", "")])
        found = {each.resource_name: each for each in await judge("aws-cw-016")}
        assert {name: each.status for name, each in found.items()} == {"audit": FAIL, REGION: NOT_ASSESSED}
        assert found[REGION].evidence["missing_permission"] == "ec2:DescribeFlowLogs"

    async def test_denied_log_groups_are_not_assessed(self, aws: Any, judge: Judge) -> None:
        aws.denied("logs", "DescribeLogGroups")
        self.deliveries(aws)
        [found] = await judge("aws-cw-016")
        assert found.status is NOT_ASSESSED
