"""A request is cut into units, and several processes share them without a gap or a repetition."""

from __future__ import annotations

from collections import Counter

import pytest

from cloud_audit_tui.aws.identity import Identity
from cloud_audit_tui.aws.profiles import Profile, ProfileKind
from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.scan.jobs import Request
from cloud_audit_tui.scan.plan import answers_for, regions_to_scan, share_of, units_of

ENABLED = ["eu-central-1", "eu-west-1", "us-east-1"]
IDENTITY = Identity(
    account_id="111122223333",
    alias="",
    caller_arn="arn:aws:sts::111122223333:assumed-role/audit/x",
    partition="aws",
    region="eu-central-1",
    enabled_regions=ENABLED,
)


def test_no_region_means_the_profiles_own() -> None:
    assert regions_to_scan(Request(), IDENTITY) == ["eu-central-1"]


def test_all_means_every_enabled_region() -> None:
    assert regions_to_scan(Request(regions=["all"]), IDENTITY) == ENABLED


def test_a_region_that_is_not_enabled_is_a_unit_that_says_so() -> None:
    (unit,) = units_of([all_checks()["aws-sagemaker-001"]], ["me-south-1"], IDENTITY)
    assert not unit.enabled


@pytest.mark.parametrize("processes", [2, 3, 8])
@pytest.mark.parametrize("mfa", [False, True])
@pytest.mark.parametrize("names", [["a"], ["a", "b", "c"], [f"p{n}" for n in range(12)]])
def test_every_unit_falls_to_exactly_one_process(processes: int, mfa: bool, names: list[str]) -> None:
    checks = list(all_checks().values())
    regions = [f"r{n}" for n in range(17)]
    given: Counter[tuple[str, str, str]] = Counter()
    answered: Counter[str] = Counter()
    for index in range(processes):
        request = Request(profiles=names, shard=(index, processes))
        for position, name in enumerate(names):
            profile = Profile(name, ProfileKind.ROLE, mfa=mfa)
            answered[name] += answers_for(position, request)
            for unit in share_of(units_of(checks, regions, IDENTITY), profile, position, request):
                given[name, unit.check.id, unit.region] += 1
    assert set(given.values()) == {1}
    assert len(given) == len(names) * len(units_of(checks, regions, IDENTITY))
    assert set(answered.values()) == {1}


def test_a_profile_with_mfa_is_asked_for_one_code_only() -> None:
    checks = list(all_checks().values())
    profile = Profile("mfa", ProfileKind.ROLE, mfa=True)
    shares = [
        share_of(units_of(checks, ENABLED, IDENTITY), profile, 0, Request(profiles=["mfa"], shard=(index, 4)))
        for index in range(4)
    ]
    assert sum(bool(share) for share in shares) == 1
