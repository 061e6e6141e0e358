from __future__ import annotations

from typing import Any

import pytest

from cloud_audit_tui.checks.services.cloudwatch import alarm_rules
from cloud_audit_tui.checks.services.cloudwatch.alarm_rules import AlarmRule
from cloud_audit_tui.checks.services.cloudwatch.metric_filters import (
    DEEPEST,
    PatternError,
    is_json_pattern,
    parse,
)
from each_row import each_row

EVENT: dict[str, Any] = {
    "eventName": "CreateUser",
    "userIdentity": {"type": "IAMUser", "user.name": "alice"},
    "items": [{"port": 22}, {"port": 443}],
    "count": 400,
    "ok": True,
    "off": False,
    "nothing": None,
    "text": 'a "b" \\ c',
    "source": "10.1.2.3",
}


def test_a_pattern_means_what_aws_documents() -> None:
    rows = [
        ('{ $.eventName = "CreateUser" }', True),
        ("{$.eventName=CreateUser}", True),
        ("{ $.eventName = createuser }", False),
        ("{ $.eventName = Create }", False),
        ("{ $.eventName = Create* }", True),
        ('{ $.eventName = "*User" }', True),
        ('{ $.eventName = "*eateU*" }', True),
        ("{ $.eventName = * }", True),
        ("{ $.absent = * }", False),
        ("{ $.eventName != DeleteUser }", True),
        ("{ $.absent != anything }", False),
        ("{ $.absent NOT EXISTS }", True),
        ("{ $.nothing NOT EXISTS }", False),
        ("{ $.eventName EXISTS }", True),
        ("{ $.nothing IS NULL }", True),
        ("{ $.absent IS NULL }", False),
        ("{ $.ok IS TRUE }", True),
        ("{ $.ok IS FALSE }", False),
        ("{ $.off IS FALSE && $.ok = true }", True),
        ("{ $.count = 400 }", True),
        ("{ $.count = 4* }", True),
        ("{ $.count >= 4e2 && $.count < 401 }", True),
        ("{ $.count > 400 }", False),
        ("{ $.eventName > 1 }", False),
        ("{ $.source = 10.1.* }", True),
        ("{ $.items[1].port = 443 }", True),
        ("{ $.items[*].port = 22 }", True),
        ("{ $.items[7].port = 22 }", False),
        ("{ $.userIdentity['user.name'] = alice }", True),
        ('{ $.text = "a \\"b\\" \\\\ c" }', True),
        ("{ $.eventName = %^Create.*r$% }", True),
        ("{ $.eventName != %^Create% }", False),
        ("{ $.ok IS FALSE || $.eventName = CreateUser && $.count = 1 }", False),
        ("{ ($.ok IS TRUE || $.eventName = x) && $.count = 400 }", True),
        ("{ $.eventName = x || $.count = 400 && $.ok IS TRUE }", True),
    ]
    with each_row() as row:
        for pattern, matches in rows:
            with row(pattern):
                assert parse(pattern).matches(EVENT) is matches


def test_what_is_no_json_pattern_is_an_error_that_says_where() -> None:
    rows = [
        "",
        "{}",
        "{ $.a }",
        "{ $.a = }",
        "{ $.a = b",
        "{ $.a = b } tail",
        "{ $.a = b || ... }",
        "{ ($.a = b }",
        '{ $.a = "b }',
        "{ $.a > x }",
        "{ $.a = %(x)% }",
        "{ $.a = %[% }",
        "{ $ = b }",
        "ERROR",
        "{" + "(" * (DEEPEST + 1) + "$.a = b" + ")" * (DEEPEST + 1) + "}",
    ]
    with each_row() as row:
        for pattern in rows:
            with row(pattern[:60]), pytest.raises(PatternError, match="was expected at character"):
                parse(pattern)


def test_patterns_of_terms_and_columns_are_told_apart() -> None:
    assert is_json_pattern("  { $.a = b }")
    assert not is_json_pattern("?CreateUser ?DeleteUser")
    assert not is_json_pattern("[a, b]")
    assert not is_json_pattern("")


