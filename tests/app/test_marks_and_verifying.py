"""Marking findings, fixing the marked ones together, and looking at them again, as a person does it."""

from __future__ import annotations

import stat
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from textual.widgets import Input

from cloud_audit_tui.app.dialogs.input_form import InputForm
from cloud_audit_tui.app.dialogs.save import SaveDialog
from cloud_audit_tui.app.system.clipboard import Copied
from cloud_audit_tui.app.widgets.detail import Detail
from cloud_audit_tui.app.widgets.findings_table import FindingsTable
from cloud_audit_tui.model import Status
from cloud_audit_tui.scan.events import Outcome, Result
from each_row import each_row

from .conftest import key_event

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from cloud_audit_tui.model import Finding

pytestmark = pytest.mark.proof

TALL, SMALL = (120, 40), (80, 24)
LATER = datetime(2026, 3, 14, 12, 5, tzinfo=UTC)


def marked(app: Any) -> list[str]:
    """Return the names on the lines of the screen that bear the glyph of a mark."""
    table = app.main.query_one(FindingsTable)
    return [row.resource_name for row in app.session.store.rows(table.marked_in_order())]


async def form_is_open(stage: Any, pilot: Pilot[None]) -> InputForm:
    await stage.until(pilot, lambda: isinstance(pilot.app.screen, InputForm))
    await pilot.pause()
    form = pilot.app.screen
    assert isinstance(form, InputForm)
    return form


def line_of(stage: Any, app: Any, name: str) -> str:
    return next((line for line in stage.screen_text(app).splitlines() if name in line), "")


async def verifying(stage: Any, pilot: Pilot[None], *keys: str) -> Any:
    """Press keys and return the verification that they begin."""
    before = len(stage.scans)
    await pilot.press(*keys)
    await stage.until(pilot, lambda: len(stage.scans) > before)
    return stage.scans[-1]


def answer(stage: Any, scan: Any, *findings: Finding, outcome: Outcome = Outcome.COMPLETE) -> None:
    """Let a verification find this, and end."""
    start = msgspec.structs.replace(
        stage.started("verify-1", at=LATER, job=scan.job),
        checks=sorted({target.check_id for target in scan.job.targets}),
    )
    # A verification reads neither the alias of the account nor its regions.
    ready = stage.ready(
        alias="", enabled_regions=["eu-central-1", "eu-north-1"], regions_note="They were not read."
    )
    end = stage.finished("verify-1", outcome, at=LATER, message="The verification was stopped.")
    scan.say(start, ready, *map(Result, findings), end)


def fixed(finding: Finding) -> Finding:
    return msgspec.structs.replace(finding, status=Status.PASS, reason="Root access is disabled.")


def with_facts(stage: Any) -> list[Finding]:
    """Return four findings that have a fix, and one that has none."""
    notebooks = [
        stage.make(
            1, name=name, evidence={"notebook_name": name, "status": "InService", "lifecycle_config": ""}
        )
        for name in ("nb-a", "nb-b", "nb-c", "nb-d")
    ]
    return [*notebooks, stage.make(2, status=Status.NOT_ASSESSED)]


# Marks


async def test_keys_mark_one_or_many_and_a_mark_stays_with_its_finding_until_that_is_gone(
    stage: Any, sample: Any
) -> None:
    rows = (
        (["space", "j", "j", "V"], 4),
        (["G", "space", "k", "k", "V"], 3),
        (["V"], 1),
        (["shift+down", "shift+down"], 3),
        (["G", "K"], 2),
        (["ctrl+a"], 8),
        (["ctrl+a", "ctrl+n"], 0),
        (["ctrl+a", "space"], 7),
    )
    async with stage.opened(sample, size=SMALL, notifications=True) as (app, pilot):
        with each_row() as row:
            for size in (SMALL, TALL):
                with row(size):
                    await pilot.resize_terminal(*size)
                    await stage.settled(pilot)
                    first = stage.selected(app)
                    await pilot.press("space", "space")
                    await stage.settled(pilot)
                    assert app.main.query_one(FindingsTable).cursor == 2
                    assert marked(app)[0] == first
                    assert len(marked(app)) == 2
                    assert stage.screen_text(app).count("●") == 3
                    assert "● 2 marked" in stage.screen_text(app)
                    await pilot.press("k", "space")
                    await stage.until(pilot, lambda: "● 1 marked" in stage.screen_text(app))
                await pilot.press("ctrl+n", "home")
            for keys, count in rows:
                with row(keys):
                    assert not marked(app)
                    for key in keys:
                        await pilot.press(key)
                        if key == "ctrl+a":
                            await stage.until(pilot, lambda: marked(app))
                    assert len(marked(app)) == count
                    is_said = bool(count)
                    await stage.until(
                        pilot, lambda is_said=is_said: ("marked" in stage.screen_text(app)) is is_said
                    )
                await pilot.press("ctrl+n", "home")
        await marks_stay_with_their_findings(stage, pilot, sample)


