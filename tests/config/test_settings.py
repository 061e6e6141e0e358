"""``config.toml`` is read with every mistake named by file and line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cloud_audit_tui import file_beginning
from cloud_audit_tui.config.file_names import SETTINGS_FILE
from cloud_audit_tui.config.settings import SettingsError, load
from each_row import each_row

FILE = """\
# mine
[app]
theme = "nord"
bell = true

[store]
keep_days = 90

[groups]
production = ["prod-eu", "prod-us", "prod-eu"]
"with space" = ["a"]

[keys]
scan = "f5"
"table.mark" = ["space", "x"]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / SETTINGS_FILE


def test_every_setting_is_read(path: Path) -> None:
    path.write_text(FILE)
    settings = load(path)
    assert (settings.theme, settings.bell, settings.keep_scans, settings.keep_days) == (
        "nord",
        True,
        None,
        90,
    )
    assert settings.groups == {"production": ("prod-eu", "prod-us"), "with space": ("a",)}
    assert settings.keys == {"scan": "f5", "table.mark": "space,x"}


def test_no_file_sets_nothing(path: Path) -> None:
    settings = load(path)
    assert (settings.theme, settings.bell, settings.groups, settings.keys) == ("", False, {}, {})


def test_a_pipe_to_which_no_program_writes_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_beginning, "WRITER_WAIT", 0)
    os.mkfifo(path)
    with pytest.raises(SettingsError) as caught:
        load(path)
    assert str(caught.value) == f"{path} cannot be read: no program writes to this pipe."


BROKEN = {
    "[app\n": "line 1: this is not TOML: ",
    "[app]\nbell = yes\n": "line 2: this is not TOML: invalid value",
    "[app]\nbell = 1\n": "line 2: [app] bell: write true or false.",
    "[app]\n\ntheme = 1\n": "line 3: [app] theme: write a text in quotes.",
    "[app]\nthem = 'x'\n": "line 2: [app] them: there is no such setting; did you mean theme.",
    "[ap]\nx = 1\n": "line 1: ap: there is no table 'ap'; did you mean app.",
    "zzz = 1\n": "line 1: zzz: there is no table 'zzz'; there are app, groups, keys, store.",
    "app = 1\n": "line 1: app: this must be a table: write [app] on a line of its own.",
    "[store]\nkeep_scans = 0\n": "line 2: [store] keep_scans: write a whole number, 1 or more.",
    "[store]\nkeep_scans = true\n": "line 2: [store] keep_scans: write a whole number",
    "[groups]\na = ['x']\nb = []\n": "line 3: [groups] b: write a list of names",
    "[keys]\nscan = 5\n": "line 2: [keys] scan: write a key such as",
    "app.bell = 3\n": "line 1: [app] bell: write true or false.",
    "x = " + "[" * 5_000: "this is not TOML",
}


def test_a_mistake_is_named_with_its_line(path: Path) -> None:
    with each_row() as row:
        for text, message in BROKEN.items():
            with row(text[:40]):
                path.write_text(text)
                with pytest.raises(SettingsError) as raised:
                    load(path)
                assert str(raised.value).startswith(str(path))
                assert message in str(raised.value) or "nested too deeply" in str(raised.value)


def test_a_name_that_another_room_knows_is_judged_with_its_line(path: Path) -> None:
    path.write_text(FILE)
    settings = load(path)
    settings.check_names("keys", settings.keys, ["scan", "table.mark"], "action")
    with pytest.raises(SettingsError) as raised:
        settings.check_names("keys", settings.keys, ["scan", "table.marks"], "action")
    assert str(raised.value) == (
        f"{path}, line 15: [keys] table.mark: there is no action 'table.mark'; did you mean table.marks."
    )


def test_a_byte_order_mark_of_an_editor_is_no_mistake(path: Path) -> None:
    path.write_text(f"\ufeff{FILE}", encoding="utf-8")
    assert load(path).theme == "nord"


def test_a_group_that_is_not_there_is_named_with_the_file_and_no_line(path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        load(path).group("prod")
    assert str(raised.value) == f"{path} has no group 'prod'; it has no group at all."
    path.write_text(FILE)
    with pytest.raises(SettingsError) as raised:
        load(path).group("producton")
    assert str(raised.value) == f"{path} has no group 'producton'; did you mean production."


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs /dev/zero")
def test_a_file_without_an_end_is_refused() -> None:
    with pytest.raises(SettingsError, match="has more than"):
        load(Path("/dev/zero"))


def test_a_file_that_is_no_text_is_refused(path: Path) -> None:
    path.write_bytes(b"[app]\ntheme = '\xff'\n")
    with pytest.raises(SettingsError, match="line 2: the file is not UTF-8"):
        load(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        load(path)
