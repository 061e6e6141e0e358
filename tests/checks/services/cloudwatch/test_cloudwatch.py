from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from alarm_checks import ALARM_CHECKS
from cloud_audit_tui.model import Finding, Status
from each_row import each_row

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


class Monitoring:
    """A trail whose home region is not scanned, with filters and alarms in that region."""

    def __init__(self, aws: Any) -> None:
        self.aws = aws

    def trail(
        self, *, arn: str = TRAIL, group: str | None = None, selectors: Any = None, logging: bool = True
    ) -> None:
        description = {
            "Name": "main",
            "TrailARN": arn,
            "HomeRegion": HOME,
            "S3BucketName": "logs",
            "IsMultiRegionTrail": True,
        }
        if group != "":
            description["CloudWatchLogsLogGroupArn"] = group or group_arn()
        self.aws.answer("cloudtrail", "DescribeTrails", {"trailList": [description]}, region="us-east-1")
        self.aws.answer("cloudtrail", "GetTrailStatus", {"IsLogging": logging}, region=HOME)
        self.aws.answer("cloudtrail", "GetEventSelectors", selectors or {"EventSelectors": []}, region=HOME)

    def filters(self, *pages: list[dict[str, Any]]) -> None:
        self.aws.pages("logs", "DescribeMetricFilters", *pages, region=HOME, logGroupName="events")

    def alarms(self, *alarms: dict[str, Any], subscribers: int = 1) -> None:
        metric = [each for each in alarms if "AlarmRule" not in each]
        composite = [each for each in alarms if "AlarmRule" in each]
        answer = {"MetricAlarms": metric, "CompositeAlarms": composite}
        self.aws.answer("cloudwatch", "DescribeAlarms", answer, region=HOME)
        pending = [{"SubscriptionArn": "PendingConfirmation", "TopicArn": TOPIC}]
        subscriptions = [
            {"SubscriptionArn": f"{TOPIC}:{number}", "TopicArn": TOPIC} for number in range(subscribers)
        ]
        self.aws.pages("sns", "ListSubscriptionsByTopic", pending, subscriptions, region=HOME)


@pytest.fixture
def monitoring(aws: Any) -> Monitoring:
    return Monitoring(aws)


async def only(judge: Judge, check: str = CHECK) -> Finding:
    [finding] = await judge(check)
    return finding


