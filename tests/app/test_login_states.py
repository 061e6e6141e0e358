"""The file of a login is read once for many questions, and again after some seconds or a new login."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloud_audit_tui.app import login_states
from cloud_audit_tui.app.profile_directory import ProfileDirectory
from cloud_audit_tui.aws.login import Login
from cloud_audit_tui.aws.profiles import Profile, ProfileKind

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


class Reads(list[Path]):
    """The files that were read."""


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    reads = Reads()
    read_bytes: Callable[[Path], bytes] = Path.read_bytes

    def read_and_count(path: Path) -> bytes:
        reads.append(path)
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", read_and_count)
    return reads


def test_a_login_is_read_once_for_many_questions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reads: Reads
) -> None:
    seconds = 100.0
    monkeypatch.setattr("time.monotonic", lambda: seconds)
    monkeypatch.setattr(login_states, "KEPT_FOR", 5.0)
    login = Login(("sso", "login"), str(tmp_path / "token.json"))
    profiles = [Profile(name, ProfileKind.SSO, login=login) for name in ("dev", "prod")]
    directory = ProfileDirectory(profiles, NOW.timestamp)

    def log_in() -> None:
        ends = (NOW + timedelta(hours=1)).isoformat()
        Path(login.cache).write_text(json.dumps({"accessToken": "x", "expiresAt": ends}))

    for _ in range(10):
        assert directory.of("dev").failure
        assert all(info.failure for info in directory.of_all(["dev", "prod"]))
    assert len(reads) == 1
    log_in()
    assert directory.of("dev").failure, "a login in another terminal shows some seconds later"
    seconds += 5
    assert directory.of("dev").failure is None
    Path(login.cache).unlink()
    assert directory.of("dev").failure is None
    directory.forget_events(login)
    assert directory.of("dev").failure
    assert len(reads) == 3
