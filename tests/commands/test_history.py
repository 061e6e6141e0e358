"""``history`` lists the stored scans and drops old ones, ``compare`` says what changed."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from click.testing import CliRunner

from cloud_audit_tui.aws.profiles import ConfigError
from cloud_audit_tui.commands.main import main
from cloud_audit_tui.config.mutes import ActiveMutes, Mute
from cloud_audit_tui.model import Status
from cloud_audit_tui.store.retention import Retention
from cloud_audit_tui.store.store import Store
from commands.refused_arguments import each_is_refused
from commands.stored_scan import CHECK, store_scan
from reports.made_report import finding_of
from store.made_scans import failed, reached, scan
from store.made_scans import finding_of as endpoint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from click.testing import Result as Done

    from cloud_audit_tui.aws.profiles import Profile
    from cloud_audit_tui.store.history import ScanInfo


@pytest.fixture
def directory(data_directory: Path) -> Path:
    """The data directory of an app that has scanned the profile prod three times."""
    denied = msgspec.structs.replace(finding_of("c"), status=Status.NOT_ASSESSED, reason="Denied.")
    store_scan(data_directory, "one", [finding_of("a"), finding_of("b"), finding_of("c")], day=1)
    store_scan(data_directory, "two", [finding_of("a"), finding_of("b"), finding_of("c")], day=2)
    store_scan(data_directory, "three", [finding_of("a"), finding_of("d"), denied], day=3)
    return data_directory


def run(*arguments: str) -> Done:
    return CliRunner().invoke(main, list(arguments))


def document(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--format", "json").stdout)


@pytest.mark.usefixtures("directory")
def test_scans_are_listed_newest_first() -> None:
    lines = run("history").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["three", "two", "one"]
    assert "complete     2 failed, 1 not assessed, 0 passed  111122223333 in eu-central-1" in lines[0]
    first = document("history")[0]
    assert (first["scan_id"], first["counts"]["not_assessed"], first["profiles"]) == ("three", 1, ["prod"])


def test_a_scan_names_the_profiles_that_it_could_not_use_and_counts_them(data_directory: Path) -> None:
    with Store.open(data_directory / "findings.db") as store:
        store.apply(scan("one", endpoint(), doors=[*reached(), *failed("old")]))
    [line] = run("history", "--profile", "prod").stdout.splitlines()
    assert "1 failed, 1 not assessed, 0 passed  111111111111 in eu-central-1, without old" in line
    [stored] = document("history", "--profile", "prod")
    assert stored["counts"]["not_assessed"] == 1
    assert stored["unusable_profiles"]["old"]["reason"] == "The session has expired."


def store_failed_scan(directory: Path, scan_id: str) -> None:
    """Store a scan that could not use the profile prod."""
    with Store.open(directory / "findings.db") as store:
        store.apply(scan(scan_id, doors=failed()))


def test_a_scan_says_how_many_findings_are_muted(directory: Path) -> None:
    with Store.open(directory / "findings.db") as store:
        store.mute(ActiveMutes([Mute(CHECK, "Accepted.", resource="a")], date(2026, 1, 1)))
    assert "1 failed, 1 not assessed, 0 passed, 1 muted  111122223333" in run("history").stdout


def test_a_scan_that_could_use_no_profile_is_listed_with_the_reason(directory: Path) -> None:
    store_failed_scan(directory, "night")
    line, *others = run("history").stdout.splitlines()
    assert line.startswith("night ")
    assert "  no account  " in line
    assert "complete" not in line
    assert line.endswith("0 failed, 1 not assessed, 0 passed  no account, without prod")
    assert len(others) == 3
    assert document("history")[0]["unusable_profiles"]["prod"]["action"] == "Run aws sso login."


def test_a_scan_that_could_use_no_profile_is_compared_only_if_it_is_named(directory: Path) -> None:
    before = run("compare")
    store_failed_scan(directory, "night")
    after = run("compare")
    assert (after.exit_code, after.stdout) == (before.exit_code, before.stdout)
    assert after.stderr == "The last scan night is not compared: it could not use prod.\n"
    unread = run("compare", "three", "night")
    assert unread.stdout.count("Profile prod could not be used: The session has expired.") == 2
    assert "0 gone, 2 not scanned, 0 still failing\n" in unread.stdout
    store_failed_scan(directory, "dawn")
    neither = run("compare", "night", "dawn")
    assert (neither.exit_code, neither.stdout) == (2, "")
    assert "Neither scan could use a profile" in neither.stderr
    store_scan(directory, "four", [finding_of("a"), finding_of("new")], day=4)
    assert (
        run("compare", "--format", "json").stdout
        == run("compare", "three", "four", "--format", "json").stdout
    )
    assert run("compare").stderr == ""


@pytest.mark.usefixtures("directory")
def test_a_scan_that_another_program_drops_in_the_middle_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    scans = Store.scans

    def scans_and_drop(store: Store, profiles: Sequence[str]) -> list[ScanInfo]:
        listed = scans(store, profiles)
        store.prune(Retention(scans=1), now="2026-01-22T00:00:00+00:00")
        return listed

    monkeypatch.setattr(Store, "scans", scans_and_drop)
    each_is_refused(run, [(["compare"], "has just dropped one of the scans. Compare again.")])


def test_without_a_scan_that_read_an_account_nothing_is_compared(data_directory: Path) -> None:
    store_failed_scan(data_directory, "night")
    store_failed_scan(data_directory, "dawn")
    assert [line.split()[0] for line in run("history").stdout.splitlines()] == ["dawn", "night"]
    each_is_refused(run, [(["compare"], "A comparison needs two scans")])


@pytest.mark.usefixtures("directory")
def test_old_scans_are_dropped_even_if_no_configured_profile_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloud_audit_tui.commands.history.list_profiles", lambda _environment: [])
    invocation = run("history", "--prune", "--keep-scans", "1")
    assert (invocation.exit_code, invocation.stdout) == (0, "")
    assert invocation.stderr == ("2 scans dropped.\nThe store holds no scan of the configured profiles.\n")


def test_nothing_is_dropped_where_the_remaining_scans_cannot_be_listed(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_environment: object) -> list[Profile]:
        raise ConfigError("The configuration cannot be read.")

    with monkeypatch.context() as patch:
        patch.setattr("cloud_audit_tui.commands.history.list_profiles", broken)
        each_is_refused(run, [(["history", "--prune", "--keep-scans", "1"], "cannot be read")])
    assert run("history").stdout.count("\n") == 3


@pytest.mark.usefixtures("directory")
def test_a_profile_that_the_store_does_not_know_is_named_beside_others() -> None:
    for command in (["history"], ["compare"]):
        invocation = run(*command, "--profile", "prod", "--profile", "prd")
        assert invocation.stdout == run(*command, "--profile", "prod").stdout
        assert invocation.stderr == "The store holds nothing about prd.\n"
        assert run(*command, "--profile", "prod").stderr == ""


@pytest.mark.usefixtures("directory")
def test_two_scans_are_compared_as_text_and_as_json() -> None:
    invocation = run("compare")
    assert invocation.exit_code == 1
    lines = invocation.stdout.splitlines()
    assert [line.split(CHECK)[0].split()[0] for line in lines[:3]] == ["new", "gone", "not"]
    assert "c  eu-central-1 111122223333: Denied." in lines[2]
    assert lines[3].endswith("1 new, 0 reopened, 0 fixed, 1 gone, 1 not scanned, 1 still failing")
    changes = {
        each["resource_name"]: (each["change"], each["cause"])
        for each in document("compare", "tw")["changes"]
    }
    assert changes == {"d": ("new", ""), "b": ("gone", ""), "c": ("not looked", "unread")}
    same = run("compare", "one", "two")
    assert (same.exit_code, same.stdout.count("\n")) == (0, 1)
    assert document("compare")["changed_checks"] is None


def test_what_passes_under_another_rule_of_its_check_is_not_called_fixed(data_directory: Path) -> None:
    passes = msgspec.structs.replace(finding_of("a"), status=Status.PASS)
    store_scan(data_directory, "one", [finding_of("a")], day=1, rule="1")
    store_scan(data_directory, "two", [passes, finding_of("b")], day=2, rule="2")
    first, second, _, note = run("compare").stdout.splitlines()
    assert first.startswith("new ")
    assert first.endswith(": The check has changed: its older rule may have passed this.")
    assert second.startswith("not scanned ")
    assert second.endswith(": The check has changed: it may pass now what failed before.")
    assert note == f"{CHECK} has changed."
    compared = document("compare")
    assert compared["changed_checks"] == [CHECK]
    assert {change["cause"] for change in compared["changes"]} == {"check changed"}


@pytest.mark.usefixtures("directory")
def test_bad_input_is_one_line_that_says_what_to_do() -> None:
    rows: list[tuple[list[str], str]] = [
        (["compare", "x"], "No scan id begins with 'x'. `cloud-audit-tui history` lists the ids."),
        (["compare", "t"], "2 scan ids begin with 't': give more characters."),
        (["compare", "--profile", "nobody"], "A comparison needs two scans"),
        (["history", "--profile", "nobody"], "The store holds no scan of these profiles."),
        (["history", "--prune", "--keep-scans", "0"], "is not in the range x>=1"),
        (["history", "--keep-scans", "1"], "drop scans only with --prune: add it"),
        (["history", "--prune", "--profile", "prod"], "drops the old scans of every account: omit --profile"),
        (["history", "--keep-days", "1"], "drop scans only with --prune: add it"),
    ]
    each_is_refused(run, rows)


@pytest.mark.usefixtures("directory")
def test_an_option_before_the_command_is_refused() -> None:
    before = (["--keep-scans", "5"], ["--keep-days", "5"], ["--profile", "prod"], ["--executor", "local"])
    words = "Options go after the command: cloud-audit-tui history"
    each_is_refused(run, [([*options, "history", "--prune"], words) for options in before])
    assert run("history").stdout.count("\n") == 3, "nothing was dropped"


@pytest.mark.usefixtures("directory")
def test_a_number_beyond_every_store_keeps_all_scans() -> None:
    for option in ("--keep-scans", "--keep-days"):
        invocation = run("history", "--prune", option, "9" * 30)
        assert (invocation.exit_code, invocation.stderr) == (0, "0 scans dropped.\n")


@pytest.mark.usefixtures("directory")
def test_old_scans_are_dropped_when_asked_for_and_first_days_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    invocation = run("history", "--prune", "--keep-scans", "2")
    assert "1 scan dropped." in invocation.output
    assert len(invocation.stdout.splitlines()) == 2
    monkeypatch.setenv("CLOUD_AUDIT_TUI_KEEP_DAYS", "1")
    assert "1 scan dropped." in run("history", "--prune").output
    [only] = document("history")
    assert only["scan_id"] == "three"
    results = json.loads(run("report", "--format", "json").stdout)["results"]
    first_seen = {result["resource_name"]: result["first_seen"] for result in results}
    assert first_seen["a"] == "2026-01-01T00:00:00+00:00"


def test_without_a_store_it_says_where_scans_come_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUD_AUDIT_TUI_DATA", str(tmp_path / "none"))
    for command in ("history", "compare"):
        invocation = run(command)
        assert (invocation.exit_code, "stored no scan yet" in invocation.output) == (2, True)
