"""``config`` says where the settings are, prints them as TOML, and names a mistake with its line."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from cloud_audit_tui.app.keymap import keys_by_id
from cloud_audit_tui.commands.main import main
from cloud_audit_tui.commands.user_settings import profiles_named
from each_row import each_row


@pytest.fixture
def path() -> Path:
    place = Path(CliRunner().invoke(main, ["config", "path"]).stdout.strip())
    place.parent.mkdir(parents=True)
    return place


def test_without_a_file_the_defaults_hold(path: Path) -> None:
    result = CliRunner().invoke(main, ["config", "check"])
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"There is no file {path}; the defaults apply.\n"


def test_another_file_may_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUD_AUDIT_TUI_CONFIG", str(tmp_path / "mine.toml"))
    assert CliRunner().invoke(main, ["config", "path"]).stdout == f"{tmp_path / 'mine.toml'}\n"


def test_what_is_shown_is_the_file_and_its_comments_the_defaults(path: Path) -> None:
    path.write_text('[app]\ntheme = "nord"\n[groups]\n"a\\"b" = ["x"]\n[keys]\nscan = "f5"\n')
    text = CliRunner().invoke(main, ["config", "show"]).stdout
    assert tomllib.loads(text) == {
        "app": {"theme": "nord"},
        "store": {},
        "groups": {'a"b': ["x"]},
        "keys": {"scan": "f5"},
    }
    uncommented = "\n".join(
        line.removeprefix("# ") for line in text.splitlines() if " = " in line or line.startswith("[")
    )
    assert set(tomllib.loads(uncommented)["keys"]) == set(keys_by_id())


MISTAKES = {
    '[keys]\nscan = "c"\n': "line 2: [keys] scan: in 'Everywhere', 'c' would run both",
    '[keys]\n\nscann = "f5"\n': "line 3: [keys] scann: there is no action 'scann'; did you mean scan.",
    '[app]\ntheme = "noord"\n': "line 2: [app] theme: there is no such theme; there are cloud-audit-dark, ",
    "[app\n": "line 1: this is not TOML: ",
}


def test_a_mistake_is_named_with_file_and_line(path: Path) -> None:
    with each_row() as row:
        for text, message in MISTAKES.items():
            with row(text):
                path.write_text(text)
                for command in ("check", "show"):
                    result = CliRunner().invoke(main, ["config", command])
                    assert result.exit_code == 2
                    assert result.stderr.startswith(f"Error: {path}, {message}")
                    assert path.read_text() == text


def test_a_group_stands_for_its_profiles(path: Path) -> None:
    path.write_text('[groups]\nall = ["one", "two"]\n')
    assert profiles_named(["@all", "two", "three"]) == ["one", "two", "three"]
    for command in ("report", "scan"):
        result = CliRunner().invoke(main, [command, "--profile", "@al"])
        assert result.exit_code == 2
        assert f"{path} has no group 'al'; did you mean all." in result.stderr
