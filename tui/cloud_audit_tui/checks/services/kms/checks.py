"""AWS KMS: rotation and key policies of customer managed keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cloud_audit_tui.checks.api import Item, Region, Verdicts, check
from cloud_audit_tui.checks.deciding_statements import DecidingStatement, deciding
from cloud_audit_tui.checks.policy_document import parsed
from cloud_audit_tui.iam.conditions import public_statements
from cloud_audit_tui.iam.exposure import Gap, Holder, Opening, Part, repaired
from cloud_audit_tui.model import Resource, Status, Verdict
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

KEY_TYPE = "AWS::KMS::Key"
GONE = frozenset({"NotFoundException"})
POLICY = "default"
"""The only name that a key policy can have."""


@check("aws-kms-001", reads=["kms:ListKeys", "kms:DescribeKey", "kms:GetKeyRotationStatus"])
def rotation(region: Region) -> Verdicts:
    """Fail a customer managed key without automatic rotation that KMS can rotate.

    Sources: DescribeKey and GetKeyRotationStatus.KeyRotationEnabled. The check judges enabled symmetric
    encryption keys with key material from KMS (Origin AWS_KMS): KMS documents that it rotates no others
    automatically. The replica of a multi-Region key is not judged, since rotation is set on its primary,
    which is judged in its own region. A key whose status cannot be read is not assessed.
    """
    return _judge_keys(region, _judge_rotation)


@check("aws-kms-002", reads=["kms:ListKeys", "kms:DescribeKey", "kms:GetKeyPolicy"])
def key_policy(region: Region) -> Verdicts:
    """Fail a customer managed key that everyone can use.

    Source: GetKeyPolicy of enabled keys. Everyone is ``*`` in any of its forms, or an Allow with
    NotPrincipal. Only conditions on the caller limit it (`iam.conditions`), such as ``kms:CallerAccount``;
    ``kms:ViaService`` or ``aws:SecureTransport`` alone admit any account.
    """
    return _judge_keys(region, _judge_policy)


def _judge_keys(
    region: Region, judge_one: Callable[[Region, Resource, Item], Awaitable[Verdict | None]]
) -> Verdicts:
    async def judge(key: Item) -> Verdict | None:
        resource = _key(key)
        answer = await region.find("kms", "DescribeKey", absent=GONE, KeyId=resource.name)
        about = (answer or {}).get("KeyMetadata") or {}
        if about.get("KeyManager") != "CUSTOMER" or about.get("KeyState") != "Enabled":
            return None
        return await judge_one(region, resource, about)

    return region.judge(region.items("kms", "ListKeys"), _key, judge)


def _key(key: Item) -> Resource:
    return Resource(str(key.get("KeyArn") or ""), str(key.get("KeyId") or ""), KEY_TYPE)


async def _judge_rotation(region: Region, resource: Resource, about: Item) -> Verdict | None:
    spec = about.get("KeySpec") or about.get("CustomerMasterKeySpec")
    if spec != "SYMMETRIC_DEFAULT" or about.get("Origin") != "AWS_KMS":
        return None
    multi_region = about.get("MultiRegionConfiguration") or {}
    if multi_region.get("MultiRegionKeyType") == "REPLICA":
        return None
    answer = await region.find("kms", "GetKeyRotationStatus", absent=GONE, KeyId=resource.name)
    if answer is None:
        return None
    evidence = {**_facts(resource, about), "multi_region": bool(about.get("MultiRegion"))}
    if answer.get("KeyRotationEnabled"):
        return Verdict(Status.PASS, resource, f"{_name(resource, about)} is rotated automatically.", evidence)
    reason = f"{_name(resource, about)} is not rotated automatically."
    return Verdict(Status.FAIL, resource, reason, evidence)


async def _judge_policy(region: Region, resource: Resource, about: Item) -> Verdict | None:
    answer = await region.find("kms", "GetKeyPolicy", absent=GONE, KeyId=resource.name, PolicyName=POLICY)
    if answer is None:
        return None
    text = str(answer.get("Policy") or "")
    public = public_statements(parsed(text, "key policy"))
    evidence = {**_facts(resource, about), "policy": text}
    name = _name(resource, about)
    if not public:
        return Verdict(Status.PASS, resource, f"{name} has a policy that does not admit everyone.", evidence)
    labels = ", ".join(f'"{quoted(statement.label)}"' for statement in public)
    gaps = [Opening(Gap.EVERYONE, statement, Part.EVERYONE) for statement in public]
    holder = Holder(region.account_id, region.partition, "kms")
    evidence |= {
        "public_statements": [statement.label for statement in public],
        "mended_policy": repaired(json.loads(text), gaps, holder),
        **deciding(DecidingStatement(statement, policy=POLICY, document="policy") for statement in public),
    }
    reason = f"{name} admits everyone by statement {labels} of its policy."
    return Verdict(Status.FAIL, resource, reason, evidence)


def _facts(resource: Resource, about: Item) -> Item:
    return {
        "key_id": resource.name,
        "key_arn": resource.id,
        "description": str(about.get("Description") or ""),
    }


def _name(resource: Resource, about: Item) -> str:
    description = quoted(str(about.get("Description") or ""))
    return f'Key "{quoted(resource.name)}"' + (f' ("{description}")' if description else "")