class TestAlarms:
    async def test_a_filter_and_an_alarm_in_the_groups_region_pass(
        self, monitoring: Monitoring, judge: Judge
    ) -> None:
        monitoring.trail()
        monitoring.filters([metric_filter("keys", BOTH)])
        monitoring.alarms(alarm("other"), alarm("keys"))
        finding = await only(judge)
        assert (finding.status, finding.region) == (PASS, HOME)
        assert finding.resource_id == f"arn:aws:iam::{ACCOUNT}:root"
        assert finding.resource_type == "AWS::CloudWatch::Alarm"
        assert finding.evidence["alarms"] == ["alarm-keys"]

    async def test_filters_of_a_second_page_may_share_the_events(
        self, monitoring: Monitoring, judge: Judge
    ) -> None:
        monitoring.trail()
        monitoring.filters([metric_filter("one", DISABLE)], [metric_filter("two", DELETE)])
        monitoring.alarms(alarm("one"), alarm("two"))
        finding = await only(judge)
        assert finding.status is PASS
        assert finding.evidence["filters"] == ["one", "two"]

    async def test_an_alarm_of_metric_math_counts(self, monitoring: Monitoring, judge: Judge) -> None:
        monitoring.trail()
        monitoring.filters([metric_filter("keys", BOTH)])
        stat = {"Metric": {"Namespace": "CT", "MetricName": "keys"}, "Period": 300, "Stat": "Sum"}
        math = alarm("keys", Metrics=[{"Id": "m1", "MetricStat": stat}])
        for member in ("MetricName", "Namespace", "Statistic"):
            del math[member]
        monitoring.alarms(math)
        assert (await only(judge)).status is PASS

    async def test_an_expression_is_not_computed(self, monitoring: Monitoring, judge: Judge) -> None:
        monitoring.trail()
        monitoring.filters([metric_filter("keys", BOTH)])
        stat = {"Metric": {"Namespace": "CT", "MetricName": "keys"}, "Period": 300, "Stat": "Sum"}
        queries = [{"Id": "m1", "MetricStat": stat}, {"Id": "e1", "Expression": "m1 * 0"}]
        expression_alarm = alarm("keys", Metrics=queries)
        for member in ("MetricName", "Namespace", "Statistic"):
            del expression_alarm[member]
        monitoring.alarms(expression_alarm)
        finding = await only(judge)
        assert finding.status is NOT_ASSESSED
        assert "cannot tell when" in finding.reason

    async def test_what_does_not_fire_fails(self, judge: Judge, aws: Any) -> None:
        rows: list[tuple[list[Any], list[Any], str]] = [
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
        ]
        with each_row() as row:
            for filters, alarms, words in rows:
                with row((filters, alarms)):
                    aws.restart()
                    monitoring = Monitoring(aws)
                    monitoring.trail()
                    monitoring.filters(filters)
                    monitoring.alarms(*alarms)
                    finding = await only(judge)
                    assert (finding.status, finding.region) == (FAIL, HOME)
                    assert words in finding.reason
                    assert finding.evidence["log_group_name"] == "events"

    async def test_names_that_are_taken_are_not_given_again(
        self, monitoring: Monitoring, judge: Judge
    ) -> None:
        monitoring.trail()
        name = "kms-key-disable-or-deletion"
        monitoring.filters([metric_filter(name, DISABLE)])
        monitoring.alarms(alarm("x", AlarmName=f"{name}-2"))
        assert (await only(judge)).evidence["suffix"] == "-3"

    async def test_a_filter_that_is_there_is_built_upon(self, monitoring: Monitoring, judge: Judge) -> None:
        monitoring.trail()
        monitoring.filters([metric_filter("keys", BOTH)])
        monitoring.alarms(alarm("keys", ActionsEnabled=False))
        evidence = (await only(judge)).evidence
        assert (evidence["metric_namespace"], evidence["metric_name"]) == ("CT", "keys")
        assert evidence["disabled_alarms"] == ["alarm-keys"]

    @pytest.mark.parametrize(
        "unsupported",
        [
            metric_filter("keys", "{ $.eventName ~ DisableKey }"),
            {**metric_filter("keys", BOTH), "fieldSelectionCriteria": '@aws.region = "us-east-1"'},
            {**metric_filter("keys", BOTH), "applyOnTransformedLogs": True},
        ],
    )
    async def test_an_alarmed_filter_that_cannot_be_judged_is_not_assessed(
        self, monitoring: Monitoring, judge: Judge, unsupported: dict[str, Any]
    ) -> None:
        monitoring.trail()
        monitoring.filters([unsupported])
        monitoring.alarms(alarm("keys"))
        verdict = await only(judge)
        assert verdict.status is NOT_ASSESSED
        assert 'cannot judge the pattern of metric filter "keys"' in verdict.reason

    @pytest.mark.parametrize("permission", ["logs:DescribeMetricFilters", "cloudwatch:DescribeAlarms"])
    async def test_a_denied_read_is_not_assessed(
        self, monitoring: Monitoring, judge: Judge, permission: str
    ) -> None:
        monitoring.trail()
        monitoring.aws.denied(*permission.split(":"))
        monitoring.filters([])
        monitoring.alarms()
        finding = await only(judge)
        assert finding.status is NOT_ASSESSED
        assert finding.evidence["missing_permission"] == permission

    async def test_a_group_that_is_gone_fails(self, monitoring: Monitoring, judge: Judge) -> None:
        monitoring.trail()
        not_there = monitoring.aws.refusal(
            "ResourceNotFoundException", "The specified log group does not exist."
        )
        monitoring.aws.answer("logs", "DescribeMetricFilters", not_there)
        monitoring.alarms()
        finding = await only(judge)
        assert finding.status is FAIL
        assert finding.evidence["log_group_gone"] is True

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
        self, monitoring: Monitoring, judge: Judge, trail: dict[str, Any], first: str, words: str
    ) -> None:
        monitoring.trail(**trail)
        monitoring.filters([metric_filter("keys", BOTH)])
        monitoring.alarms(alarm("keys"))
        finding = await only(judge)
        assert finding.status is FAIL
        assert finding.evidence["first"] == first
        assert words in finding.reason

    async def test_a_log_group_of_another_account_is_not_assessed(
        self, monitoring: Monitoring, judge: Judge
    ) -> None:
        arn = TRAIL.replace(ACCOUNT, "999988887777")
        monitoring.trail(arn=arn, group=group_arn(account="999988887777"))
        finding = await only(judge)
        assert finding.status is NOT_ASSESSED
        assert "account 999988887777" in finding.reason

    async def test_a_composite_alarm_speaks_for_an_alarm_without_actions(
        self, judge: Judge, aws: Any
    ) -> None:
        rows = [
            "ALARM(alarm-keys)",
            f'ALARM("arn:aws:cloudwatch:{HOME}:{ACCOUNT}:alarm:alarm-keys") OR ALARM(x)',
            "NOT OK(alarm-keys) AND NOT (ALARM(x) OR INSUFFICIENT_DATA(y))",
            "AT_LEAST(1, ALARM, (alarm-keys, x, y))",
        ]
        with each_row() as row:
            for rule in rows:
                with row(rule):
                    aws.restart()
                    monitoring = Monitoring(aws)
                    monitoring.trail()
                    monitoring.filters([metric_filter("keys", BOTH)])
                    monitoring.alarms(alarm("keys", AlarmActions=[]), composite(rule))
                    finding = await only(judge)
                    assert (finding.status, finding.evidence["alarms"]) == (PASS, ["alarm-keys"])
                    [request] = monitoring.aws.requests("DescribeAlarms")
                    assert {request["AlarmTypes.member.1"], request["AlarmTypes.member.2"]} == {
                        "CompositeAlarm",
                        "MetricAlarm",
                    }

    async def test_a_composite_alarm_of_a_composite_alarm_counts(
        self, monitoring: Monitoring, judge: Judge
    ) -> None:
        monitoring.trail()
        monitoring.filters([metric_filter("keys", BOTH)])
        inner = composite("ALARM(alarm-keys)", AlarmName="inner", AlarmActions=[])
        monitoring.alarms(alarm("keys", AlarmActions=[]), composite("ALARM(inner)"), inner)
        assert (await only(judge)).status is PASS

    async def test_a_rule_that_cannot_be_read_is_not_assessed(
        self, monitoring: Monitoring, judge: Judge
    ) -> None:
        monitoring.trail()
        monitoring.filters([metric_filter("keys", BOTH)])
        monitoring.alarms(alarm("keys", AlarmActions=[]), composite("MOST_OF(alarm-keys, x)"))
        finding = await only(judge)
        assert finding.status is NOT_ASSESSED
        assert "cannot read the rule of a composite alarm" in finding.reason

    @pytest.mark.parametrize("topic_gone", [False, True])
    async def test_an_alarm_whose_topic_has_no_subscriber_tells_nobody(
        self, monitoring: Monitoring, judge: Judge, topic_gone: bool
    ) -> None:
        monitoring.trail()
        monitoring.filters([metric_filter("keys", BOTH)])
        if topic_gone:
            missing = monitoring.aws.refusal("NotFound", "Topic does not exist")
            monitoring.aws.answer("sns", "ListSubscriptionsByTopic", missing)
        monitoring.alarms(alarm("keys"), subscribers=0)
        finding = await only(judge)
        assert finding.status is FAIL
        assert "notifies nobody" in finding.reason
        assert finding.evidence["silent_topics"] == [TOPIC]

    async def test_a_topic_that_cannot_be_read_is_not_assessed(
        self, monitoring: Monitoring, judge: Judge
    ) -> None:
        monitoring.trail()
        monitoring.filters([metric_filter("keys", BOTH)])
        monitoring.aws.denied("sns", "ListSubscriptionsByTopic")
        monitoring.alarms(alarm("keys"))
        finding = await only(judge)
        assert finding.status is NOT_ASSESSED
        assert finding.evidence["missing_permission"] == "sns:ListSubscriptionsByTopic"

    @pytest.mark.parametrize(
        "other",
        [
            TOPIC.replace(ACCOUNT, "999988887777"),
            f"arn:aws:lambda:{HOME}:{ACCOUNT}:function:tell",
        ],
    )
    async def test_an_action_besides_a_silent_topic_tells_somebody(
        self, monitoring: Monitoring, judge: Judge, other: str
    ) -> None:
        monitoring.trail()
        monitoring.filters([metric_filter("keys", BOTH)])
        monitoring.alarms(alarm("keys", AlarmActions=[TOPIC, other]), subscribers=0)
        finding = await only(judge)
        assert finding.status is PASS
        assert finding.evidence["topics_without_subscription"] == [TOPIC]

    @pytest.mark.parametrize(("threshold", "status"), [(5.0, PASS), (50.0, FAIL)])
    async def test_everyday_failures_may_be_counted_for_a_while(
        self, monitoring: Monitoring, judge: Judge, threshold: float, status: Status
    ) -> None:
        monitoring.trail()
        monitoring.filters([metric_filter("logins", '{ $.errorMessage = "Failed authentication" }')])
        monitoring.alarms(alarm("logins", Threshold=threshold))
        finding = await only(judge, "aws-cw-006")
        assert finding.status is status
        assert f"after {threshold:.0f} of them" in finding.reason

    @pytest.mark.parametrize("value", ["0", "$.count"])
    async def test_a_filter_that_does_not_count_is_not_built_upon(
        self, monitoring: Monitoring, judge: Judge, value: str
    ) -> None:
        monitoring.trail()
        monitoring.filters([metric_filter("keys", BOTH, metricValue=value)])
        monitoring.alarms()
        finding = await only(judge)
        assert (finding.status, finding.evidence["metric_name"]) == (FAIL, "")

    async def test_a_group_of_another_class_has_no_filters(
        self, monitoring: Monitoring, judge: Judge
    ) -> None:
        monitoring.trail()
        monitoring.filters([])
        monitoring.alarms()
        group = {"logGroupName": "events", "logGroupClass": "INFREQUENT_ACCESS"}
        monitoring.aws.answer("logs", "DescribeLogGroups", {"logGroups": [group]}, region=HOME)
        finding = await only(judge)
        assert (finding.status, finding.evidence["log_group_class"]) == (FAIL, "INFREQUENT_ACCESS")
        assert "has no metric filters" in finding.reason

    async def test_the_alarm_checks_share_their_calls(self, monitoring: Monitoring, judge: Judge) -> None:
        monitoring.trail()
        monitoring.filters([metric_filter("keys", BOTH)])
        monitoring.alarms(alarm("keys"))
        findings = await judge(*ALARM_CHECKS)
        assert [finding.check_id for finding in findings if finding.status is PASS] == [CHECK]
        assert len(findings) == len(ALARM_CHECKS)
        for operation in ("DescribeTrails", "GetTrailStatus", "DescribeMetricFilters", "DescribeAlarms"):
            assert len(monitoring.aws.requests(operation)) == 1, operation


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
        findings = {finding.resource_name: finding for finding in await judge("aws-cw-016")}
        assert {name: finding.status for name, finding in findings.items()} == {
            "audit": FAIL,
            "traffic": PASS,
            "old-CloudTrail": FAIL,
            "/vpc/prod": FAIL,
        }
        assert findings["audit"].resource_id == f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:audit"

    async def test_unread_deliveries_are_said_and_known_groups_still_judged(
        self, aws: Any, judge: Judge
    ) -> None:
        aws.denied("ec2", "DescribeFlowLogs")
        self.deliveries(aws)
        self.groups(aws, [("audit", ""), ("traffic", "")])
        findings = {finding.resource_name: finding for finding in await judge("aws-cw-016")}
        assert {name: finding.status for name, finding in findings.items()} == {
            "audit": FAIL,
            REGION: NOT_ASSESSED,
        }
        assert findings[REGION].evidence["missing_permission"] == "ec2:DescribeFlowLogs"

    async def test_denied_log_groups_are_not_assessed(self, aws: Any, judge: Judge) -> None:
        aws.denied("logs", "DescribeLogGroups")
        self.deliveries(aws)
        [finding] = await judge("aws-cw-016")
        assert finding.status is NOT_ASSESSED
