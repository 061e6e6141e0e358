"""A resource is wanted by its id, by its name, by the end of its ARN, or because its region is."""

from __future__ import annotations

import pytest

from cloud_audit_tui.checks.selection import is_listing, is_wanted
from cloud_audit_tui.model import Resource, Status

VPC = Resource("arn:aws:ec2:eu-central-1:111122223333:vpc/vpc-0a1b", "production", "AWS::EC2::VPC")


@pytest.mark.parametrize(
    "only", [[], [VPC.id], ["production"], ["vpc-0a1b"], ["eu-central-1"], ["x", VPC.id]]
)
def test_it_is_wanted(only: list[str]) -> None:
    assert is_wanted(VPC, "eu-central-1", frozenset(only))


@pytest.mark.parametrize("only", ["prod", "PRODUCTION", "vpc", "vpc-0a1", "eu-west-1", "", VPC.id[:-1]])
def test_it_is_not_wanted(only: str) -> None:
    assert not is_wanted(VPC, "eu-central-1", frozenset([only]))


def test_a_listing_that_failed_is_about_no_resource() -> None:
    assert is_listing(Status.NOT_ASSESSED, "", "AWS::Region")
    assert is_listing(Status.NOT_ASSESSED, "arn:aws:logs:eu-central-1:1:log-group:*", "AWS::Region")
    assert not is_listing(Status.NOT_ASSESSED, VPC.id, VPC.type)
    assert not is_listing(Status.FAIL, "", "")
