"""The fixes of the alarm checks: filters that match all events, and alarms that replace nothing."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from alarm_checks import ALARM_CHECKS
from cloud_audit_tui.checks.services.cloudwatch import alarm_rules
from cloud_audit_tui.checks.services.cloudwatch.alarm_rules import AlarmRule
from cloud_audit_tui.checks.services.cloudwatch.metric_filters import parse
from cloud_audit_tui.model import AccountScope, Finding, Severity, Status
from cloud_audit_tui.remediation.render import render
from each_row import each_row
from remediation.findings_to_fix import HOSTILE
from remediation.script_syntax import look_at_syntax
from remediation.terraform_proof import parsed, static_faults, string_value

if TYPE_CHECKING:
    from cloud_audit_tui.remediation.render import Remediation
    from remediation.cli_proof import CliProof
    from remediation.terraform_proof import TerraformProof

ACCOUNT, REGION = "111122223333", "eu-west-1"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:security-alerts"
INPUTS = {"SNS_TOPIC_ARN": TOPIC, "KMS_KEY_ARN": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k-1"}
RULES = [rule for rule in vars(alarm_rules).values() if isinstance(rule, AlarmRule)]
BY_CHECK = dict(zip(ALARM_CHECKS, RULES, strict=True))
"""The rule of each alarm check; the rules stand in the order of the checks."""
FACTS: dict[str, Any] = {
    "trail_name": "main",
    "log_group_name": "aws-cloudtrail-logs-main",
    "log_group_gone": False,
    "suffix": "",
    "filter_count": 3,
    "disabled_alarms": [],
    "filter_name": "",
    "metric_namespace": "",
    "metric_name": "",
}
GROUP = {"log_group_name": "aws-cloudtrail-logs-main", "kms_key_id": "", "retention_in_days": 365}


def finding_of(check: str, evidence: dict[str, Any]) -> Finding:
    return Finding(
        check_id=check,
        status=Status.FAIL,
        severity=Severity.MEDIUM,
        profile="prod",
        account_id=ACCOUNT,
        region=REGION,
        partition="aws",
        subject=AccountScope("AWS::CloudWatch::Alarm"),
        title="",
        reason="",
        evidence=evidence,
    )


@cache
def scripts() -> list[str]:
    """Return the scripts of all filters, which are looked at together."""
    return [render(finding_of(check, FACTS)).cli for check in BY_CHECK]


@pytest.mark.parametrize("check", BY_CHECK)
def test_the_filter_matches_every_event_and_the_alarm_watches_it(cli_proof: CliProof, check: str) -> None:
    look_at_syntax(scripts())
    proof = cli_proof.prove(render(finding_of(check, FACTS)).cli, INPUTS, {}, ("prod",), check)
    assert proof.faults == []
    listing, put_filter, put_alarm = proof.calls
    assert (listing.operation, listing.parameters) == ("sns:ListSubscriptionsByTopic", {"TopicArn": TOPIC})
    pattern = put_filter.parameters["filterPattern"]
    assert BY_CHECK[check].missed([parse(pattern)]) == []
    assert put_filter.parameters["logGroupName"] == FACTS["log_group_name"]
    [transformation] = put_filter.parameters["metricTransformations"]
    alarm = put_alarm.parameters
    assert (alarm["Namespace"], alarm["MetricName"]) == (
        transformation["metricNamespace"],
        transformation["metricName"],
    )
    assert alarm["AlarmActions"] == [TOPIC]
    assert f"--region={REGION}" in proof.arguments[0]


@pytest.mark.parametrize("check", BY_CHECK)
def test_the_terraform_file_holds_the_same_pattern(check: str) -> None:
    text = render(finding_of(check, FACTS)).terraform
    assert static_faults(text) == []
    [filter_block] = [
        each for each in parsed(text)["resource"] if '"aws_cloudwatch_log_metric_filter"' in each
    ]
    [body] = filter_block['"aws_cloudwatch_log_metric_filter"'].values()
    assert BY_CHECK[check].missed([parse(string_value(body["pattern"]))]) == []


def test_terraform_takes_the_files_as_they_are(terraform_proof: TerraformProof) -> None:
    ready = {**FACTS, "filter_name": "mine", "metric_namespace": "CT", "metric_name": "mine"}
    findings = [
        *(finding_of(check, FACTS) for check in BY_CHECK),
        finding_of("aws-cw-001", ready),
        finding_of("aws-cw-016", GROUP),
    ]
    texts = [render(finding).terraform for finding in findings]
    for finding, text in zip(findings, texts, strict=True):
        assert terraform_proof.faults(text, texts) == [], finding.check_id
    assert terraform_proof.all_formatted(texts) == texts


def test_a_filter_that_matches_already_gets_only_an_alarm(cli_proof: CliProof) -> None:
    ready = {**FACTS, "filter_name": "mine", "metric_namespace": "CT", "metric_name": "mine"}
    proof = cli_proof.prove(render(finding_of("aws-cw-004", ready)).cli, INPUTS, {}, ("prod",), "aws-cw-004")
    assert proof.faults == []
    _, call = proof.calls
    assert (call.operation, call.parameters["MetricName"]) == ("cloudwatch:PutMetricAlarm", "mine")


def test_a_disabled_alarm_is_enabled_and_nothing_is_made(cli_proof: CliProof) -> None:
    ready = {**FACTS, "metric_name": "mine", "disabled_alarms": ["mine's"]}
    remediation = render(finding_of("aws-cw-004", ready))
    proof = cli_proof.prove(remediation.cli, {}, {}, ("prod",), "aws-cw-004")
    assert proof.faults == []
    assert [(call.operation, call.parameters) for call in proof.calls] == [
        ("cloudwatch:EnableAlarmActions", {"AlarmNames": ["mine's"]})
    ]
    assert "actions_enabled = true" in remediation.note


def test_where_only_a_subscriber_is_missing_one_is_added(cli_proof: CliProof) -> None:
    ready = {**FACTS, "metric_name": "mine", "silent_topics": [TOPIC]}
    remediation = render(finding_of("aws-cw-004", ready))
    proof = cli_proof.prove(
        remediation.cli, {"CONTACT_EMAIL": "security@example.com"}, {}, ("prod",), "aws-cw-004"
    )
    assert proof.faults == []
    [call] = proof.calls
    assert call.operation == "sns:Subscribe"
    assert call.parameters == {
        "TopicArn": TOPIC,
        "Protocol": "email",
        "Endpoint": "security@example.com",
    }
    assert "aws_sns_topic_subscription" in remediation.note


def test_no_alarm_is_made_for_a_topic_without_a_subscriber(cli_proof: CliProof) -> None:
    answers = {"sns list-subscriptions-by-topic": "0\n"}
    proof = cli_proof.prove(render(finding_of("aws-cw-001", FACTS)).cli, INPUTS, answers, ("prod",))
    assert "the script ends with exit code 1" in proof.faults
    assert [call.operation for call in proof.calls] == ["sns:ListSubscriptionsByTopic"]


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        ({"log_group_name": "", "first": "aws-ct-008", "left_out": ""}, "aws-ct-008"),
        ({"log_group_name": "", "first": "aws-ct-001", "left_out": ""}, "aws-ct-001 and aws-ct-008"),
        ({"log_group_name": "", "first": "aws-ct-001", "left_out": "kms.amazonaws.com"}, "excludes"),
        ({**FACTS, "log_group_gone": True}, "does not exist"),
        ({**FACTS, "log_group_class": "INFREQUENT_ACCESS"}, "of class STANDARD"),
    ],
)
def test_without_a_log_group_the_note_says_what_comes_first(evidence: dict[str, Any], words: str) -> None:
    remediation = render(finding_of("aws-cw-007", evidence))
    assert (remediation.cli, remediation.terraform) == ("", "")
    assert words in remediation.note


def test_a_full_log_group_gets_no_script() -> None:
    assert "allows 100" in render(finding_of("aws-cw-002", {**FACTS, "filter_count": 100})).note


def test_a_log_group_gets_the_key(cli_proof: CliProof) -> None:
    proof = cli_proof.prove(render(finding_of("aws-cw-016", GROUP)).cli, INPUTS, {}, ("prod",), "aws-cw-016")
    assert proof.faults == []
    [call] = proof.calls
    assert call.parameters == {"logGroupName": GROUP["log_group_name"], "kmsKeyId": INPUTS["KMS_KEY_ARN"]}


def hostile_fixes(hostile: str) -> list[Remediation]:
    """Return the fixes of findings in which everything that somebody can name is called so."""
    alarmed = {**FACTS, "log_group_name": hostile, "metric_namespace": hostile, "metric_name": hostile}
    return [
        render(finding_of(check, evidence))
        for check, evidence in (
            ("aws-cw-001", {**FACTS, "log_group_name": hostile}),
            ("aws-cw-001", alarmed),
            ("aws-cw-001", {**FACTS, "disabled_alarms": [hostile]}),
            ("aws-cw-016", {**GROUP, "log_group_name": hostile}),
        )
    ]


def test_hostile_names_stay_names(cli_proof: CliProof) -> None:
    fixes = {name: hostile_fixes(name) for name in HOSTILE if name}
    look_at_syntax(fix.cli for of_name in fixes.values() for fix in of_name)
    with each_row() as row:
        for name, of_name in fixes.items():
            with row(name):
                for fix in of_name:
                    proof = cli_proof.prove(fix.cli, INPUTS, {}, ("prod",))
                    # AWS gives no such names, so botocore's patterns for them refuse some.
                    assert [fault for fault in proof.faults if "does not match" not in fault] == []
                    assert proof.calls
                    if fix.terraform:
                        assert static_faults(fix.terraform) == []
