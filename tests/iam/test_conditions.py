"""Which conditions, of an Allow and of the Deny statements beside it, keep strangers out."""

from __future__ import annotations

from typing import Any

from cloud_audit_tui.iam.conditions import is_restricted, public_statements
from cloud_audit_tui.iam.policy import parse
from each_row import each_row

ORG = "o-abcde12345"
ALLOW = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "b/*"}
DENY = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["b", "b/*"]}


def restricted(condition: dict[str, Any], *denies: dict[str, Any]) -> bool:
    policy = parse({"Version": "2012-10-17", "Statement": [{**ALLOW, "Condition": condition}, *denies]})
    return is_restricted(policy, policy.statements[0])


def test_a_fixed_value_of_who_is_asking_restricts() -> None:
    rows: list[dict[str, Any]] = [
        {"StringEquals": {"aws:PrincipalOrgID": ORG}},
        {"StringEquals": {"AWS:principalorgid": [ORG, "o-zzzzz12345"]}},
        {"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}},
        {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{ORG}/r-ab12/*"}},
        {"StringEquals": {"aws:SourceAccount": "111122223333"}},
        {"StringLike": {"aws:PrincipalAccount": "111122223333"}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:111122223333:trail/*"}},
        {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::bucket"}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:bucket"}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}},
        {"StringEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}},
        {"StringEquals": {"aws:SourceVpc": "vpc-0123456789abcdef0"}},
        {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "2001:db8::/32", "198.51.100.7"]}},
        {"StringLike": {"aws:userid": "AROAEXAMPLEEXAMPLE12:*"}},
        {"StringEquals": {"kms:CallerAccount": "111122223333"}},
        {"StringEquals": {"s3:DataAccessPointAccount": "111122223333"}},
        {"StringEqualsIfExists": {"aws:PrincipalOrgID": ORG}, "Null": {"aws:PrincipalOrgID": "false"}},
        {"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:PrincipalOrgID": ORG}},
    ]
    with each_row() as row:
        for condition in rows:
            with row(condition):
                assert restricted(condition)


def test_nothing_else_does() -> None:
    rows: list[dict[str, Any]] = [
        {},
        {"Bool": {"aws:SecureTransport": "true"}},
        {"StringNotEquals": {"aws:PrincipalOrgID": ORG}},
        {"Null": {"aws:PrincipalOrgID": "false"}},
        {"Null": {"aws:PrincipalOrgID": "true"}},
        {"StringEqualsIfExists": {"aws:PrincipalOrgID": ORG}},
        {"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": f"{ORG}/*"}},
        {"StringLike": {"aws:PrincipalOrgID": "*"}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:bucket-*"}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:accesspoint/one"}},
        {"StringLike": {"aws:PrincipalOrgID": [ORG, "o-*"]}},
        {"StringEquals": {"aws:ResourceOrgID": ORG}},
        {"StringEquals": {"aws:PrincipalTag/team": "a"}},
        {"StringLike": {"aws:SourceArn": "arn:aws:s3:::*"}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:topic"}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}},
        {"StringLike": {"aws:SourceVpce": "vpce-*"}},
        {"StringEquals": {"aws:SourceAccount": "${aws:PrincipalTag/account}"}},
        {"StringEquals": {"aws:SourceAccount": []}},
        {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
        {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "0.0.0.0/1"]}},
        {"IpAddress": {"aws:SourceIp": "::/0"}},
        {"IpAddress": {"aws:SourceIp": [f"{octet}.0.0.0/8" for octet in range(256)]}},
        {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
        {"IpAddress": {"aws:SourceIp": "here"}},
        {"StringEquals": {"aws:username": "joe"}},
    ]
    with each_row() as row:
        for condition in rows:
            with row(condition):
                assert not restricted(condition)


def test_a_deny_of_all_others_is_a_limit_too() -> None:
    rows: list[tuple[dict[str, Any], bool]] = [
        ({"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": ORG}}}, True),
        ({"Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": ORG}}}, True),
        (
            {
                "Condition": {
                    "StringNotEqualsIfExists": {"aws:PrincipalOrgID": ORG, "aws:PrincipalAccount": "1" * 12},
                    "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
                }
            },
            True,
        ),
        (
            {
                "Condition": {
                    "StringNotEquals": {"aws:PrincipalOrgID": ORG},
                    "Bool": {"aws:PrincipalIsAWSService": "false"},
                }
            },
            False,
        ),
        (
            {
                "Condition": {
                    "StringNotEquals": {"aws:PrincipalOrgID": ORG},
                    "Bool": {"aws:SecureTransport": "false"},
                }
            },
            False,
        ),
        ({"Condition": {"StringEquals": {"aws:PrincipalOrgID": ORG}}}, False),
        ({"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": ORG}}, "Action": "s3:Put*"}, False),
        ({"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": ORG}}, "Resource": "b"}, False),
        (
            {"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": ORG}}, "Principal": {"AWS": "1" * 12}},
            False,
        ),
        ({"Condition": {"ForAnyValue:StringNotLike": {"aws:PrincipalOrgPaths": f"{ORG}/*"}}}, False),
        ({"Condition": {"ForAllValues:StringNotLike": {"aws:PrincipalOrgPaths": f"{ORG}/*"}}}, True),
        ({"Condition": {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}, True),
        ({"Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}}, True),
    ]
    with each_row() as row:
        for deny, restricts in rows:
            with row(deny):
                assert restricted({}, {**DENY, **deny}) is restricts


def test_a_deny_of_all_but_some_principals_is_a_limit() -> None:
    deny = {key: value for key, value in DENY.items() if key != "Principal"}
    assert restricted(
        {}, {**deny, "NotPrincipal": {"AWS": ["111122223333", "arn:aws:iam::111122223333:role/a"]}}
    )
    assert not restricted({}, {**deny, "NotPrincipal": {"Service": "sns.amazonaws.com"}})


def test_deny_statements_with_one_limit_add_up() -> None:
    condition = {"StringNotEquals": {"aws:PrincipalOrgID": ORG}}
    allow = {**ALLOW, "Action": ["s3:GetObject", "s3:PutObject"]}
    denies = [{**DENY, "Action": action, "Condition": condition} for action in ("s3:Get*", "s3:Put*")]
    policy = parse({"Statement": [allow, *denies]})
    assert is_restricted(policy, policy.statements[0])
    policy = parse({"Statement": [allow, denies[0]]})
    assert not is_restricted(policy, policy.statements[0])


def test_only_what_lets_strangers_in_is_public() -> None:
    own_account = {**ALLOW, "Principal": {"AWS": "111122223333"}}
    all_but: dict[str, Any] = {key: value for key, value in ALLOW.items() if key != "Principal"}
    all_but["NotPrincipal"] = {"AWS": "111122223333"}
    policy = parse({"Statement": [own_account, ALLOW, all_but]})
    assert public_statements(policy) == policy.statements[1:]
    assert public_statements(parse({"Statement": [own_account, ALLOW, all_but, DENY]})) == ()
