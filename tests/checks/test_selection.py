"""A subject is named by its id, its name, the end of its ARN, or by the scope that it belongs to."""

from __future__ import annotations

from cloud_audit_tui.checks.selection import is_listing, is_selected
from cloud_audit_tui.model import AccountScope, ProfileScope, RegionScope, Resource, Status, Subject, Target

VPC = Resource("arn:aws:ec2:eu-central-1:111122223333:vpc/vpc-0a1b", "production", "AWS::EC2::VPC")
HERE = Target("prod", "111122223333", "eu-central-1")


def test_a_subject_is_wanted_by_its_names_and_by_those_of_its_scope() -> None:
    rows: list[tuple[Subject, list[str], bool]] = [
        *((VPC, only, True) for only in ([], [VPC.id], ["production"], ["vpc-0a1b"], ["x", VPC.id])),
        *((VPC, [only], True) for only in (HERE.region, HERE.account_id)),
        *(
            (VPC, [only], False)
            for only in ("prod", "PRODUCTION", "vpc", "vpc-0a1", "eu-west-1", "", VPC.id[:-1])
        ),
        (RegionScope("AWS::EC2::VPC"), [], True),
        (RegionScope("AWS::EC2::VPC"), [HERE.region], True),
        (RegionScope("AWS::EC2::VPC"), [VPC.id], False),
        (AccountScope(), [HERE.account_id], True),
        (AccountScope(), ["AWS::Account", ""], False),
    ]
    assert [row for row in rows if is_selected(row[0], HERE, frozenset(row[1])) is not row[2]] == []


def test_only_a_scope_that_was_not_assessed_is_a_listing() -> None:
    assert is_listing(Status.NOT_ASSESSED, RegionScope())
    assert is_listing(Status.NOT_ASSESSED, AccountScope("AWS::CloudTrail::Trail"))
    assert not is_listing(Status.NOT_ASSESSED, VPC)
    assert not is_listing(Status.NOT_ASSESSED, ProfileScope("expired"))
    assert not is_listing(Status.FAIL, RegionScope())
