"""Requests wait for what is not seeded yet, and for nothing else."""

from __future__ import annotations

import sys
import threading
import types
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import aioboto3
import pytest

from cloud_audit_tui.demo.accounts import PRODUCTION
from cloud_audit_tui.demo.embedded import EmbeddedAws
from cloud_audit_tui.demo.seeding import REST, Seeding, Step

if TYPE_CHECKING:
    from collections.abc import Callable


def no_call(*_: Any, **__: Any) -> dict[str, Any]:
    return {}


@pytest.fixture
def step(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Step]:
    """Make a step of a function."""

    def step_of(name: str, services: str, fill: Callable[[Any], None]) -> Step:
        module = types.ModuleType(name)
        module.fill = fill  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, f"cloud_audit_tui.demo.{name}", module)
        return Step(name, frozenset(services.split()))

    return step_of


def test_a_service_is_let_go_when_nothing_will_change_it_any_more(step: Callable[..., Step]) -> None:
    second_began, go_on = threading.Event(), threading.Event()

    def second(_at: Any) -> None:
        second_began.set()
        go_on.wait()

    seeding = Seeding(
        no_call, (step("first_step", "s3 kms", lambda _at: None), step("second_step", "kms iam", second))
    )
    work = threading.Thread(target=seeding.rest)
    work.start()
    second_began.wait()
    seeding.wait_for("s3")
    seeding.wait_for("sts")
    waiting = threading.Thread(target=seeding.wait_for, args=("kms",))
    waiting.start()
    assert waiting.is_alive()
    go_on.set()
    waiting.join()
    work.join()


def test_a_seed_that_breaks_keeps_nobody_waiting(
    step: Callable[..., Step], capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_at: Any) -> None:
        raise RuntimeError("no such bucket")

    seeding = Seeding(no_call, (step("broken_step", "s3", broken), step("later_step", "ec2", broken)))
    seeding.rest()
    seeding.wait_for("s3")
    seeding.wait_for("ec2")
    assert "no such bucket" in capsys.readouterr().err


@pytest.mark.proof
async def test_whoever_asks_at_once_sees_what_is_seeded_last(monkeypatch: pytest.MonkeyPatch) -> None:
    assert REST[-1].module == "backdating"
    async with EmbeddedAws(latency_ms=0) as aws:
        for name, value in aws.environment.items():
            monkeypatch.setenv(name, value)
        async with aioboto3.Session(profile_name=PRODUCTION.profile).client("secretsmanager") as client:
            secrets = (await client.list_secrets())["SecretList"]
    assert len(secrets) == 3
    assert all(datetime.now(UTC) - secret["CreatedDate"] > timedelta(days=20) for secret in secrets)
