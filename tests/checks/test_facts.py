"""The facts that extractors keep of AWS's answers: what analyses need, and no secret."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import botocore.session
import msgspec

from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.checks.facts import extractors_of
from cloud_audit_tui.model import Fact, FactKind, Target
from iam_account import ADMINISTRATOR_POLICY, allow, details, group, role, user

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Target("prod", "111122223333", "eu-central-1")
SECRET = "hunter2-do-not-keep"


def facts(operation: str, response: dict[str, Any], **params: Any) -> list[Fact]:
    return [fact for extract in extractors_of(operation) for fact in extract(response, HERE, params)]


def reads() -> set[str]:
    return {read for check in all_checks().values() for read in check.reads}


def sample(shape: Any, depth: int = 0) -> Any:
    """Return a value of a shape with every member, each text the secret."""
    if depth > 6:
        return None
    match shape.type_name:
        case "structure":
            return {name: sample(member, depth + 1) for name, member in shape.members.items()}
        case "list":
            return [sample(shape.member, depth + 1)]
        case "map":
            return {"Policy": sample(shape.value, depth + 1)}
        case "string":
            return SECRET
        case "timestamp":
            return datetime.now(UTC)
        case "boolean":
            return True
        case "blob":
            return b"x"
        case _:
            return 1


def members_of(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, entry in value.items():
            yield name
            yield from members_of(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from members_of(entry)


def test_every_extractor_is_of_a_declared_read_and_gives_facts_of_the_account() -> None:
    models = botocore.session.get_session()
    wrong = []
    with_facts = [read for read in sorted(reads()) if extractors_of(read)]
    for read in with_facts:
        service, operation = read.split(":")
        shape = models.get_service_model(service).operation_model(operation).output_shape
        sample_facts = facts(
            read, sample(shape), Bucket="b", FunctionName="f", KeyId="k", SecretId="s", QueueUrl="q"
        )
        if not sample_facts or not all(
            fact.id and fact.type and (fact.account_id, fact.partition) == ("111122223333", "aws")
            for fact in sample_facts
        ):
            wrong.append(read)
        msgspec.json.encode(sample_facts)
    assert wrong == []
    assert len(with_facts) > 30


def test_no_fact_keeps_what_may_hold_a_secret() -> None:
    models = botocore.session.get_session()
    forbidden = {
        "Environment",
        "environment",
        "environmentVariables",
        "Variables",
        "UserData",
        "SecretString",
        "SecretBinary",
        "Value",
        "Tags",
        "Description",
        "MasterUsername",
        "MasterUserSecret",
        "secrets",
        "command",
        "entryPoint",
        "logConfiguration",
    }
    names_by_read: dict[str, set[str]] = {}
    for read in sorted(reads()):
        service, operation = read.split(":")
        shape = models.get_service_model(service).operation_model(operation).output_shape
        if shape is None or not extractors_of(read):
            continue
        for fact in facts(read, sample(shape), Bucket="b"):
            names_by_read.setdefault(read, set()).update(members_of(fact.data))
    assert {read: names & forbidden for read, names in names_by_read.items() if names & forbidden} == {}


def test_a_malformed_entry_costs_its_own_facts_only() -> None:
    vpcs = {"Vpcs": [None, {"VpcId": "vpc-1", "CidrBlock": {"x": 1}, "IsDefault": True}]}
    [fact] = facts("ec2:DescribeVpcs", vpcs)
    assert fact.data == {"VpcId": "vpc-1", "IsDefault": True}
    assert fact.kind is FactKind.NETWORK


def test_the_identities_of_an_account_are_principals_roles_and_policies() -> None:
    response = details(
        user("alice", allow("s3:*"), groups=("admins",)), group("admins"), role("app"), ADMINISTRATOR_POLICY
    )
    by_name = {fact.name: fact for fact in facts("iam:GetAccountAuthorizationDetails", response)}
    assert {name: fact.kind for name, fact in by_name.items()} == {
        "alice": FactKind.PRINCIPAL,
        "admins": FactKind.PRINCIPAL,
        "app": FactKind.ROLE,
        "AdministratorAccess": FactKind.POLICY,
    }
    assert {fact.region for fact in by_name.values()} == {""}
    assert by_name["alice"].data["GroupList"] == ["admins"]
    assert "PolicyDocument" in by_name["alice"].data["UserPolicyList"][0]
    assert "AssumeRolePolicyDocument" in by_name["app"].data


def test_a_function_keeps_its_role_and_place_and_not_its_environment() -> None:
    function = {
        "FunctionName": "f",
        "FunctionArn": "arn:f",
        "Role": "arn:role",
        "Environment": {"Variables": {"DB_PASSWORD": SECRET}},
        "VpcConfig": {"VpcId": "vpc-1", "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
    }
    [fact] = facts("lambda:ListFunctions", {"Functions": [function]})
    assert fact.data == {
        "Role": "arn:role",
        "VpcConfig": {"VpcId": "vpc-1", "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
    }


def test_the_policy_of_a_resource_is_found_by_what_was_asked_for() -> None:
    [fact] = facts("s3:GetBucketPolicy", {"Policy": "{}"}, Bucket="logs")
    assert (fact.kind, fact.id, fact.data) == (FactKind.POLICY, "arn:aws:s3:::logs", {"Document": "{}"})
