"""A scanner waits for the first scan and after each for the next; none where nothing can be scanned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.app.app import CloudAuditApp
from cloud_audit_tui.app.opened_file import OpenedFile
from cloud_audit_tui.app.scanning.running_jobs import RunningJobs
from cloud_audit_tui.aws.profiles import Profile, ProfileKind
from cloud_audit_tui.scan.executors.subprocess import SpareScanner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.conftest import Stage

LOCKED = Profile("locked", ProfileKind.KEYS, "eu-central-1", mfa=True)
"""A profile that is not identified at the start, so that no scanner runs for it."""


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the app asks of its spare scanner, which is none."""
    calls: list[str] = []

    async def prepare(_spare: SpareScanner, changes: Mapping[str, str | None]) -> None:
        calls.append(f"prepare {dict(changes)}")

    async def close(_spare: SpareScanner) -> None:
        calls.append("close")

    monkeypatch.setattr(SpareScanner, "prepare", prepare)
    monkeypatch.setattr(SpareScanner, "close", close)
    monkeypatch.setattr("cloud_audit_tui.app.app.SPARE_AFTER", 0.01)
    return calls


def app_over(stage: Stage, **options: Any) -> CloudAuditApp:
    profiles = options.pop("profiles", [LOCKED])
    selected = [profile.name for profile in profiles]
    return CloudAuditApp(stage.store, profiles, selected=selected, audit_file=stage.audit_file, **options)


async def test_a_scanner_waits_for_each_scan_until_the_app_ends(stage: Stage, calls: list[str]) -> None:
    app = app_over(stage, environment={"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    preparation = "prepare {'AWS_ENDPOINT_URL': 'http://127.0.0.1:9'}"
    async with app.run_test() as pilot:
        await stage.until(pilot, lambda: calls == [preparation])
        app.post_message(RunningJobs.ScanEnded(stage.finished()))
        await stage.until(pilot, lambda: calls == [preparation, preparation])
    assert calls == [preparation, preparation, "close"]


@pytest.mark.parametrize("options", [{"profiles": []}, {"opened": OpenedFile("report.json", "ours")}])
async def test_none_waits_where_nothing_can_be_scanned(
    stage: Stage, calls: list[str], options: dict[str, Any]
) -> None:
    async with app_over(stage, **options).run_test() as pilot:
        await stage.settled(pilot)
        await pilot.pause()
    assert not [call for call in calls if call.startswith("prepare")]
