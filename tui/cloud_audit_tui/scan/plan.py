"""Assigns a profile to each account and splits its scan into work units. Pure: no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.aws.identity import Identity
from cloud_audit_tui.checks.explanation import explanation
from cloud_audit_tui.scan.events import AccountReady
from cloud_audit_tui.scan.jobs import ALL_REGIONS, ScanJob, VerifyJob, WorkUnit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cloud_audit_tui.checks.api import Check


class IdentifiedProfile(msgspec.Struct, frozen=True):
    """A profile and its identity, through which an account can be read."""

    profile: str
    identity: Identity

    @property
    def account(self) -> tuple[str, str]:
        """The partition and the id of the account."""
        return self.identity.partition, self.identity.account_id


class AccountPlan(msgspec.Struct, frozen=True):
    """The initial plan of an account's scan, or the part that a later profile adds to it."""

    ready: AccountReady
    units: list[WorkUnit]


class ScanPlan:
    """The accounts of a scan, in the order in which their profiles are identified.

    ``profiles`` are the names of the job's profiles in their order, which breaks ties between equivalent
    profiles.
    """

    def __init__(self, job: ScanJob, checks: Sequence[Check], profiles: Sequence[str]) -> None:
        self._job = job
        self._regional = [check.id for check in checks if not is_global(check)]
        self._global = [check.id for check in checks if is_global(check)]
        self._position = {name: position for position, name in enumerate(profiles)}
        self._accounts: dict[tuple[str, str], AccountReady] = {}
        self._identified: dict[tuple[str, str], IdentifiedProfile] = {}

    def add(self, identified: Iterable[IdentifiedProfile]) -> list[AccountPlan]:
        """Return the account scans that these profiles start or extend.

        A new account is read through its best profile: profiles that could list the enabled regions come
        first, then the order of the job applies. A profile of an account that is already being scanned adds
        its regions.
        """
        groups: dict[tuple[str, str], list[IdentifiedProfile]] = {}
        for each in sorted(identified, key=lambda each: self._position[each.profile]):
            groups.setdefault(each.account, []).append(each)
        return [self._plan_of(account, group) for account, group in groups.items()]

    def _plan_of(self, account: tuple[str, str], group: list[IdentifiedProfile]) -> AccountPlan:
        before = self._accounts.get(account)
        if before is None:
            self._identified[account] = min(group, key=lambda each: bool(each.identity.regions_note))
        chosen = self._identified[account]
        profiles = {*(before.profiles if before else []), *(each.profile for each in group)}
        old = before.regions if before else []
        new = [region for region in self._regions(chosen, group) if region not in old]
        ready = AccountReady(
            account_id=chosen.identity.account_id,
            partition=chosen.identity.partition,
            profile=chosen.profile,
            profiles=sorted(profiles, key=self._position.__getitem__),
            regions=[*old, *new],
        )
        self._accounts[account] = ready
        return AccountPlan(ready, self._units(chosen, new, ready.regions, is_new=before is None))

    def _regions(self, identified: IdentifiedProfile, group: list[IdentifiedProfile]) -> list[str]:
        if self._job.regions == [ALL_REGIONS]:
            return list(identified.identity.enabled_regions)
        own = [each.identity.region for each in group]
        return list(dict.fromkeys(self._job.regions or own))

    def _units(
        self, identified: IdentifiedProfile, new: list[str], scanned: list[str], *, is_new: bool
    ) -> list[WorkUnit]:
        identity = identified.identity
        home = identity.home_region
        checks = {region: list(self._regional) for region in new}
        if is_new and self._global:
            checks[home] = [*checks.get(home, []), *self._global]
        enabled = set(identity.enabled_regions)
        return [
            WorkUnit(
                account_id=identity.account_id,
                partition=identity.partition,
                profile=identified.profile,
                region=region,
                checks=there,
                home_region=home,
                # The region of a partition's global services cannot be disabled.
                enabled=region == home or region in enabled,
                scanned=scanned,
                min_severity=self._job.min_severity,
            )
            for region, there in checks.items()
            if there
        ]


def is_global(check: Check) -> bool:
    """Say whether a check runs once per account, whatever regions are scanned."""
    return explanation(check.id).about.is_global


def needs_enabled_regions(job: VerifyJob, profile: str) -> bool:
    """Say whether a verification through a profile needs the list of enabled regions."""
    return any(
        explanation(target.check_id).about.found_from_elsewhere
        for target in job.targets
        if target.profile == profile
    )


def verification_units(job: VerifyJob, identified: IdentifiedProfile) -> list[WorkUnit]:
    """Return the units that verify a job's targets of one profile, one per region.

    A global check is verified in the home region, and one that assesses resources of other regions in every
    enabled region. A target of an account other than the profile's is skipped; `scan.verification` reports
    it.
    """
    identity = identified.identity
    checks: dict[str, dict[str, None]] = {}
    names: dict[str, dict[str, None]] = {}
    for target in job.targets:
        if target.profile != identified.profile or target.account_id not in ("", identity.account_id):
            continue
        about = explanation(target.check_id).about
        if about.is_global:
            regions = [identity.home_region]
        elif about.found_from_elsewhere:
            regions = list(identity.enabled_regions)
        else:
            regions = [target.region or identity.region]
        for region in regions:
            checks.setdefault(region, {})[target.check_id] = None
            names.setdefault(region, {})[target.resource] = None
    return [
        WorkUnit(
            account_id=identity.account_id,
            partition=identity.partition,
            profile=identified.profile,
            region=region,
            checks=list(there),
            home_region=identity.home_region,
            only=list(names[region]),
            scanned=list(checks),
        )
        for region, there in checks.items()
    ]
