"""The checks that require an alarm on an event, by what their explanations are about."""

from __future__ import annotations

from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.checks.explanation import explanation

ALARM_CHECKS = tuple(
    check_id
    for check_id in all_checks()
    if explanation(check_id).about.resource_type == "AWS::CloudWatch::Alarm"
)
