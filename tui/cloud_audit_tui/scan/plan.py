"""Which pieces of work a request comes to, and which of them are this process's share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.checks.api import Check
from cloud_audit_tui.checks.explanation import explanation
from cloud_audit_tui.scan.jobs import ALL_REGIONS

if TYPE_CHECKING:
    from cloud_audit_tui.aws.identity import Identity
    from cloud_audit_tui.aws.profiles import Profile
    from cloud_audit_tui.scan.jobs import Request


class Unit(msgspec.Struct, frozen=True):
    """One check in one region of one account."""

    check: Check
    region: str
    enabled: bool


def regions_to_scan(request: Request, identity: Identity) -> list[str]:
    """Return the regions that a request means for one account."""
    if request.regions == [ALL_REGIONS]:
        return identity.enabled_regions
    return list(dict.fromkeys(request.regions)) or [identity.region]


def is_global(check: Check) -> bool:
    """Say whether a check runs once in the account, whatever regions are scanned."""
    return explanation(check.id).about.is_global


def units_of(checks: list[Check], regions: list[str], identity: Identity) -> list[Unit]:
    """Return the units of one account: regional checks in every region, global ones once."""
    enabled = set(identity.enabled_regions)
    units = []
    for check in checks:
        if is_global(check):
            units.append(Unit(check, identity.home_region, enabled=True))
        else:
            units.extend(Unit(check, region, region in enabled) for region in regions)
    return units


def share_of(units: list[Unit], profile: Profile, position: int, request: Request) -> list[Unit]:
    """Return the units that fall to this process.

    Whole profiles are dealt out while there are enough of them, and a profile that asks for an MFA
    code is never split, since each code works once; otherwise a profile's regions are dealt out.
    """
    index, count = request.shard
    if _is_whole(profile, request):
        return units if answers_for(position, request) else []
    regions = list(dict.fromkeys(unit.region for unit in units))
    mine = {region for offset, region in enumerate(regions) if (position + offset) % count == index}
    return [unit for unit in units if unit.region in mine]


def share_of_profile(profile: Profile, position: int, request: Request) -> bool:
    """Say whether any unit of a profile may fall to this process."""
    return not _is_whole(profile, request) or answers_for(position, request)


def _is_whole(profile: Profile, request: Request) -> bool:
    return profile.mfa or len(request.profiles) >= request.shard[1]


def answers_for(position: int, request: Request) -> bool:
    """Say whether this process is the one that reports a profile as ready or failed."""
    index, count = request.shard
    return position % count == index
