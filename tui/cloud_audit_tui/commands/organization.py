"""Replaces a profile by the accounts of its organization."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cloud_audit_tui.aws.profiles import list_profiles, select_profiles
from cloud_audit_tui.commands.options import Mistake
from cloud_audit_tui.commands.running import events_of, start
from cloud_audit_tui.scan.environment import overlay
from cloud_audit_tui.scan.events import OrganizationListed, ProfileFailed, ScanFinished
from cloud_audit_tui.scan.jobs import ListOrganizationJob
from cloud_audit_tui.scan.organization import organization_profiles
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cloud_audit_tui.aws.role_sessions import RoleSessions


async def profiles_of_organizations(
    names: Sequence[str],
    role: str,
    changes: Mapping[str, str | None],
    role_sessions: RoleSessions | None = None,
) -> tuple[list[str], list[str]]:
    """Return a profile for every account of the profiles' organizations, and a note about each organization.

    Without names, the default credentials list their organization. Raises `Mistake` for an organization that
    cannot be listed, and the exceptions of `select_profiles`.
    """
    environ = overlay(os.environ, changes)
    sources = select_profiles(list_profiles(environ), list(names), environ)
    profiles: list[str] = []
    notes: list[str] = []
    accounts: set[str] = set()
    for source in sources:
        organization = await _list(source.name, changes, role_sessions)
        members = organization_profiles(organization, role, accounts)
        accounts.update(members.accounts)
        profiles += members.names
        notes.append(plain(members.note))
    return profiles, notes


async def _list(
    profile: str, changes: Mapping[str, str | None], role_sessions: RoleSessions | None
) -> OrganizationListed:
    job = start(ListOrganizationJob(profile), changes, role_sessions)
    reason = "The scanner ended without a list of accounts."
    try:
        async for event in events_of(job):
            match event:
                case OrganizationListed(reason=""):
                    return event
                case OrganizationListed():
                    reason = event.reason
                case ProfileFailed():
                    reason = event.words
                case ScanFinished() if event.message:
                    reason = event.message
                case _:
                    pass
    finally:
        await job.close()
    raise Mistake(plain(f"The organization of {profile!r} cannot be listed. {reason}"))
