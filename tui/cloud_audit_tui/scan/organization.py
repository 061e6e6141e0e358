"""The profiles that scan an organization: one for each account that can be used. Pure: no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.aws.account_roles import AccountRole
from cloud_audit_tui.plural import plural

if TYPE_CHECKING:
    from collections.abc import Collection

    from cloud_audit_tui.scan.events import OrganizationListed


class OrganizationProfiles(msgspec.Struct, frozen=True):
    """The names of an organization's profiles, and a note about its accounts.

    ``names`` begin with the profile that lists the organization, which reads its own account; the other
    accounts are read through a role. ``accounts`` are the ids of the accounts.
    """

    names: list[str]
    accounts: list[str]
    note: str


def organization_profiles(
    organization: OrganizationListed, role: str, excluded: Collection[str] = ()
) -> OrganizationProfiles:
    """Return the profiles for the accounts of an organization, without those in ``excluded``.

    An inactive account is excluded, and the note names it.
    """
    elsewhere = [
        each
        for each in organization.accounts
        if each.id != organization.account_id and each.id not in excluded
    ]
    active = [each.id for each in elsewhere if each.is_active]
    inactive = [
        f"{each.id} ({each.state.lower().replace('_', ' ')})" for each in elsewhere if not each.is_active
    ]
    own = [] if organization.account_id in excluded else [organization.account_id]
    count = len(active) + len(own)
    note = f"The organization of {organization.profile} has {count} {plural(count, 'account')} to scan."
    if inactive:
        note += f" Left out, because no role can be assumed there: {', '.join(inactive)}."
    roles = [AccountRole(organization.profile, account, role).name for account in active]
    return OrganizationProfiles([*([organization.profile] if own else []), *roles], [*own, *active], note)
