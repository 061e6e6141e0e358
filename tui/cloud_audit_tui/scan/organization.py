"""The profiles that scan an organisation: one for each account that can be used. Pure: no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.aws.account_roles import AccountRole

if TYPE_CHECKING:
    from collections.abc import Collection

    from cloud_audit_tui.scan.events import OrganizationListed


class OrganizationProfiles(msgspec.Struct, frozen=True):
    """The names of an organisation's profiles, and a note about its accounts.

    ``names`` begin with the profile that lists the organisation, which reads its own account; every other
    account has a role. ``accounts`` are their ids.
    """

    names: list[str]
    accounts: list[str]
    note: str


def organization_profiles(
    listed: OrganizationListed, role: str, taken: Collection[str] = ()
) -> OrganizationProfiles:
    """Return the profiles for the accounts of an organisation, without those in ``taken``.

    An account that is not active is left out, and the note names it.
    """
    elsewhere = [each for each in listed.accounts if each.id != listed.account_id and each.id not in taken]
    active = [each.id for each in elsewhere if each.is_active]
    inactive = [
        f"{each.id} ({each.state.lower().replace('_', ' ')})" for each in elsewhere if not each.is_active
    ]
    own = [] if listed.account_id in taken else [listed.account_id]
    count = len(active) + len(own)
    note = f"The organisation of {listed.profile} has {count} account{'' if count == 1 else 's'} to scan."
    if inactive:
        note += f" Left out, because no role can be assumed there: {', '.join(inactive)}."
    roles = [AccountRole(listed.profile, account, role).name for account in active]
    return OrganizationProfiles([*([listed.profile] if own else []), *roles], [*own, *active], note)
