"""The sessions of roles that require an MFA code, kept in memory so that each needs one code.

A scanner is one process for one job. The process that starts scanners keeps the sessions and passes them on
(`cloud_audit_tui.scan.executors.subprocess`); they are never in a file or an event.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, MutableMapping
from datetime import UTC, datetime, timedelta
from typing import Any

LEAST_LEFT = timedelta(minutes=15)
"""The least remaining validity of a session: botocore renews one that expires sooner."""


def _keep(_line: bytes) -> None:
    """Ignore a new session."""


class RoleSessions:
    """The sessions of roles by profile.

    ``on_change`` is called with a line of JSON for every new session, and for a profile whose sessions are
    invalid; `add` accepts these lines.
    """

    def __init__(self, on_change: Callable[[bytes], None] = _keep) -> None:
        self._sessions: dict[str, dict[str, dict[str, Any]]] = {}
        self._on_change = on_change

    def of(self, profile: str) -> MutableMapping[str, dict[str, Any]]:
        """Return the cache of one profile's credential provider."""
        return _ProfileCache(self._sessions.setdefault(profile, {}), profile, self._on_change)

    def lasts(self, profile: str) -> bool:
        """Say whether a profile has sessions that are all still valid."""
        sessions = self._sessions.get(profile, {})
        soon = datetime.now(UTC) + LEAST_LEFT
        return bool(sessions) and all(_end_of(each) > soon for each in sessions.values())

    def forget(self, profile: str) -> None:
        """Drop the sessions of a profile, which AWS no longer accepts."""
        self._sessions.pop(profile, None)
        self._on_change(_line(profile, "", None))

    def add(self, line: bytes) -> None:
        """Apply a change of another process; raises `ValueError` for any other line."""
        match json.loads(line):
            case {"profile": str(profile), "session": None}:
                self._sessions.pop(profile, None)
            case {"profile": str(profile), "key": str(key), "session": dict(session)}:
                _end_of(session)
                self._sessions.setdefault(profile, {})[key] = session
            case _:
                raise ValueError("not the session of a role")

    def lines(self) -> Iterator[bytes]:
        """Yield every session as a line of JSON."""
        for profile, sessions in self._sessions.items():
            for key, session in sessions.items():
                yield _line(profile, key, session)


class _ProfileCache(MutableMapping[str, dict[str, Any]]):
    """A cache of role sessions for botocore."""

    def __init__(
        self, sessions: dict[str, dict[str, Any]], profile: str, on_change: Callable[[bytes], None]
    ) -> None:
        self._sessions = sessions
        self._profile = profile
        self._on_change = on_change

    def __getitem__(self, key: str) -> dict[str, Any]:
        return self._sessions[key]

    def __setitem__(self, key: str, session: dict[str, Any]) -> None:
        self._sessions[key] = {"Credentials": session["Credentials"]}
        self._on_change(_line(self._profile, key, self._sessions[key]))

    def __delitem__(self, key: str) -> None:
        del self._sessions[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sessions)

    def __len__(self) -> int:
        return len(self._sessions)


def _line(profile: str, key: str, session: dict[str, Any] | None) -> bytes:
    text = json.dumps({"profile": profile, "key": key, "session": session}, default=datetime.isoformat)
    return text.encode() + b"\n"


def _end_of(session: dict[str, Any]) -> datetime:
    """Return when a session expires; raises `ValueError` if it has no expiry."""
    expiration = datetime.fromisoformat(str(session.get("Credentials", {}).get("Expiration")))
    return expiration if expiration.tzinfo else expiration.replace(tzinfo=UTC)
