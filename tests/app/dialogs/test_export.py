"""Exporting what is shown, what is marked, or everything."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from textual.widgets import Input, Static

from cloud_audit_tui.app.dialogs.export import ExportDialog, ExportScope
from cloud_audit_tui.app.system.folder_names import completed
from cloud_audit_tui.commands.main import main
from cloud_audit_tui.model import Severity, Status
from cloud_audit_tui.reports.format_registry import formats

if TYPE_CHECKING:
    from textual.pilot import Pilot

SIZE = (120, 40)
PICTURED = ("cloud-audit", "csv", "html", "json", "junit", "markdown", "ocsf", "sarif", "table")
"""The formats of the pictures, which a new format leaves as they are."""


async def opened(stage: Any, pilot: Pilot[None]) -> ExportDialog:
    await pilot.press("x")
    await stage.until(pilot, lambda: isinstance(pilot.app.screen, ExportDialog))
    await pilot.pause()
    assert isinstance(pilot.app.screen, ExportDialog)
    return pilot.app.screen


def fault(dialog: ExportDialog) -> str:
    """Return what the dialog says is wrong."""
    widget = dialog.query_one("#fault", Static)
    return str(widget.render()) if widget.has_class("-visible") else ""


async def exported_text(stage: Any, pilot: Pilot[None], path: Path) -> str:
    await pilot.press("enter")
    await stage.until(pilot, lambda: path.exists() and not isinstance(pilot.app.screen, ExportDialog))
    return path.read_text()  # noqa: ASYNC240 - a small file of the test


async def test_what_the_filter_shows_is_exported_in_the_format_under_the_cursor_also_of_closed_groups(
    stage: Any, sample: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with stage.opened(sample, size=SIZE) as (app, pilot):
        app.session.filter_by("severity:high")
        await stage.settled(pilot)
        dialog = await opened(stage, pilot)
        assert "what is shown (2 results)" in stage.screen_text(app)
        assert dialog.query_one(Input).value == str(tmp_path / "cloud-audit-report.json")
        names = []
        for _ in formats():
            await pilot.press("down")
            names.append(Path(dialog.query_one(Input).value).name)
            if names[-1] == "cloud-audit-report.txt":
                before = stage.screen_text(app)
                await pilot.press("ctrl+r")
                assert stage.screen_text(app) != before, "fixes can be left out"
                await pilot.press("ctrl+r")
        assert {"cloud-audit-report.sarif", "cloud-audit-report.xml", "cloud-audit-report.txt"} <= set(names)
        await pilot.press("pageup")
        first = Path(dialog.query_one(Input).value).name
        await pilot.press("pagedown")
        assert Path(dialog.query_one(Input).value).name != first
        await pilot.press("pageup", "down", "up")
        assert Path(dialog.query_one(Input).value).name == first
        await pilot.press("down")
        path = tmp_path / "cloud-audit-report.csv"
        rows = list(csv.DictReader(io.StringIO(await exported_text(stage, pilot, path))))
        assert [row["severity"] for row in rows] == ["high"] * 2
        assert path.stat().st_mode & 0o777 == 0o600
        await stage.until(pilot, lambda: "2 results as csv." in stage.notices(app))
        await pilot.press("g")
        await stage.until(pilot, lambda: "by check" in stage.screen_text(app))
        dialog = await opened(stage, pilot)
        assert "what is shown (2 results)" in stage.screen_text(app)
        await pilot.press("pageup", "down")
        path = tmp_path / "groups.csv"
        dialog.query_one(Input).value = str(path)
        assert len(list(csv.DictReader(io.StringIO(await exported_text(stage, pilot, path))))) == 2


async def test_the_marked_ones_come_first_and_everything_has_the_passes_too(
    stage: Any, sample: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with stage.opened(sample, size=SIZE) as (app, pilot):
        await pilot.press("space", "space")
        dialog = await opened(stage, pilot)
        assert f"{ExportScope.MARKED.value} (2 results)" in stage.screen_text(app)
        text = await exported_text(stage, pilot, tmp_path / "cloud-audit-report.json")
        assert len(json.loads(text)["results"]) == 2
        dialog = await opened(stage, pilot)
        await pilot.press("ctrl+s", "ctrl+s")
        dialog.query_one(Input).value = str(tmp_path / "all.json")
        text = await exported_text(stage, pilot, tmp_path / "all.json")
        assert len(json.loads(text)["results"]) == len(sample)


async def test_a_report_of_some_findings_says_which_and_what_it_leaves_out(
    stage: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    findings = [
        *(stage.make(number, severity=Severity.HIGH) for number in range(2)),
        stage.make(2, status=Status.PASS),
        *(stage.make(number, status=Status.NOT_ASSESSED) for number in (3, 4, 5)),
    ]
    json_path, csv_path = tmp_path / "cloud-audit-report.json", tmp_path / "some.csv"
    async with stage.opened(findings, size=SIZE) as (app, pilot):
        app.session.filter_by("severity:high")
        await stage.settled(pilot)
        await opened(stage, pilot)
        text = await exported_text(stage, pilot, json_path)
        assert json.loads(text)["narrowing"] == {
            "filter": "status:fail,fixed severity:high",
            "not_assessed": 3,
            "is_marked": False,
        }
        dialog = await opened(stage, pilot)
        await pilot.press("pageup", "down")
        dialog.query_one(Input).value = str(csv_path)
        await exported_text(stage, pilot, csv_path)
        leaves_out = "only what matches status:fail,fixed severity:high, which leaves out 3 not assessed"
        await stage.until(pilot, lambda: leaves_out in stage.notices(app))

        app.session.filter_by("")
        await pilot.press("a", "u", "M")
        await stage.settled(pilot)
        dialog = await opened(stage, pilot)
        dialog.query_one(Input).value = str(tmp_path / "all.json")
        text = await exported_text(stage, pilot, tmp_path / "all.json")
        assert "narrowing" not in json.loads(text)
        assert len(json.loads(text)["results"]) == len(findings)

        await pilot.press("home", "space")
        dialog = await opened(stage, pilot)
        await pilot.press("pageup")
        while not dialog.query_one(Input).value.endswith(".md"):
            await pilot.press("down")
        text = await exported_text(stage, pilot, Path(dialog.query_one(Input).value))
        assert "only the marked findings, which leaves out 3 not assessed" in text


async def test_everything_is_what_the_report_command_writes(
    stage: Any, sample: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = tmp_path / "config"
    config.write_text("[profile dev]\nregion = eu-central-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("CLOUD_AUDIT_TUI_DATA", str(tmp_path))
    stage.past_scan(sample)
    app = stage.app(pasteable={"AWS_CONFIG_FILE": str(config)})
    async with app.run_test(size=SIZE) as pilot:
        await stage.settled(pilot)
        await opened(stage, pilot)
        await pilot.press("ctrl+s")
        text = await exported_text(stage, pilot, tmp_path / "cloud-audit-report.json")
    result = CliRunner().invoke(main, ["report", "--profile", "dev", "--format", "json"])
    assert result.output == text


async def test_an_existing_file_is_replaced_only_on_the_second_enter_and_tab_completes_a_path(
    stage: Any, sample: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "cloud-audit-report.json"
    path.write_text("mine")
    async with stage.opened(sample, size=SIZE) as (app, pilot):
        dialog = await opened(stage, pilot)
        await pilot.press("enter")
        await stage.until(pilot, lambda: "exists. Press Enter again" in fault(dialog))
        assert path.read_text() == "mine"
        dialog.query_one(Input).value = str(tmp_path / "none" / "report.json")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "There is no directory" in fault(dialog))
        dialog.query_one(Input).value = str(path)
        await pilot.pause()
        await pilot.press("enter")
        await stage.until(pilot, lambda: "exists. Press Enter again" in fault(dialog))
        await pilot.press("enter")
        await stage.until(pilot, lambda: path.read_text() != "mine")
        assert list(tmp_path.glob(".*")) == []  # noqa: ASYNC240 - a small directory of the test
        # Tab completes folders and a home directory.
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / "reports-2026").mkdir()
        await stage.until(pilot, lambda: app.screen is app.main)
        dialog = await opened(stage, pilot)
        field = dialog.query_one(Input)
        field.value = "~/rep"
        await pilot.press("tab")
        assert field.value == "~/reports-2026/"
        await pilot.press(*"a.json")
        await exported_text(stage, pilot, tmp_path / "reports-2026" / "a.json")
        await opened(stage, pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is app.main


def test_paths_are_completed_as_far_as_names_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("alpha", "alpine", "beta"):
        (tmp_path / name).mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "beta" / "x.json").touch()
    expected = {
        "al": "alp",
        "b": "beta/",
        "beta/": "beta/x.json",
        "": "",
        "none/x": "none/x",
        f"{tmp_path}/be": f"{tmp_path}/beta/",
        ".h": ".hidden/",
        "~nobody-of-this-name/x": "~nobody-of-this-name/x",
        "\0": "\0",
    }
    assert {text: completed(text) for text in expected} == expected


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (200, 50)])
def test_export_looks(stage: Any, snap_compare: Any, size: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pathlib.Path.cwd", lambda: Path("/home/alice"))
    pictured = [formats()[name] for name in PICTURED]
    monkeypatch.setattr("cloud_audit_tui.app.actions.export._formats", lambda: pictured)
    stage.past_scan([stage.make(number) for number in range(8)], ago=timedelta(hours=3))
    assert snap_compare(stage.app(), terminal_size=size, run_before=stage.before_picture(opened))
