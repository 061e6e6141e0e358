"""Profiles become accounts with one profile each, and accounts become units of work."""

from __future__ import annotations

import msgspec

from cloud_audit_tui.aws.identity import Identity
from cloud_audit_tui.checks.catalogue import all_checks, select
from cloud_audit_tui.scan.jobs import ALL_REGIONS, ScanJob, VerifyJob, VerifyTarget, WorkUnit
from cloud_audit_tui.scan.plan import IdentifiedProfile, ScanPlan, is_global, verification_units

ENABLED = ["eu-central-1", "eu-west-1", "us-east-1"]
REGIONAL, GLOBAL, FROM_ELSEWHERE = "aws-sagemaker-001", "aws-iam-001", "aws-ct-004"


def identified_profile(profile: str, account: str = "111122223333", **changes: object) -> IdentifiedProfile:
    identity = Identity(
        account_id=account,
        alias="",
        caller_arn=f"arn:aws:sts::{account}:assumed-role/audit/x",
        partition="aws",
        region="eu-central-1",
        enabled_regions=ENABLED,
    )
    return IdentifiedProfile(profile, msgspec.structs.replace(identity, **changes))


def plan(*checks: str, profiles: tuple[str, ...] = ("a", "b", "c"), **job: object) -> ScanPlan:
    return ScanPlan(ScanJob(checks=list(checks), **job), select(checks), profiles)  # type: ignore[arg-type]


def runs(units: list[WorkUnit]) -> set[tuple[str, str]]:
    pairs = [(unit.region, check) for unit in units for check in unit.checks]
    assert len(pairs) == len(set(pairs)), "no check runs twice in a region"
    return set(pairs)


def test_no_region_means_the_profiles_own() -> None:
    (account,) = plan(REGIONAL).add([identified_profile("a")])
    assert account.ready.regions == ["eu-central-1"]
    assert runs(account.units) == {("eu-central-1", REGIONAL)}


def test_all_means_every_enabled_region() -> None:
    (account,) = plan(REGIONAL, regions=[ALL_REGIONS]).add([identified_profile("a")])
    assert account.ready.regions == ENABLED
    assert runs(account.units) == {(region, REGIONAL) for region in ENABLED}


def test_a_global_check_runs_once_in_the_home_region_whatever_is_scanned() -> None:
    (account,) = plan(REGIONAL, GLOBAL, regions=["eu-west-1"]).add([identified_profile("a")])
    assert runs(account.units) == {("eu-west-1", REGIONAL), ("us-east-1", GLOBAL)}
    assert account.ready.regions == ["eu-west-1"]
    (account,) = plan(REGIONAL, GLOBAL, regions=["us-east-1"]).add([identified_profile("a")])
    (unit,) = account.units
    assert unit.checks == [REGIONAL, GLOBAL]


def test_a_region_that_is_not_enabled_is_a_unit_that_says_so() -> None:
    (account,) = plan(REGIONAL, regions=["me-south-1"]).add([identified_profile("a")])
    assert [unit.enabled for unit in account.units] == [False]


def test_profiles_of_one_account_are_one_scan_of_all_their_regions() -> None:
    identified = [
        identified_profile("b", region="eu-west-1"),
        identified_profile("a"),
        identified_profile("c", account="999988887777"),
    ]
    first, second = plan(REGIONAL).add(identified)
    assert (first.ready.profile, first.ready.profiles) == ("a", ["a", "b"])
    assert first.ready.regions == ["eu-central-1", "eu-west-1"]
    assert {unit.profile for unit in first.units} == {"a"}
    assert second.ready.profiles == ["c"]


def test_the_same_number_in_another_partition_is_another_account() -> None:
    accounts = plan(REGIONAL).add(
        [identified_profile("a"), identified_profile("b", partition="aws-cn", region="cn-north-1")]
    )
    assert [account.ready.partition for account in accounts] == ["aws", "aws-cn"]


def test_the_best_profile_could_list_the_regions() -> None:
    identified = [
        identified_profile("a", regions_note="denied", enabled_regions=["eu-west-3"]),
        identified_profile("b"),
    ]
    (account,) = plan(REGIONAL, regions=[ALL_REGIONS]).add(identified)
    assert (account.ready.profile, account.ready.regions) == ("b", ENABLED)


def test_a_late_profile_adds_its_regions_and_nothing_twice() -> None:
    scan = plan(REGIONAL, GLOBAL)
    (start,) = scan.add([identified_profile("b")])
    (addition,) = scan.add([identified_profile("a", region="eu-west-1")])
    assert (addition.ready.profile, addition.ready.profiles) == ("b", ["a", "b"])
    assert addition.ready.regions == ["eu-central-1", "eu-west-1"]
    assert runs(addition.units) == {("eu-west-1", REGIONAL)}
    assert not runs(start.units) & runs(addition.units)
    (nothing_new,) = scan.add([identified_profile("c")])
    assert nothing_new.units == []


def test_every_check_is_in_the_plan_of_all_regions() -> None:
    checks = list(all_checks().values())
    (account,) = ScanPlan(ScanJob(regions=[ALL_REGIONS]), checks, ["a"]).add([identified_profile("a")])
    assert len(runs(account.units)) == sum(1 if is_global(check) else len(ENABLED) for check in checks)


def test_a_unit_survives_the_way_to_another_machine() -> None:
    (account,) = plan(REGIONAL, GLOBAL).add([identified_profile("a")])
    for unit in account.units:
        assert msgspec.json.decode(msgspec.json.encode(unit), type=WorkUnit) == unit


def test_a_verification_is_one_unit_for_each_region_that_it_needs() -> None:
    job = VerifyJob(
        [
            VerifyTarget(REGIONAL, "a", "eu-west-1", "lab"),
            VerifyTarget(REGIONAL, "a", "eu-west-1", "other"),
            VerifyTarget(REGIONAL, "a", "", "own-region"),
            VerifyTarget(GLOBAL, "a", "us-east-1", "111122223333"),
            VerifyTarget(REGIONAL, "b", "eu-west-1", "of another profile"),
            VerifyTarget(REGIONAL, "a", "eu-west-1", "of another account", "999988887777"),
        ]
    )
    units = {unit.region: unit for unit in verification_units(job, identified_profile("a"))}
    assert {region: (unit.checks, unit.only) for region, unit in units.items()} == {
        "eu-west-1": ([REGIONAL], ["lab", "other"]),
        "eu-central-1": ([REGIONAL], ["own-region"]),
        "us-east-1": ([GLOBAL], ["111122223333"]),
    }


def test_what_is_judged_from_elsewhere_is_verified_in_every_enabled_region() -> None:
    job = VerifyJob([VerifyTarget(FROM_ELSEWHERE, "a", "eu-west-1", "arn:aws:s3:::audit")])
    assert [unit.region for unit in verification_units(job, identified_profile("a"))] == ENABLED
