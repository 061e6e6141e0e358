"""The organizations whose accounts take the place of the profiles that list them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from cloud_audit_tui.aws.profiles import account_profile
from cloud_audit_tui.scan.organization import organization_profiles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cloud_audit_tui.app.profile_directory import ProfileDirectory
    from cloud_audit_tui.app.scanning.running_jobs import RunningJobs
    from cloud_audit_tui.scan.events import OrganizationListed


class Organizations:
    """Lists the accounts and the units of organizations, and adds the profiles of the accounts.

    ``role`` is the role with which the accounts are scanned. ``tell`` gets each answer with a note about its
    accounts.
    """

    def __init__(
        self,
        role: str,
        jobs: RunningJobs,
        profiles: ProfileDirectory,
        tell: Callable[[OrganizationListed, str], object],
    ) -> None:
        self.role = role
        self._jobs = jobs
        self._profiles = profiles
        self._tell = tell
        self._by_source: dict[str, OrganizationListed] = {}

    @property
    def all(self) -> list[OrganizationListed]:
        """The organizations whose accounts are listed."""
        return list(self._by_source.values())

    @property
    def sources_without_units(self) -> list[str]:
        """The profiles whose organizations are listed without their units."""
        return [each.profile for each in self.all if not each.units and not each.units_reason]

    async def list_accounts(self, sources: Sequence[str]) -> list[str]:
        """List the organizations of profiles and return the names of the profiles that scan all accounts.

        A profile that cannot list its organization stays among the names.
        """
        names: list[str] = []
        accounts: set[str] = set()
        for source in sources:
            organization = await self._jobs.list_organization(source)
            profiles = organization_profiles(organization, self.role, accounts)
            accounts.update(profiles.accounts)
            names += profiles.names if not organization.reason else [source]
            self._add_profiles(source, profiles.names)
            if not organization.reason:
                self._by_source[source] = organization
            self._tell(organization, profiles.note)
        return names

    def _add_profiles(self, source: str, names: Sequence[str]) -> None:
        configured = {profile.name: profile for profile in self._profiles.configured}
        accounts = [account_profile(name, configured[source], {}) for name in names if name not in configured]
        self._profiles.configured = [*self._profiles.configured, *accounts]

    async def read_units(self, sources: Sequence[str]) -> None:
        """Read the units of the organizations that these profiles listed."""
        for source in sources:
            answer = await self._jobs.list_organization(source, units=True)
            self._by_source[source] = replace(
                self._by_source[source],
                units=answer.units,
                units_reason=answer.units_reason or answer.reason,
            )
            self._tell(self._by_source[source], "")