async def marks_stay_with_their_findings(stage: Any, pilot: Pilot[None], sample: Any) -> None:
    """Sort, filter and scan again while two findings are marked, of which the last scan misses one."""
    app: Any = pilot.app
    await stage.settled(pilot)
    first = stage.selected(app)
    await pilot.press("space", "space")
    names = set(marked(app))
    assert len(names) == 2
    app.session.sort_by(app.session.view.sort, descending=True)
    await stage.settled(pilot)
    assert set(marked(app)) == names
    app.session.filter_by("encrypted")
    await stage.settled(pilot)
    assert "● 2 marked, 2 hidden" in stage.screen_text(app)
    await pilot.press("r")
    await stage.until(pilot, lambda: app.session.jobs.scanning)
    rest = [finding for finding in sample if finding.resource_name != first]
    stage.scan.say(stage.started(), stage.ready(), *map(Result, rest), stage.finished())
    await stage.until(pilot, lambda: not app.session.jobs.scanning)
    await stage.settled(pilot)
    assert set(marked(app)) == names - {first}
    assert "● 1 marked" in stage.screen_text(app)
    await pilot.press("ctrl+a")
    await stage.until(pilot, lambda: len(marked(app)) > 1)


def delay_reads(app: Any, patch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """Let the read of the rows to mark wait; return the event that lets it go on, and that of its end."""
    may_read, has_read = threading.Event(), threading.Event()
    row_ids = app.session.store.row_ids

    def late_row_ids(*arguments: Any) -> Any:
        may_read.wait(10)
        try:
            return row_ids(*arguments)
        finally:
            has_read.set()

    patch.setattr(app.session.store, "row_ids", late_row_ids)
    return may_read, has_read


async def test_a_key_after_ctrl_a_acts_on_its_marks_however_long_they_are_read(
    stage: Any, sample: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage.opened(sample, size=TALL) as (app, pilot):
        table = app.main.query_one(FindingsTable)
        with each_row() as row:
            # A key that clears them waits for the read, but not without end, and they do not come back.
            with row("ctrl+n"), monkeypatch.context() as patch:
                patch.setattr("cloud_audit_tui.app.key_order.LONGEST_READ", 0.1)
                may_read, has_read = delay_reads(app, patch)
                clearings = table.marked.clearings
                await pilot.press("ctrl+a", "ctrl+n")
                await stage.until(pilot, lambda: table.marked.clearings > clearings)
                may_read.set()
                await stage.until(pilot, has_read.is_set)
                await stage.settled(pilot)
                assert not marked(app)
            for key, count in (("space", 7), ("y", 8)):
                await pilot.press("ctrl+n", "home")
                with row(key), monkeypatch.context() as patch:
                    patch.setattr("cloud_audit_tui.app.key_order.LONGEST_WAIT", 0.02)
                    may_read, _ = delay_reads(app, patch)
                    selected = table.selected_id
                    for each in ("ctrl+a", "down", key):
                        app.post_message(key_event(each))
                    # A key that only moves does not wait for the marks.
                    await stage.until(pilot, lambda selected=selected: table.selected_id != selected)
                    may_read.set()
                    await stage.until(pilot, lambda count=count: len(marked(app)) == count)
                    if key == "y":
                        await stage.until(pilot, lambda: stage.copied)
                        assert all(name in stage.copied[0] for name in marked(app))


# Many at once


async def test_the_marked_are_copied_as_one_text(stage: Any) -> None:
    async with stage.opened(with_facts(stage), size=TALL, notifications=True) as (app, pilot):
        await pilot.press("space", "space", "y")
        await stage.until(pilot, lambda: stage.copied)
        assert len(stage.copied[0].splitlines()) == 2, "the ARNs are lines"
        await pilot.press("ctrl+a")
        await stage.until(pilot, lambda: len(marked(app)) == 4)
        with each_row() as row:
            for key, start in (("c", "set -euo pipefail"), ("t", "terraform {")):
                stage.copied.clear()
                app.clear_notifications()
                with row(key):
                    await pilot.press(key)
                    if key == "t":
                        await form_is_open(stage, pilot)
                        await pilot.press("ctrl+n")
                    await stage.until(pilot, lambda: "4 fixes." in stage.notices(app))
                    [text] = stage.copied
                    assert start in text
                    assert "fixes, written by cloud-audit-tui" in text
                    assert all(name in text for name in ("nb-a", "nb-b", "nb-c", "nb-d"))
                    for words in ("Copied by pyperclip.", "for 4 findings"):
                        assert words in stage.notices(app)


async def test_w_writes_the_marked_to_a_file(
    stage: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    proposed = tmp_path / "cloud-audit-fixes.sh"
    rows = (("all.sh", 0o700, "#!/usr/bin/env bash"), ("all.tf", 0o600, "# "))
    async with stage.opened(with_facts(stage), size=TALL, notifications=True) as (app, pilot):
        with each_row() as row:
            for name, mode, begins in rows:
                with row(name):
                    await asks_for_a_file(stage, pilot, "ctrl+a", "w")
                    assert app.screen.query_one(Input).value == str(proposed)
                    app.screen.query_one(Input).value = str(tmp_path / name)
                    await pilot.press("enter")
                    if name.endswith(".tf"):
                        await form_is_open(stage, pilot)
                        await pilot.press("ctrl+n")
                    await stage.until(pilot, lambda: app.screen is app.main)
                    path = tmp_path / name
                    assert path.read_text().startswith(begins)
                    assert stat.S_IMODE(path.stat().st_mode) == mode
                    await stage.until(pilot, lambda path=path: str(path) in stage.notices(app))
            with row("a text that is too long for the clipboard and the terminal"):
                with monkeypatch.context() as patch:
                    patch.setattr("cloud_audit_tui.app.actions.copy.LONGEST_SHOWN", 10)
                    patch.setattr("cloud_audit_tui.app.actions.copy.copy", copies_nothing)
                    await asks_for_a_file(stage, pilot, "ctrl+a", "c")
                await pilot.press("enter")
                await stage.until(pilot, lambda: app.screen is app.main)
                assert proposed.read_text().startswith("bash -s -- ")
            with row("a file that exists is replaced only on a second Enter"):
                proposed.write_text("mine")
                await pilot.resize_terminal(*SMALL)
                await asks_for_a_file(stage, pilot, "w")
                await pilot.press("enter")
                # The path before it may be long, so it is not looked for in one line of the screen.
                fault = app.screen.query_one("#fault")
                await stage.until(
                    pilot, lambda: fault.has_class("-visible") and "Press Enter again" in str(fault.render())
                )
                assert proposed.read_text() == "mine"
                await pilot.press("enter")
                await stage.until(pilot, lambda: app.screen is app.main)
                assert proposed.read_text() != "mine"
                proposed.unlink()
            with row("a finding without a fix writes none"):
                await pilot.resize_terminal(*TALL)
                await pilot.press("ctrl+n", "u")
                app.session.filter_by("aws-sagemaker-004")
                await stage.settled(pilot)
                await asks_for_a_file(stage, pilot, "w")
                await pilot.press("enter")
                await stage.until(pilot, lambda: "Nothing to write" in stage.screen_text(app))
                await pilot.press("escape")
                assert not proposed.exists()


async def asks_for_a_file(stage: Any, pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await stage.until(
        pilot, lambda: isinstance(pilot.app.screen, SaveDialog) and pilot.app.screen.query(Input)
    )


async def copies_nothing(*_: Any) -> Copied:
    return Copied((), confirmed=False, note="Not copied: the text has too many bytes.")


# Verifying


async def test_v_looks_again_at_one_resource_and_the_row_says_fixed(stage: Any, sample: Any) -> None:
    async with stage.opened(sample, size=TALL, notifications=True) as (app, pilot):
        await pilot.press("j")
        await stage.settled(pilot)
        finding = app.main.query_one(Detail).selected.finding
        scan = await verifying(stage, pilot, "v")
        [target] = scan.job.targets
        assert (target.check_id, target.region) == (finding.check_id, finding.region)
        assert target.resource == finding.resource_id
        await stage.until(pilot, lambda: f"Verifying {finding.resource_name}" in stage.screen_text(app))
        answer(stage, scan, fixed(finding))
        await stage.until(pilot, lambda: "✓ Fixed" in stage.screen_text(app))
        await stage.settled(pilot)
        assert stage.selected(app) == stage.detailed(app) == finding.resource_name
        assert app.main.query_one(FindingsTable).cursor == 1
        assert "Fixed " in line_of(stage, app, finding.resource_name)
        assert f"Fixed: {finding.resource_name}: Root access is disabled." in stage.notices(app)
        assert "Verified   2026-03-14" in stage.screen_text(app)
        assert "acme-dev" in stage.screen_text(app).splitlines()[0]
        assert app.session.profiles.of("dev").enabled_regions == stage.ready().enabled_regions
        assert scan.closed
        # It does so during a scan, too.
        await pilot.press("home", "r")
        await stage.until(pilot, lambda: app.session.jobs.scanning)
        await stage.settled(pilot)
        other = app.main.query_one(Detail).selected.finding
        running = stage.scan
        running.say(stage.started(), stage.ready())
        answer(stage, await verifying(stage, pilot, "v"), fixed(other))
        await stage.until(pilot, lambda: f"Fixed: {other.resource_name}" in stage.notices(app))
        assert app.session.jobs.scanning
        assert not running.closed


async def test_a_verification_that_does_not_say_fixed_leaves_the_row_where_it_is(
    stage: Any, sample: Any
) -> None:
    async with stage.opened(sample, size=TALL, notifications=True) as (app, pilot):
        finding = app.main.query_one(Detail).selected.finding
        name = stage.selected(app)

        async def is_said(words: str) -> None:
            await stage.until(pilot, lambda: words in stage.notices(app))
            await stage.until(pilot, lambda: not app.session.jobs.verifications.findings)
            await stage.settled(pilot)
            assert stage.selected(app) == name
            assert app.main.query_one(FindingsTable).cursor == 0

        with each_row() as row:
            with row("it is stopped"):
                scan = await verifying(stage, pilot, "v")
                scan_count = len(stage.scans)
                # To press the key again asks nothing.
                await pilot.press("v")
                await stage.until(pilot, lambda: "The verification is running already." in stage.notices(app))
                assert len(stage.scans) == scan_count
                await pilot.press("escape")
                await stage.until(pilot, lambda: scan.cancelled)
                await is_said("Not assessed")
            app.clear_notifications()
            with row("the session has expired"):
                scan = await verifying(stage, pilot, "v")
                failed = stage.unusable("dev", "The SSO session has expired.", "Run `aws sso login`.")
                scan.say(stage.started("v", job=scan.job), *failed, stage.finished("v"))
                await is_said("Not assessed")
                assert "The SSO session has expired. Run `aws sso login`." in stage.notices(app)
                assert "SSO session" in line_of(stage, app, "✗ dev")
            # The notification stays for its ten seconds and would cover what is looked for.
            app.clear_notifications()
            with row("it ends without a word"):
                await (await verifying(stage, pilot, "v")).close()
                await is_said("Not assessed")
            app.clear_notifications()
            with row("the finding still fails"):
                answer(stage, await verifying(stage, pilot, "v"), finding)
                await is_said("Still failing")
                await stage.until(pilot, lambda: "SSO session" not in stage.screen_text(app))
                await stage.until(pilot, lambda: "still failing" in stage.screen_text(app))
            app.clear_notifications()
            with row("the read is denied"):
                denied = msgspec.structs.replace(
                    finding, status=Status.NOT_ASSESSED, reason="Access was denied."
                )
                answer(stage, await verifying(stage, pilot, "v"), denied)
                await is_said("Access was denied.")


async def test_the_marked_are_verified_together_and_what_is_gone_leaves_the_table_with_its_mark(
    stage: Any, sample: Any
) -> None:
    async with stage.opened(sample, size=TALL, notifications=True) as (app, pilot):
        await pilot.press("space", "space")
        rows = app.session.store.rows(app.main.query_one(FindingsTable).marked_in_order())
        first, second = app.session.store.findings([row.row_id for row in rows])
        scan = await verifying(stage, pilot, "v")
        assert {target.resource for target in scan.job.targets} == {first.resource_id, second.resource_id}
        await stage.until(pilot, lambda: "Verifying 2 findings" in stage.screen_text(app))
        answer(stage, scan, fixed(first), second)
        await stage.until(
            pilot, lambda: "2 findings verified: 1 fixed, 1 still failing." in stage.notices(app)
        )
        await pilot.press("ctrl+n", "end")
        await stage.settled(pilot)
        name = stage.selected(app)
        answer(stage, await verifying(stage, pilot, "space", "v"))
        await stage.until(pilot, lambda: "Gone" in stage.notices(app))
        await stage.settled(pilot)
        assert marked(app) == []
        assert name not in [
            row.resource_name
            for row in app.session.store.rows(app.session.store.row_ids(app.session.view.query.view))
        ]
