"""A second process starts where it pays, and makes half of what follows."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from cloud_audit_tui.aws.allow_list import AllowList
from cloud_audit_tui.aws.call_limits import CallLimits
from cloud_audit_tui.aws.concurrency import Limits, Window, bounds_of
from cloud_audit_tui.aws.profiles import Profile, ProfileKind
from cloud_audit_tui.aws.second_process import sharing, spare
from cloud_audit_tui.aws.second_process.connection import SecondProcess
from cloud_audit_tui.aws.second_process.sharing import CallSharing
from cloud_audit_tui.aws.timings import CallTimes, OperationTime

PROFILE = Profile("keys", ProfileKind.KEYS)


class FakeProcess(SecondProcess):
    has_ended = False
    busy = 0.0
    answers = 0
    in_flight = 0

    def __init__(self) -> None:
        self.released: list[str] = []

    def release(self, profile: Profile) -> None:
        self.released.append(profile.name)

    async def close(self) -> None:
        self.has_ended = True


class Watched:
    """A scan whose load, calls and lists a test sets; ``looks`` are the shares that the load gives."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, looks: list[float], cores: int = 2) -> None:
        self.process = FakeProcess()
        self.starts = 0
        self.limits = Limits()
        self.limits.window("1", "here", "s3")
        busy_window(monkeypatch, sharing.WORTH_A_CLIENT)
        self.sharing = CallSharing(self.limits, cores)
        self.times = CallTimes()
        self.times.of("s3", "GetBucketPolicy").add(OperationTime(calls=100, cpu=0.1))
        self.has_looked = asyncio.Event()
        rest = iter(looks)
        watched = self

        class Load:
            def look(self) -> float:
                share = next(rest, None)
                if share is None:
                    watched.has_looked.set()
                return share or 0.0

        async def start(*_: Any) -> FakeProcess:
            self.starts += 1
            self.has_looked.set()
            return self.process

        monkeypatch.setattr(sharing, "Load", Load)
        monkeypatch.setattr(sharing, "LOOK_EVERY", 0)
        monkeypatch.setattr(SecondProcess, "start", start)

    async def watch(self) -> None:
        self.sharing.open(AllowList(()), CallLimits(), self.times)
        await self.has_looked.wait()

    @property
    def largest(self) -> int:
        return self.limits.window("1", "here", "s3")._largest


def pays() -> int:
    """Return how many calls of a millisecond pay the start."""
    return round(sharing.PAYS_FROM * sharing.START_COST * 1000) + 1


async def test_a_saturated_scan_with_enough_to_read_starts_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch, [0.5, 0.8, 0.99])
    watched.limits.pending_items["1"] = pays()
    await watched.watch()
    assert watched.starts == 1
    await watched.sharing.close()
    assert watched.process.has_ended


