"""The sessions of roles that need an MFA code, kept in memory so that a code is asked for once a session.

A scanner is one process for one job. The process that starts scanners keeps the sessions and hands them on
(`cloud_audit_tui.scan.executors.subprocess`); they reach no file and no event.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, MutableMapping
from datetime import UTC, datetime, timedelta
from typing import Any

LEAST_LEFT = timedelta(minutes=15)
"""What a session must still last: botocore renews those that end sooner."""


def _keep(_line: bytes) -> None:
    """Tell nobody about a new session."""


class RoleSessions:
    """The sessions of roles by profile.

    ``on_change`` is called with a line of JSON for every new session and for a profile whose sessions are
    void; `add` takes these lines.
    """

    def __init__(self, on_change: Callable[[bytes], None] = _keep) -> None:
        self._sessions: dict[str, dict[str, dict[str, Any]]] = {}
        self._on_change = on_change

    def of(self, profile: str) -> MutableMapping[str, dict[str, Any]]:
        """Return the cache of one profile's credential provider."""
        return _ProfileCache(self._sessions.setdefault(profile, {}), profile, self._on_change)

    def lasts(self, profile: str) -> bool:
        """Say whether a profile has sessions and all of them last."""
        sessions = self._sessions.get(profile, {})
        soon = datetime.now(UTC) + LEAST_LEFT
        return bool(sessions) and all(_end_of(each) > soon for each in sessions.values())

    def forget(self, profile: str) -> None:
        """Drop the sessions of a profile, which AWS no longer accepts."""
        self._sessions.pop(profile, None)
        self._on_change(_line(profile, "", None))

    def add(self, line: bytes) -> None:
        """Take over a change that another process has made; raises `ValueError` for anything else."""
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
    """What botocore takes for a cache of role sessions."""

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
    """Return when a session ends; raises `ValueError` where it does not say."""
    parsed = datetime.fromisoformat(str(session.get("Credentials", {}).get("Expiration")))
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
