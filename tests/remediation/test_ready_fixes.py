"""Fixes that are made while a scan waits are the same, and are made once."""

from __future__ import annotations

import asyncio

import pytest

from cloud_audit_tui.remediation import ready_fixes
from cloud_audit_tui.remediation.ready_fixes import ReadyFixes
from cloud_audit_tui.remediation.render import Remediation, render
from remediation.findings_to_fix import endpoint


@pytest.fixture
def remediations(monkeypatch: pytest.MonkeyPatch) -> list[Remediation]:
    """The remediations that were made."""
    remediations: list[Remediation] = []

    def remember(*arguments: object) -> Remediation:
        remediations.append(render(*arguments))  # type: ignore[arg-type]
        return remediations[-1]

    monkeypatch.setattr(ready_fixes, "render", remember)
    monkeypatch.setattr(ready_fixes, "PAUSE", 0)
    monkeypatch.setattr(ready_fixes, "IDLE", 60.0)
    return remediations


async def until_made(fixes: ReadyFixes) -> None:
    making = asyncio.create_task(fixes.make_when_idle())
    for _ in range(1000):
        await asyncio.sleep(0)
    making.cancel()


async def test_a_fix_is_made_before_it_is_asked_for(remediations: list[Remediation]) -> None:
    finding, other = endpoint(name="a"), endpoint(name="b")
    fixes = ReadyFixes({})
    fixes.announce(finding)
    await until_made(fixes)
    assert len(remediations) == 1
    assert fixes.of(finding) is remediations[0]
    for each in (finding, other):
        assert fixes.of(each).cli == render(each).cli
        assert fixes.of(each).terraform == render(each).terraform
    assert len(remediations) == 2


async def test_nothing_is_made_while_the_scan_computes(
    remediations: list[Remediation], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready_fixes, "IDLE", -1.0)
    fixes = ReadyFixes({})
    fixes.announce(endpoint())
    making = asyncio.create_task(fixes.make_when_idle())
    for _ in range(100):
        await asyncio.sleep(0)
    making.cancel()
    assert not remediations


def test_a_finding_that_nobody_announced_is_fixed_too(remediations: list[Remediation]) -> None:
    finding = endpoint()
    assert ReadyFixes({}).of(finding).cli == render(finding).cli
