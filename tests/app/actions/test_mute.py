"""A finding is accepted with a reason, leaves the table, and can be taken back."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from textual.widgets import Input

from cloud_audit_tui.app.dialogs.mute import MuteDialog
from cloud_audit_tui.app.widgets.findings_table import FindingsTable
from cloud_audit_tui.app.widgets.severity_counts import SeverityCounts
from cloud_audit_tui.config.audit_file import load
from cloud_audit_tui.config.mutes import Mute
from cloud_audit_tui.model import Disposition

if TYPE_CHECKING:
    import pytest
    from textual.pilot import Pilot

    from app.conftest import Stage
    from cloud_audit_tui.app.app import CloudAuditApp
    from cloud_audit_tui.model import Finding


async def decide(pilot: Pilot[None], stage: Stage, reason: str, *keys: str) -> None:
    """Press m, write a reason, and answer with these keys."""
    await pilot.press("m")
    await stage.until(pilot, lambda: isinstance(pilot.app.screen, MuteDialog) and pilot.app.focused)
    await pilot.press(*reason[:1])
    if reason[1:]:
        await stage.paste(pilot, reason[1:])
    await pilot.press(*keys)


async def test_m_asks_why_and_mutes_the_finding_and_takes_it_back(
    stage: Stage, sample: list[Finding]
) -> None:
    async with stage.opened(sample, size=(160, 40)) as (app, pilot):
        name = stage.selected(app)
        assert "muted" not in stage.screen_text(app)
        stage.audit_file.write_text("# ours\n")
        await decide(pilot, stage, "old", "enter")
        await stage.until(pilot, lambda: "1 finding muted" in stage.notices(app))
        await stage.settled(pilot)
        assert stage.selected(app) != name
        (mute,) = load(stage.audit_file).mutes
        assert (mute.reason, mute.expires, mute.account) == ("old", date(2026, 6, 12), "111122223333")
        assert stage.audit_file.read_text().startswith("# ours\n")
        # The muted ones are counted apart, and a click or a key shows them.
        await stage.until(pilot, lambda: "1 muted hidden (M)" in stage.screen_text(app))
        counts = app.main.query_one(SeverityCounts)
        start = next(start for kind, start, _ in counts.places() if kind is Disposition.MUTED)
        await pilot.click(SeverityCounts, offset=(start + 2, 0))
        await stage.until(pilot, lambda: "1 muted hidden" not in stage.screen_text(app))
        await stage.settled(pilot)
        assert name[-6:] in table_text(stage, app)
        await pilot.press("M")
        await stage.until(pilot, lambda: "1 muted hidden (M)" in stage.screen_text(app))
        await stage.settled(pilot)
        assert name[-6:] not in table_text(stage, app)
        await pilot.press("M")
        await stage.settled(pilot)
        assert name[-6:] in table_text(stage, app)
        await pilot.press("home")
        await stage.settled(pilot)
        assert stage.selected(app) == name
        await pilot.press("m")
        await stage.until(pilot, lambda: "1 finding unmuted" in stage.notices(app))
        assert load(stage.audit_file).mutes == ()


def table_text(stage: Stage, app: CloudAuditApp) -> str:
    """Return the lines of the table, which cuts a long name in its middle."""
    region = app.main.query_one(FindingsTable).region
    lines = stage.screen_text(app).splitlines()[region.y : region.bottom]
    return "\n".join(line[region.x : region.right] for line in lines)


async def test_a_decision_can_reach_the_whole_check_and_m_says_what_it_cannot_decide(
    stage: Stage, sample: list[Finding]
) -> None:
    async with stage.opened(sample) as (app, pilot):
        await decide(pilot, stage, "all of them", "pagedown", "pageup", "down", "up", "pagedown", "enter")
        await stage.until(pilot, lambda: " muted." in stage.notices(app))
        (mute,) = load(stage.audit_file).mutes
        assert (mute.resource, mute.account, mute.region) == (None, None, None)
        await pilot.press("M", "home")
        await stage.settled(pilot)
        await pilot.press("m")
        await stage.until(pilot, lambda: "is muted for more than this finding" in stage.notices(app))
        assert load(stage.audit_file).mutes == (mute,)
        app.session.filter_by("status:pass")
        await stage.settled(pilot)
        await pilot.press("m")
        await stage.until(pilot, lambda: "cannot be muted" in stage.notices(app))


async def test_the_file_holds_from_the_start_and_a_mistake_in_it_is_said(
    stage: Stage, sample: list[Finding]
) -> None:
    stage.audit_file.write_text("suppressions:\n- {check_id: '*', reason: all, resource_id: '*'}\n")
    async with stage.opened(sample) as (app, pilot):
        await stage.settled(pilot)
        assert app.main.query_one("FindingsTable").selected_row is None  # type: ignore[attr-defined]
        # Without a finding the key does no harm.
        await pilot.press("m")
        await pilot.pause()
        assert app.screen is app.main
        stage.audit_file.write_text("suppressions: 3\n")
        await pilot.press("M")
        await stage.settled(pilot)
        await pilot.press("m")
        await stage.until(pilot, lambda: "line 1: suppressions: write a list" in stage.notices(app))


async def at_header(pilot: Pilot[None], stage: Stage, *keys: str) -> None:
    """Group the findings with these keys and move to the first header."""
    await pilot.press(*keys, "home")
    await stage.settled(pilot)


async def test_m_on_the_header_of_a_check_mutes_the_check_or_what_a_filter_leaves_of_it_and_takes_it_back(
    stage: Stage, sample: list[Finding]
) -> None:
    async with stage.opened(sample, size=(120, 40)) as (app, pilot):
        await at_header(pilot, stage, "g")
        assert "m mutes the check" in stage.screen_text(app)
        await decide(pilot, stage, "old")
        text = stage.screen_text(app)
        assert "Mute 2 findings of check aws-sagemaker-001" in text
        assert "Every finding of aws-sagemaker-001 in account" in text
        await pilot.press("enter")
        await stage.until(pilot, lambda: "2 findings muted" in stage.notices(app))
        (mute,) = load(stage.audit_file).mutes
        assert (mute.check, mute.account, mute.region, mute.resource) == (
            "aws-sagemaker-001",
            "111122223333",
            None,
            None,
        )
        await stage.settled(pilot)
        assert "▸ aws-sagemaker-001" not in stage.screen_text(app)
        await pilot.press("M", "home")
        await stage.settled(pilot)
        await pilot.press("m")
        await stage.until(pilot, lambda: "2 findings unmuted" in stage.notices(app))
        assert load(stage.audit_file).mutes == ()
        app.session.filter_by("notebook-instance-00001")
        await stage.settled(pilot)
        await pilot.press("home")
        await decide(pilot, stage, "one")
        assert "Mute 1 finding of check aws-sagemaker-001" in stage.screen_text(app)
        await pilot.press("enter")
        await stage.until(pilot, lambda: "1 finding muted" in stage.notices(app))
        (mute,) = load(stage.audit_file).mutes
        assert mute.resource is not None
        assert mute.resource.endswith("notebook-instance-00001")


async def test_a_check_is_muted_in_each_of_the_accounts_that_are_shown(
    stage: Stage, sample: list[Finding]
) -> None:
    stage.past_scan(sample)
    theirs = stage.make(1, profile="prod", account_id="444455556666")
    stage.past_scan([theirs], profile="prod", scan_id="scan-p", account_id="444455556666", alias="acme-prod")
    app = stage.app(selected=("dev", "prod"))
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        await at_header(pilot, stage, "g")
        await decide(pilot, stage, "old")
        assert "in the accounts 111122223333," in stage.screen_text(app)
        await pilot.press("enter")
        await stage.until(pilot, lambda: "3 findings muted" in stage.notices(app))
        assert {mute.account for mute in load(stage.audit_file).mutes} == {"111122223333", "444455556666"}


async def test_m_on_the_header_of_another_group_mutes_its_findings_one_by_one(
    stage: Stage, sample: list[Finding], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage.opened(sample, size=(120, 40)) as (app, pilot):
        await at_header(pilot, stage, *"ggggg")
        assert "m mutes its findings" in stage.screen_text(app)
        # But not too many of them.
        with monkeypatch.context() as few:
            few.setattr("cloud_audit_tui.app.actions.mute.MOST_MUTES", 7)
            await pilot.press("m")
            await stage.until(
                pilot, lambda: "Muting 8 findings one by one exceeds the limit of 7." in stage.notices(app)
            )
            assert app.screen is app.main
        await decide(pilot, stage, "all here")
        assert "Mute 8 findings of region eu-central-1" in stage.screen_text(app)
        assert "Those of region eu-central-1 that are shown" in stage.screen_text(app)
        await pilot.press("enter")
        await stage.until(pilot, lambda: "8 findings muted" in stage.notices(app))
        assert len(load(stage.audit_file).mutes) == 8
        await pilot.press("M", "home")
        await stage.settled(pilot)
        await pilot.press("m")
        await stage.until(pilot, lambda: "8 findings unmuted" in stage.notices(app))


async def test_marked_findings_get_a_mute_each_also_on_the_header_of_a_group(
    stage: Stage, sample: list[Finding]
) -> None:
    async with stage.opened(sample, size=(120, 40)) as (app, pilot):
        await pilot.press("space", "space")
        await decide(pilot, stage, "both", "enter")
        await stage.until(pilot, lambda: "2 findings muted" in stage.notices(app))
        assert [mute.reason for mute in load(stage.audit_file).mutes] == ["both", "both"]
        await stage.settled(pilot)
        await pilot.press("space")
        await at_header(pilot, stage, "g")
        await decide(pilot, stage, "one", "enter")
        await stage.until(pilot, lambda: "1 finding muted" in stage.notices(app))


async def test_the_dialog_says_what_is_missing_and_in_every_size_what_a_choice_accepts(
    stage: Stage, sample: list[Finding]
) -> None:
    async with stage.opened(sample, size=(80, 24)) as (app, pilot):
        await decide(pilot, stage, "", "enter")
        assert "Write why this is accepted." in stage.screen_text(app)
        await pilot.press("x")
        expires = app.screen.query_one("#expires", Input)
        latest, expires.value = expires.value, "2020-01-01"
        await pilot.pause()
        await pilot.press("enter")
        assert "2020-01-01 has passed; name a later day." in stage.screen_text(app)
        expires.value = latest
        await pilot.press("down")
        for size in ((60, 15), (60, 20), (60, 24), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            frame = app.screen.query_one(".frame").content_region
            screen_lines = stage.screen_text(app).splitlines()[frame.y : frame.bottom]
            lines = [line[frame.x : frame.right].strip() for line in screen_lines]
            sentence = "Every finding of aws-sagemaker-001 in eu-central-1 of account 111122223333."
            assert sentence in " ".join(lines), size
            assert lines[-1] == "enter Mute  esc Back", size
            if size[1] > 22:
                end = next(number for number, line in enumerate(lines) if line.endswith("111122223333."))
                assert lines[end + 1] == "", size
                assert lines[end + 2].startswith("Written to"), size
        await pilot.press("escape")
        assert not isinstance(app.screen, MuteDialog)
        assert not stage.audit_file.exists()


def test_a_mute_of_everything_is_not_for_one_resource() -> None:
    assert not Mute("*", "r", resource="*").is_for_one_resource
