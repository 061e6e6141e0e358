"""A condition holds, does not hold, or cannot be decided."""

from __future__ import annotations

from typing import Any

from cloud_audit_tui.iam.policy import Statement, parse
from cloud_audit_tui.iam.request_context import RequestContext

CONTEXT = RequestContext(
    {"aws:principalarn": ("arn:aws:iam::111122223333:user/a",), "aws:securetransport": ("true",)},
    frozenset({"iam:permissionsboundary"}),
).with_keys(iam__PassedToService=["lambda.amazonaws.com"])

KEY = "iam:PermissionsBoundary"
CASES: list[tuple[dict[str, Any], bool | None]] = [
    ({"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}, True),
    ({"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}, False),
    ({"StringNotEquals": {"iam:passedtoservice": "ec2.amazonaws.com"}}, True),
    ({"StringLike": {"iam:PassedToService": ["ec2.*", "lambda.*"]}}, True),
    ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/a"}}, False),
    ({"Bool": {"aws:SecureTransport": "true"}}, True),
    ({"Bool": {"aws:SecureTransport": "True"}}, True),
    ({"StringEquals": {"iam:PassedToService": "Lambda.amazonaws.com"}}, False),
    ({"StringNotEquals": {"iam:PassedToService": "Lambda.amazonaws.com"}}, True),
    ({"StringEqualsIgnoreCase": {"iam:PassedToService": "Lambda.amazonaws.com"}}, True),
    ({"StringNotEqualsIgnoreCase": {"iam:PassedToService": "Lambda.amazonaws.com"}}, False),
    ({"StringEquals": {KEY: "arn:aws:iam::111122223333:policy/b"}}, False),
    ({"StringEqualsIfExists": {KEY: "x"}}, True),
    ({"StringNotEquals": {KEY: "x"}}, True),
    ({"ForAllValues:StringEquals": {KEY: "x"}}, True),
    ({"ForAnyValue:StringEquals": {KEY: "x"}}, False),
    ({"ForAnyValue:StringNotEquals": {KEY: "x"}}, False),
    ({"ForAnyValue:StringNotEqualsIfExists": {KEY: "x"}}, True),
    ({"Null": {KEY: "true"}}, True),
    ({"Null": {KEY: "false"}}, False),
    ({"Null": {"aws:PrincipalArn": "true"}}, False),
    ({"Null": {"aws:SourceVpce": "false"}}, None),
    ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, None),
    ({"StringEquals": {"aws:PrincipalArn": "${aws:PrincipalArn}"}}, None),
]


def statement(effect: str, condition: dict[str, Any]) -> Statement:
    document = {"Effect": effect, "Action": "*", "Resource": "*", "Condition": condition}
    return parse({"Version": "2012-10-17", "Statement": [document]}).statements[0]


def test_a_condition_holds_or_not_or_nobody_can_tell() -> None:
    wrong = []
    for condition, holds in CASES:
        [parsed_condition] = statement("Allow", condition).conditions
        if CONTEXT.holds(parsed_condition) is not holds:
            wrong.append((condition, CONTEXT.holds(parsed_condition)))
    assert wrong == []


def test_undecided_keys_are_named_as_the_policy_writes_them() -> None:
    inside = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "Bool": {"aws:SecureTransport": "true"}}
    assert CONTEXT.allows(statement("Allow", inside)) == ("aws:SourceIp",)
    assert CONTEXT.denies(statement("Deny", inside)) == ("aws:SourceIp",)
    assert CONTEXT.allows(statement("Allow", {"Bool": {"aws:SecureTransport": "false"}})) is None


def test_the_caller_chooses_some_keys_to_be_allowed_and_not_denied() -> None:
    condition = {"StringEquals": {"aws:RequestTag/team": "ops"}}
    assert CONTEXT.allows(statement("Allow", condition)) == ()
    assert CONTEXT.denies(statement("Deny", condition)) is None