@pytest.mark.parametrize(("pending", "looks"), [(pays() // 2, [1.0] * 20), (pays(), [0.8] * 20)])
async def test_nothing_starts_where_it_does_not_pay(
    monkeypatch: pytest.MonkeyPatch, pending: int, looks: list[float]
) -> None:
    watched = Watched(monkeypatch, looks)
    watched.limits.pending_items["1"] = pending
    await watched.watch()
    assert watched.starts == 0
    await watched.sharing.close()


async def test_many_small_accounts_start_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch, [1.0] * 20)
    busy_window(monkeypatch, sharing.WORTH_A_CLIENT - 1)
    watched.limits.pending_items.update({str(account): pays() for account in range(10)})
    await watched.watch()
    assert watched.starts == 0
    await watched.sharing.close()


async def test_a_process_that_has_time_makes_more_calls_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first, largest = bounds_of("s3")
    for pending, expected in ((pays(), 2 * largest), (0, largest)):
        watched = Watched(monkeypatch, [0.5])
        watched.limits.pending_items["1"] = pending
        await watched.watch()
        assert watched.largest == expected
        await watched.sharing.close()
    assert first < largest


async def test_one_core_starts_nothing_and_its_windows_grow_while_it_has_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watched = Watched(monkeypatch, [1.0, 1.0, 0.5], cores=1)
    watched.limits.pending_items["1"] = pays()
    await watched.watch()
    assert watched.starts == 0
    assert watched.largest == 2 * bounds_of("s3")[1]
    await watched.sharing.close()


async def test_a_process_that_cannot_start_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch, [1.0])
    watched.limits.pending_items["1"] = pays()

    async def fail(*_: Any) -> FakeProcess:
        watched.has_looked.set()
        raise OSError

    monkeypatch.setattr(SecondProcess, "start", fail)
    await watched.watch()
    assert watched.sharing.process_for(PROFILE, "here", "s3", Window(1, 1)) is None
    await watched.sharing.close()


def shared() -> tuple[CallSharing, FakeProcess]:
    """Return what shares calls with a process, and the process."""
    calls, process = CallSharing(Limits(), 2), FakeProcess()
    calls._process = process
    return calls, process


def busy_window(monkeypatch: pytest.MonkeyPatch, waiting: int) -> Window:
    monkeypatch.setattr(Window, "waiting", waiting)
    return Window(1, 1)


def test_the_process_with_less_to_compute_makes_the_next_call(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, process = shared()
    window = busy_window(monkeypatch, sharing.WORTH_A_CLIENT)
    assert calls.process_for(PROFILE, "here", "s3", window) is process
    process.busy = 1000.0
    assert calls.process_for(PROFILE, "here", "s3", window) is None
    process.busy, process.in_flight = 0.0, 10
    assert calls.process_for(PROFILE, "here", "s3", window) is None
    calls._local_calls = 1000
    assert calls.process_for(PROFILE, "here", "s3", window) is process


def test_what_a_process_did_long_ago_does_not_keep_it_from_work(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, process = shared()
    window = busy_window(monkeypatch, sharing.WORTH_A_CLIENT)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    process.busy, process.answers = 1000.0, 1000
    assert calls.process_for(PROFILE, "here", "s3", window) is None
    for _ in range(2):
        now += sharing.BALANCED_OVER
        calls.process_for(PROFILE, "here", "s3", window)
    assert calls.process_for(PROFILE, "here", "s3", window) is process


async def test_a_process_at_hand_pays_for_less(monkeypatch: pytest.MonkeyPatch) -> None:
    for is_at_hand in (False, True):
        monkeypatch.setattr(spare, "is_at_hand", lambda at_hand=is_at_hand: at_hand)
        watched = Watched(monkeypatch, [1.0] * 20)
        watched.limits.pending_items["1"] = pays() // 2
        await watched.watch()
        assert watched.starts == is_at_hand
        await watched.sharing.close()


def test_few_calls_are_worth_no_client_there_and_a_client_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, process = shared()
    window = busy_window(monkeypatch, sharing.WORTH_A_CLIENT - 1)
    assert calls.process_for(PROFILE, "here", "sns", window) is None
    busy_window(monkeypatch, sharing.WORTH_A_CLIENT)
    assert calls.process_for(PROFILE, "here", "sns", window) is process
    busy_window(monkeypatch, 0)
    assert calls.process_for(PROFILE, "here", "sns", window) is process
    calls.release(PROFILE)
    assert process.released == ["keys"]
    assert calls.process_for(PROFILE, "here", "sns", window) is None


def test_profiles_that_need_a_code_and_ended_processes_leave_calls_at_home(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls, process = shared()
    window = busy_window(monkeypatch, sharing.WORTH_A_CLIENT)
    guarded = Profile("asked", ProfileKind.ROLE, mfa=True)
    member = Profile("member", ProfileKind.ACCOUNT_ROLE, source=guarded)
    for profile in (guarded, member):
        assert calls.process_for(profile, "here", "s3", window) is None
    process.has_ended = True
    assert calls.process_for(PROFILE, "here", "s3", window) is None
