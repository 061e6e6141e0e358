"""The states of logins, read from the files of the AWS CLI and kept for a few seconds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cloud_audit_tui.aws.login import login_state

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud_audit_tui.aws.login import Login, LoginState

KEPT_FOR = 5.0
"""Seconds for which a state is kept: the header needs it every second, and a filter with each key."""


class LoginStates:
    """Reads each login's file at most once in `KEPT_FOR` seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """``clock`` gives the time in seconds since 1970."""
        self._clock = clock
        self._states: dict[str, tuple[float, LoginState]] = {}
        """The time of the read and the state, by the name of the file."""

    def of(self, login: Login) -> LoginState:
        """Return the state of a login."""
        now = time.monotonic()
        read_at, state = self._states.get(login.cache, (now, None))
        if state is None or now - read_at >= KEPT_FOR:
            state = login_state(login, self._clock())
            self._states[login.cache] = now, state
        return state

    def forget(self, login: Login) -> None:
        """Read a login again when it is next asked for, because the user has just logged in."""
        self._states.pop(login.cache, None)
