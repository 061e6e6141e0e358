"""An organization: each account is scanned through its role, and one that denies it costs one row."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from aws_stub import REGION
from cloud_audit_tui.aws.account_roles import account_role
from cloud_audit_tui.aws.profiles import UnknownProfileError
from cloud_audit_tui.model import PROFILE_ACCESS, Finding, Status
from cloud_audit_tui.scan.events import (
    AccountReady,
    AnyEvent,
    OrganizationListed,
    ProfileFailed,
    Result,
    ScanFinished,
)
from cloud_audit_tui.scan.executors.local import local_job
from cloud_audit_tui.scan.jobs import ListOrganizationJob, ScanJob, VerifyJob, VerifyTarget
from cloud_audit_tui.scan.organization import organization_profiles
from faults import proxy as faults
from organization import KEYS, MANAGEMENT, ROLE, Organization, client, client_of_account
from scan_runs import scan

if TYPE_CHECKING:
    from pathlib import Path

    from aws_stub import AwsStub

CHECK = "aws-iam-005"


async def events_of(job: Any) -> list[AnyEvent]:
    return [event async for event in scan(job)]


async def listing_of(profile: str = "prod", *, units: bool = False) -> OrganizationListed:
    events = await events_of(ListOrganizationJob(profile, units=units))
    return [event for event in events if isinstance(event, OrganizationListed)][-1]


def findings(events: list[AnyEvent]) -> list[Finding]:
    return [event.finding for event in events if isinstance(event, Result)]


async def test_the_accounts_and_units_are_listed(org: Organization) -> None:
    answer = await listing_of(units=True)
    assert (answer.account_id, answer.reason, answer.units_reason) == (MANAGEMENT, "", "")
    states = {account.id: account.state for account in answer.accounts}
    assert states == {
        MANAGEMENT: "ACTIVE",
        org.open: "ACTIVE",
        org.denied: "ACTIVE",
        org.suspended: "SUSPENDED",
    }
    root, workloads = answer.units
    assert (root.parent, workloads.parent, workloads.name) == ("", root.id, "Workloads")
    assert sorted(root.accounts) == sorted([MANAGEMENT, org.suspended])
    assert sorted(workloads.accounts) == sorted([org.open, org.denied])

    profiles = organization_profiles(answer, ROLE)
    assert profiles.names == ["prod", f"prod@{org.open}/{ROLE}", f"prod@{org.denied}/{ROLE}"]
    assert f"{org.suspended} (suspended)" in profiles.note
    assert "3 accounts to scan" in profiles.note


async def test_units_that_are_denied_leave_the_accounts(org: Organization) -> None:
    org.proxy.deal(faults.coded(400, "AccessDeniedException"), operation="ListRoots")
    answer = await listing_of(units=True)
    assert len(answer.accounts) == 4
    assert answer.units == []
    assert "organizations:ListRoots" in answer.units_reason


async def test_a_denied_list_names_the_permission_and_who_may(org: Organization) -> None:
    org.proxy.deal(faults.coded(400, "AccessDeniedException"), operation="ListAccounts")
    answer = await listing_of()
    assert "organizations:ListAccounts" in answer.reason
    assert "management account or in a delegated administrator" in answer.reason


@pytest.mark.proof
async def test_each_account_has_its_verdicts_and_a_denied_one_a_single_row(
    org: Organization, aws_server: str, tmp_path: Path
) -> None:
    client(aws_server, "ec2").create_volume(AvailabilityZone=f"{REGION}a", Size=1)
    client_of_account(aws_server, "ec2", org.open).create_volume(AvailabilityZone=f"{REGION}a", Size=1)
    profiles = organization_profiles(await listing_of(), ROLE)
    events = await events_of(ScanJob(profiles=profiles.names))

    accounts = {event.account_id: event.profile for event in events if isinstance(event, AccountReady)}
    assert accounts == {MANAGEMENT: "prod", org.open: f"prod@{org.open}/{ROLE}"}
    rows = findings(events)
    denied = [row for row in rows if row.profile == f"prod@{org.denied}/{ROLE}"]
    assert [(row.check_id, row.status) for row in denied] == [(PROFILE_ACCESS, Status.NOT_ASSESSED)]
    assert f"'prod' may not assume the role 'Audit' in account {org.denied}" in denied[0].reason
    assert denied[0].evidence["missing_permission"] == "sts:AssumeRole"
    failed = [event for event in events if isinstance(event, ProfileFailed)]
    assert [event.profile for event in failed] == [f"prod@{org.denied}/{ROLE}"]
    assert f"Allow it sts:AssumeRole on arn:aws:iam::{org.denied}:role/{ROLE}" in failed[0].action
    # Both accounts are assessed, and each row belongs to its account; only members have roles of moto's.
    checks = {account: {row.check_id for row in rows if row.account_id == account} for account in accounts}
    assert checks[MANAGEMENT] <= checks[org.open]
    assert len(checks[MANAGEMENT]) > 30
    for row in rows:
        if row.account_id:
            assert row.profile == accounts[row.account_id]
    end = events[-1]
    assert isinstance(end, ScanFinished)
    assert end.outcome == "complete"
    # Nobody asks a suspended account.
    assert not any(org.suspended in event.profile for event in events if isinstance(event, ProfileFailed))


async def test_nothing_is_there_twice_when_a_profile_leads_to_a_member_too(org: Organization) -> None:
    org.config.write_text(
        f"[profile prod]\n{KEYS}region={REGION}\n[profile dev]\nregion={REGION}\n"
        f"role_arn=arn:aws:iam::{org.open}:role/{ROLE}\nsource_profile=prod\n"
    )
    answer = await listing_of()
    names = [*organization_profiles(answer, ROLE).names, "dev"]
    events = await events_of(ScanJob(profiles=names, checks=["aws-vpc-001", "aws-iam-001"]))
    keys = [(row.check_id, row.account_id, row.region, str(row.subject)) for row in findings(events)]
    assert len(keys) == len(set(keys))
    ready = [event for event in events if isinstance(event, AccountReady) and event.account_id == org.open]
    assert ready[-1].profiles == [f"prod@{org.open}/{ROLE}", "dev"]

    # A second profile of the same organization adds no account again.
    accounts = organization_profiles(answer, ROLE).accounts
    assert organization_profiles(answer, ROLE, accounts).names == []


async def test_a_finding_of_a_member_is_verified_by_its_name_alone(org: Organization) -> None:
    name = f"prod@{org.open}/{ROLE}"
    job = VerifyJob([VerifyTarget("aws-iam-001", name, "", org.open, org.open)])
    rows = findings(await events_of(job))
    assert [(row.account_id, row.profile) for row in rows] == [(org.open, name)]


def test_a_name_whose_profile_is_missing_is_unknown(org: Organization) -> None:
    with pytest.raises(UnknownProfileError, match="'nobody'"):
        local_job(ScanJob(profiles=[f"nobody@{org.open}/{ROLE}"]), os.environ)


def test_names_of_roles_are_told_from_names_of_profiles() -> None:
    role = account_role("my prod@x@111122223333/team/Audit")
    assert role is not None
    assert (role.source, role.account_id, role.role) == ("my prod@x", "111122223333", "team/Audit")
    assert role.arn("aws-cn") == "arn:aws-cn:iam::111122223333:role/team/Audit"
    assert role.name == "my prod@x@111122223333/team/Audit"
    for name in (
        "prod",
        "prod@111122223333",
        "me@111122223333/",
        "me@1111/Audit",
        "a@111122223333/x y",
        "@x",
    ):
        assert account_role(name) is None, name


async def test_accounts_of_every_page_and_both_words_for_the_state(aws: AwsStub) -> None:
    aws.pages(
        "organizations",
        "ListAccounts",
        [{"Id": "111111111111", "Name": "old", "Status": "SUSPENDED"}],
        [],
        [{"Id": "222222222222", "Name": "new", "State": "PENDING_CLOSURE"}],
        [{"Id": "333333333333", "Name": "bare"}],
    )
    answer = await listing_of("environment")
    assert [(account.id, account.is_active) for account in answer.accounts] == [
        ("111111111111", False),
        ("222222222222", False),
        ("333333333333", True),
    ]
