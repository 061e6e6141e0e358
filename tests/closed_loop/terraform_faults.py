"""Faults whose Terraform files alone are proven: other cases of a template, or without a script."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from closed_loop import faults  # noqa: F401 - its modules add the faults
from closed_loop.fault import FAULTS, Fault, SeededFault

if TYPE_CHECKING:
    from closed_loop.account import Account

_EVERYTHING = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)


def _default_vpc_in_use(account: Account) -> SeededFault:
    ec2 = account.client("ec2")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    subnet = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"][0]
    ec2.create_network_interface(SubnetId=subnet["SubnetId"])
    return SeededFault(f"vpc/{vpc}")


def _suspended_detector(account: Account) -> SeededFault:
    detector = account.client("guardduty").create_detector(
        Enable=False, FindingPublishingFrequency="ONE_HOUR", Tags={"team": "payments"}
    )
    return SeededFault(f"detector/{detector['DetectorId']}")


def _inline_of_user(account: Account) -> SeededFault:
    iam = account.client("iam")
    iam.create_user(UserName="almighty")
    iam.put_user_policy(UserName="almighty", PolicyName="all", PolicyDocument=_EVERYTHING)
    return SeededFault()


def _inline_of_group(account: Account) -> SeededFault:
    iam = account.client("iam")
    iam.create_group(GroupName="almighty")
    iam.put_group_policy(GroupName="almighty", PolicyName="all", PolicyDocument=_EVERYTHING)
    return SeededFault()


def _inline_of_role(account: Account) -> SeededFault:
    account.role("almighty")
    account.client("iam").put_role_policy(RoleName="almighty", PolicyName="all", PolicyDocument=_EVERYTHING)
    return SeededFault()


ALL: list[Fault] = [
    *FAULTS,
    Fault("aws-gd-001", "data", _suspended_detector),
    Fault("aws-iam-005", "buckets", _inline_of_user),
    Fault("aws-iam-005", "machines", _inline_of_group),
    Fault("aws-iam-005", "trails", _inline_of_role),
    Fault("aws-vpc-001", "machines", _default_vpc_in_use),
]
"""All faults of the proofs of Terraform files."""
