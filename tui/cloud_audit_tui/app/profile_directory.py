"""What is known of each profile: its configuration, its stored account, and what AWS said in this session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.scan.events import ProfileFailed, ProfileReady
from cloud_audit_tui.store.view import Failure, ProfileInfo

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cloud_audit_tui.aws.profiles import Profile


class ProfileDirectory:
    """Answers what is known of a profile; events of this session override what the store has."""

    def __init__(self, configured: Sequence[Profile]) -> None:
        self.configured = list(configured)
        self._stored: dict[str, ProfileInfo] = {}
        self._events: dict[str, ProfileReady | ProfileFailed] = {}

    @property
    def names(self) -> list[str]:
        """The names of the configured profiles, in their order."""
        return [profile.name for profile in self.configured]

    def of(self, profile: str) -> ProfileInfo:
        """Return what is known of a profile."""
        info = self._stored.get(profile) or ProfileInfo(profile)
        match self._events.get(profile):
            case ProfileReady() as ready:
                return msgspec.structs.replace(
                    info,
                    account_id=ready.account_id,
                    alias=ready.alias,
                    caller_arn=ready.caller_arn,
                    partition=ready.partition,
                    region=ready.region,
                    enabled_regions=ready.enabled_regions,
                    regions_note=ready.regions_note,
                    failure=None,
                )
            case ProfileFailed() as failed:
                return msgspec.structs.replace(
                    info, failure=Failure(failed.kind, failed.reason, failed.action)
                )
            case _:
                return info

    def of_all(self, profiles: Sequence[str]) -> list[ProfileInfo]:
        """Return what is known of some profiles, in their order."""
        return [self.of(name) for name in profiles]

    def configured_region(self, profile: str) -> str:
        """Return the region that a profile is configured for; empty when it names none."""
        return next((each.region for each in self.configured if each.name == profile), "")

    def add_stored(self, profiles: Mapping[str, ProfileInfo]) -> None:
        """Take over what the store has about profiles."""
        self._stored.update(profiles)

    def add_event(self, event: ProfileReady | ProfileFailed) -> None:
        """Take over what AWS said about a profile."""
        self._events[event.profile] = event

    def accounts_of(self, profiles: Sequence[str]) -> list[str]:
        """Return the ids of the accounts behind some profiles, each once; unknown ones are left out."""
        ids = (self.of(name).account_id for name in profiles)
        return list(dict.fromkeys(filter(None, ids)))

    def unidentified(self, profiles: Sequence[str]) -> list[str]:
        """Return the profiles that AWS can be asked about now.

        A profile is asked about once in a session; profiles that need an MFA code are skipped.
        """
        needs_code = {profile.name for profile in self.configured if profile.mfa}
        return [name for name in profiles if name not in needs_code and name not in self._events]
