"""Rotation and policies of KMS keys."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from aws_stub import ACCOUNT, REGION, AwsStub
from cloud_audit_tui.iam.conditions import public_statements
from cloud_audit_tui.iam.policy import parse
from cloud_audit_tui.model import Finding, Status
from each_row import each_row

Judge = Callable[..., Awaitable[list[Finding]]]
FAIL, PASS, UNKNOWN = Status.FAIL, Status.PASS, Status.NOT_ASSESSED
OWN_KEY = {
    "KeyManager": "CUSTOMER",
    "KeyState": "Enabled",
    "KeySpec": "SYMMETRIC_DEFAULT",
    "Origin": "AWS_KMS",
}


def arn(name: str) -> str:
    return f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{name}"


class Keys:
    def __init__(self, aws: AwsStub) -> None:
        self.aws = aws
        self.names: list[dict[str, str]] = []

    def key(self, name: str, rotation: bool | None = None, policy: Any = None, **about: Any) -> None:
        self.names.append({"KeyId": name, "KeyArn": arn(name)})
        metadata = {"KeyId": name, "Arn": arn(name), **OWN_KEY, **about}
        self.aws.answer("kms", "DescribeKey", {"KeyMetadata": metadata}, KeyId=name)
        if rotation is not None:
            self.aws.answer("kms", "GetKeyRotationStatus", {"KeyRotationEnabled": rotation}, KeyId=name)
        if policy is not None:
            self.aws.answer("kms", "GetKeyPolicy", {"Policy": json.dumps(policy)}, KeyId=name)

    def script_list(self) -> None:
        first = {"Keys": self.names[:1], "Truncated": True, "NextMarker": "more"}
        self.aws.answer("kms", "ListKeys", {"Keys": self.names[1:], "Truncated": False}, Marker="more")
        self.aws.answer("kms", "ListKeys", first)


@pytest.fixture
def keys(aws: AwsStub) -> Keys:
    return Keys(aws)


def statuses(findings: list[Finding]) -> dict[str, Status]:
    return {finding.resource_name: finding.status for finding in findings}


async def test_rotation(keys: Keys, judge: Judge) -> None:
    keys.key("rotated", True)
    keys.key("not-rotated", False, Description="a key")
    keys.key("unknown")
    keys.key("aws-managed", False, KeyManager="AWS")
    keys.key("disabled", False, KeyState="Disabled")
    keys.key("imported", False, Origin="EXTERNAL")
    keys.key("store", False, Origin="AWS_CLOUDHSM")
    keys.key("asymmetric", False, KeySpec="RSA_2048")
    primary = {"MultiRegionKeyType": "PRIMARY"}
    keys.key("primary", False, MultiRegion=True, MultiRegionConfiguration=primary)
    replica = {"MultiRegionKeyType": "REPLICA"}
    keys.key("replica", False, MultiRegion=True, MultiRegionConfiguration=replica)
    keys.names.append({"KeyId": "undescribed", "KeyArn": arn("undescribed")})
    keys.script_list()
    findings = await judge("aws-kms-001")
    assert statuses(findings) == {
        "rotated": PASS,
        "not-rotated": FAIL,
        "unknown": UNKNOWN,
        "primary": FAIL,
        "undescribed": UNKNOWN,
    }
    unknown = next(finding for finding in findings if finding.resource_name == "unknown")
    assert unknown.evidence["missing_permission"] == "kms:GetKeyRotationStatus"


def allow(principal: Any, **condition: Any) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "kms:*",
        "Resource": "*",
    }
    return {**statement, "Condition": condition} if condition else statement


async def test_key_policies(judge: Judge, aws: AwsStub) -> None:
    rows: list[tuple[dict[str, Any], Status]] = [
        (allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), PASS),
        (allow("*"), FAIL),
        (allow({"AWS": "*"}), FAIL),
        (allow({"AWS": ["*"]}), FAIL),
        (allow("*", Bool={"aws:SecureTransport": "true"}), FAIL),
        (allow("*", StringEquals={"kms:ViaService": "s3.eu-central-1.amazonaws.com"}), FAIL),
        (allow("*", StringEquals={"kms:CallerAccount": ACCOUNT}), PASS),
        (allow("*", StringNotEquals={"kms:CallerAccount": ACCOUNT}), FAIL),
        ({"Effect": "Allow", "NotPrincipal": {"AWS": ACCOUNT}, "Action": "kms:*", "Resource": "*"}, FAIL),
        ({"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}, PASS),
        ({"Effect": "Allow"}, UNKNOWN),
    ]
    with each_row() as row:
        for statement, status in rows:
            with row(statement):
                aws.restart()
                keys = Keys(aws)
                keys.key("one", policy={"Version": "2012-10-17", "Statement": statement})
                keys.key("denied")
                keys.key("disabled", policy={"Statement": allow("*")}, KeyState="Disabled")
                keys.script_list()
                findings = await judge("aws-kms-002")
                assert statuses(findings) == {"one": status, "denied": UNKNOWN}
                if status is FAIL:
                    finding = next(finding for finding in findings if finding.resource_name == "one")
                    callers, *services = finding.evidence["mended_policy"]["Statement"]
                    assert callers["Condition"]["StringEquals"]["kms:CallerAccount"] == ACCOUNT
                    assert {
                        key for each in services for keys in each["Condition"].values() for key in keys
                    } >= {
                        "aws:SourceAccount",
                        "aws:SourceArn",
                    }
                    [deciding] = finding.evidence["deciding"]
                    assert (deciding["document"], deciding["number"]) == ("policy", 1)
                    mended_policy = parse(finding.evidence["mended_policy"])
                    assert public_statements(mended_policy) == ()
