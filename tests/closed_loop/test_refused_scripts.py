"""A script that AWS refuses prints the missing permission, and with exactly that its second run succeeds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from closed_loop import faults  # noqa: F401 - its modules register the faults
from closed_loop.account import ACCOUNT, REGION
from closed_loop.fault import FAULTS
from closed_loop.loop import failing, fix_of, script_of
from cloud_audit_tui.model import Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from closed_loop.account import Account

OWN = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": "kms:*",
    "Resource": "*",
}


def of_key(account: Account, inputs: dict[str, str], statements: list[Any]) -> None:
    """Give the key a policy of its account and of some statements."""
    account.client("kms").put_key_policy(
        KeyId=inputs["KMS_KEY_ARN"], PolicyName="default", Policy=_policy([OWN, *statements])
    )


def of_bucket(variable: str) -> Callable[[Account, dict[str, str], list[Any]], None]:
    """Return a function that gives a bucket a policy of some statements, or takes its policy away."""

    def give(account: Account, inputs: dict[str, str], statements: list[Any]) -> None:
        s3 = account.client("s3")
        if statements:
            s3.put_bucket_policy(Bucket=inputs[variable], Policy=_policy(statements))
        else:
            s3.delete_bucket_policy(Bucket=inputs[variable])

    return give


def of_function(account: Account, _inputs: dict[str, str], statements: list[Any]) -> None:
    """Take the function's permission away; the script prints a command for it instead of a statement."""
    if not statements:
        account.client("lambda").remove_permission(FunctionName="rotate", StatementId="rotation")


GIVE: dict[str, Callable[[Account, dict[str, str], list[Any]], None]] = {
    "aws-bedrock-001": of_bucket("LOG_BUCKET"),
    "aws-cfg-001": of_bucket("CONFIG_BUCKET"),
    "aws-ct-005": of_key,
    "aws-cw-016": of_key,
    "aws-sm-001": of_function,
}
"""The functions that take away and give what the script of each check needs, by check."""


def _policy(statements: list[Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def statements_in(output: str) -> list[Any]:
    """Return the policy statements that a script printed."""
    statements, start = [], output.find("{")
    while start >= 0:
        try:
            statement, end = json.JSONDecoder().raw_decode(output, start)
        except ValueError:
            end = start + 1
        else:
            statements += [statement] if "Effect" in statement else []
        start = output.find("{", end)
    return statements


@pytest.mark.parametrize("check_id", sorted(GIVE))
def test_what_a_refused_script_prints_lets_its_second_run_through(check_id: str, account: Account) -> None:
    script, seeded_fault = script_of(account, check_id)
    GIVE[check_id](account, seeded_fault.inputs, [])
    with account.rehearsal():
        first_run = account.run(script, {})
    assert first_run.returncode == 1, first_run.stdout + first_run.stderr
    commands = [line for line in first_run.stdout.splitlines() if line.startswith("aws ")]
    statements = statements_in(first_run.stdout)
    assert commands or statements, first_run.stdout
    if statements:
        GIVE[check_id](account, seeded_fault.inputs, statements)
    else:
        grant = account.run("\n".join(commands), account.environment)
        assert grant.returncode == 0, grant.stderr
    with account.rehearsal():
        second_run = account.run(script, {})
    assert second_run.returncode == 0, second_run.stdout + second_run.stderr


def test_a_second_run_finds_the_subnet_whose_block_aws_keeps_without_host_bits(account: Account) -> None:
    script, seeded_fault = script_of(account, "aws-vpc-006")
    script = script.replace(seeded_fault.inputs["SUBNET_CIDR"], "10.4.2.7/24")
    with account.rehearsal():
        runs = [account.run(script, {}) for _ in range(2)]
    assert [ran.returncode for ran in runs] == [0, 0], runs[-1].stdout + runs[-1].stderr
    subnets = account.client("ec2").describe_subnets(
        Filters=[{"Name": "cidr-block", "Values": ["10.4.2.0/24"]}]
    )["Subnets"]
    assert [subnet["AvailabilityZone"] for subnet in subnets] == [f"{REGION}a"]


@pytest.mark.parametrize(
    "check_id",
    [
        "aws-eip-001",
        "aws-iam-013",
        "aws-iam-016",
        "aws-lambda-002",
        "aws-sm-002",
        "aws-ddb-003",
        "aws-agc-002",
    ],
)
def test_a_second_run_meets_no_error_of_aws(check_id: str, account: Account) -> None:
    [fault] = [each for each in FAULTS if each.check_id == check_id]
    seeded_fault = fault.seed(account)
    finding = failing(account.scan([check_id]), fault, seeded_fault)
    assert isinstance(finding, Finding), finding
    fix, variables = fix_of(account, finding, seeded_fault)
    with account.rehearsal():
        runs = [account.run(fix.cli, variables) for _ in range(2)]
    assert [ran.returncode for ran in runs] == [0, 0], runs[-1].stdout + runs[-1].stderr
    assert "An error occurred" not in runs[-1].stderr
