"""The state of each profile, from its configuration, the store, and the events of this session."""

from __future__ import annotations

import shlex
import time
from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.app.keymap import key_in_text
from cloud_audit_tui.app.login_states import LoginStates
from cloud_audit_tui.app.presentation.formatting import age
from cloud_audit_tui.aws.errors import Unread
from cloud_audit_tui.scan.events import ProfileFailed, ProfileReady
from cloud_audit_tui.store.view import Failure, ProfileInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cloud_audit_tui.aws.login import Login, LoginState
    from cloud_audit_tui.aws.profiles import Profile


CREDENTIALS = Unread.CREDENTIALS.value
"""The kind of a profile's failure that a login may fix."""


class ProfileDirectory:
    """Looks up the state of a profile; events of this session override the store."""

    def __init__(
        self,
        configured: Sequence[Profile],
        clock: Callable[[], float] = time.time,
        key_name: Callable[[str], str] = key_in_text,
    ) -> None:
        """List these profiles; ``clock`` gives the time in seconds since 1970.

        ``key_name`` returns the user's key of an action.
        """
        self.configured = configured
        self._clock = clock
        self._key_name = key_name
        self._logins = LoginStates(clock)
        self._store_infos: dict[str, ProfileInfo] = {}
        self._events: dict[str, ProfileReady | ProfileFailed] = {}

    @property
    def configured(self) -> Sequence[Profile]:
        """The configured profiles, in their order."""
        return list(self._configured.values())

    @configured.setter
    def configured(self, profiles: Sequence[Profile]) -> None:
        self._configured = {profile.name: profile for profile in profiles}

    @property
    def names(self) -> list[str]:
        """The names of the configured profiles, in their order."""
        return list(self._configured)

    def of(self, profile: str) -> ProfileInfo:
        """Return the state of a profile; an expired login is a failure before AWS reports one."""
        info = self._info(profile)
        login = self.login_of(profile)
        if login is None or isinstance(self._events.get(profile), ProfileReady):
            return info
        how = f"Press {self._key_name('log_in')} to log in: {shlex.join(login.command)}"
        if info.failure is not None and info.failure.kind == CREDENTIALS:
            return msgspec.structs.replace(info, failure=msgspec.structs.replace(info.failure, action=how))
        if info.failure is not None:
            return info
        state = self._logins.of(login)
        if not state.is_over:
            return info
        reason = "No login yet." if not state.ends_at else f"Its login expired {self._age(state)}."
        return msgspec.structs.replace(info, failure=Failure(CREDENTIALS, reason, how))

    def of_all(self, profiles: Sequence[str]) -> list[ProfileInfo]:
        """Return the states of some profiles, in their order."""
        return [self.of(name) for name in profiles]

    def _age(self, state: LoginState) -> str:
        return age(state.ends_at, self._clock())

    def login_of(self, profile: str) -> Login | None:
        """Return the login that a profile needs, None for one that needs none."""
        each = self._configured.get(profile)
        return None if each is None else each.login

    def forget_events(self, login: Login) -> list[str]:
        """Drop the events of the profiles of a login, and return their names."""
        self._logins.forget(login)
        names = [
            each.name
            for each in self.configured
            if each.login is not None and each.login.cache == login.cache
        ]
        for name in names:
            self._events.pop(name, None)
            if (info := self._store_infos.get(name)) is not None:
                self._store_infos[name] = msgspec.structs.replace(info, failure=None)
        return names

    def _info(self, profile: str) -> ProfileInfo:
        info = self._store_infos.get(profile) or ProfileInfo(profile)
        match self._events.get(profile):
            case ProfileReady() as event:
                ready = _with_earlier_reads(event, info)
                return msgspec.structs.replace(
                    info,
                    account_id=ready.account_id,
                    alias=ready.alias,
                    caller_arn=ready.caller_arn,
                    partition=ready.partition,
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

    def configured_region(self, profile: str) -> str:
        """Return the configured region of a profile; empty if it has none."""
        each = self._configured.get(profile)
        return "" if each is None else each.region

    def add_stored(self, profiles: Mapping[str, ProfileInfo]) -> None:
        """Add the stored states of profiles."""
        self._store_infos.update(profiles)

    def add_event(self, event: ProfileReady | ProfileFailed) -> None:
        """Add an event of a profile."""
        if isinstance(event, ProfileReady):
            event = _with_earlier_reads(event, self._info(event.profile))
        self._events[event.profile] = event

    def accounts_of(self, profiles: Sequence[str]) -> list[str]:
        """Return the ids of the accounts behind some profiles, each once; unknown ones are left out."""
        ids = (self._info(name).account_id for name in profiles)
        return list(dict.fromkeys(filter(None, ids)))

    def with_account(self, profiles: Sequence[str]) -> list[str]:
        """Return those of some profiles whose account is known."""
        return [name for name in profiles if self._info(name).account_id]

    def unidentified(self, profiles: Sequence[str]) -> list[str]:
        """Return the profiles to identify now.

        A profile is identified once per session; profiles that need an MFA code are skipped.
        """
        needs_code = {profile.name for profile in self.configured if profile.mfa}
        return [name for name in profiles if name not in needs_code and name not in self._events]


def _with_earlier_reads(ready: ProfileReady, earlier: ProfileInfo) -> ProfileReady:
    """Return an event, with the alias and the regions that were read earlier if it has none of its account.

    A verification reads neither.
    """
    if (ready.partition, ready.account_id) != (earlier.partition, earlier.account_id):
        return ready
    regions, note = ready.enabled_regions, ready.regions_note
    if note and earlier.enabled_regions and not earlier.regions_note:
        regions, note = earlier.enabled_regions, ""
    return msgspec.structs.replace(
        ready, alias=ready.alias or earlier.alias, enabled_regions=regions, regions_note=note
    )