RULES = {rule.name: rule for rule in vars(alarm_rules).values() if isinstance(rule, AlarmRule)}


def events_missed(rule: str, pattern: str) -> list[str]:
    return RULES[rule].missed([parse(pattern)])


def test_a_pattern_that_catches_all_events_is_good_however_it_is_written() -> None:
    rows = [
        (
            "unauthorized-api-calls",
            '{ ($.errorCode ="*UnauthorizedOperation") || ($.errorCode ="AccessDenied*") && '
            '($.sourceIPAddress!="delivery.logs.amazonaws.com") && ($.eventName!="HeadBucket") }',
        ),
        (
            "unauthorized-api-calls",
            "{($.errorCode = *UnauthorizedOperation*) || ($.errorCode=AccessDenied*)}",
        ),
        (
            "console-login-without-mfa",
            '{ $.eventName = "ConsoleLogin" && $.additionalEventData.MFAUsed != "Yes" }',
        ),
        ("console-authentication-failures", '{ $.responseElements.ConsoleLogin = "Failure" }'),
        ("organizations-changes", "{ $.eventSource = organizations.amazonaws.com }"),
    ]
    with each_row() as row:
        for rule, pattern in rows:
            with row(pattern):
                assert events_missed(rule, pattern) == []


def test_a_pattern_that_only_looks_right_misses_events() -> None:
    rows = [
        ("root-usage", '{ $.userIdentity.type != "Root" }', "a call of the root user"),
        (
            "root-usage",
            '{ $.userIdentity.type = "Root" && $.eventName = ConsoleLogin }',
            "a call of the root user",
        ),
        (
            "unauthorized-api-calls",
            "{ $.errorCode = UnauthorizedAccess }",
            "CreateUser refused with AccessDenied",
        ),
        (
            "console-login-without-mfa",
            '{ $.eventName = ConsoleLogin && $.errorMessage = "Failed authentication" }',
            "a user's sign-in with MFAUsed No",
        ),
        (
            "iam-policy-changes",
            "{ $.eventName = DeletePolicyVersion || $.eventName = PutRolePolicy }",
            "DeletePolicy",
        ),
        ("cloudtrail-changes", "{ $.eventName = UpdateTrail || $.eventName = StopLogging }", "DeleteTrail"),
        (
            "console-authentication-failures",
            "{ $.eventName = ConsoleLogin && $.errorMessage NOT EXISTS }",
            "a sign-in with Failed authentication",
        ),
        (
            "kms-key-disable-or-deletion",
            "{ $.eventSource = kms.amazonaws.com && $.eventName = DisableKeyRotation }",
            "DisableKey",
        ),
        (
            "s3-bucket-policy-changes",
            "{ $.eventSource = s3* && $.eventName = PutBucketAcl }",
            "PutBucketPolicy",
        ),
        ("aws-config-changes", "{ $.eventName = PutConfigurationRecorder }", "StopConfigurationRecorder"),
        ("security-group-changes", "{ $.eventName = *SecurityGroupIngress }", "CreateSecurityGroup"),
        ("network-acl-changes", "{ $.eventName = ReplaceNetworkAclEntry }", "CreateNetworkAcl"),
        ("network-gateway-changes", "{ $.eventName = *InternetGateway }", "CreateCustomerGateway"),
        (
            "route-table-changes",
            "{ $.eventName = CreateRouteTable || $.eventName = DeleteRouteTable }",
            "DeleteRoute",
        ),
        ("vpc-changes", "{ $.eventName = *VpcPeeringConnection }", "CreateVpc"),
        ("vpc-changes", "{ $.eventSource = ec2* && $.awsRegion = us-east-1 }", "DeleteVpc"),
        (
            "organizations-changes",
            "{ $.eventSource = organizations.amazonaws.com && $.eventName = ListAccounts }",
            "MoveAccount",
        ),
    ]
    with each_row() as row:
        for rule, pattern, one_missed in rows:
            with row(pattern):
                assert one_missed in events_missed(rule, pattern)
