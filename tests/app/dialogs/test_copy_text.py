"""A text that no clipboard is known to have taken."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from app.pictures import BOTH_THEMES, WIDE_AND_NARROW, Pictures
from cloud_audit_tui.app.dialogs.copy_text import CopyText
from cloud_audit_tui.app.system.clipboard import Copied
from each_row import each_row

CLI = """\
# Give the endpoint a key
aws sagemaker create-endpoint-config \\
\t--endpoint-config-name 'fraud [/detector]' \\
  --kms-key-id 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab' \\
  --region 'eu-west-1'
"""
TITLE = "CLI script for fraud-detector"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def screen(text: str = CLI, name: str = "aws-sagemaker-003.sh") -> CopyText:
    return CopyText(TITLE, text, name)


async def test_the_text_begins_in_the_first_column_with_nothing_beside_it(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    app = host(screen("first\n  second\n\nfourth\n"))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        lines = text_of(app.screen).splitlines()
    start = lines.index("first")
    assert lines[start : start + 4] == ["first", "  second", "", "fourth"]


async def test_it_says_how_to_select(host: Callable[..., Any], text_of: Callable[..., str]) -> None:
    app = host(screen())
    async with app.run_test() as pilot:
        await pilot.pause()
        assert "Shift (Option on macOS)" in text_of(app.screen)


async def test_selecting_all_takes_the_text_and_not_its_wrapping(host: Callable[..., Any]) -> None:
    text = "aws " + "x" * 300 + " \\\n  --end"
    app = host(screen(text))
    async with app.run_test(size=(60, 24)) as pilot:
        await pilot.press("ctrl+a")
        assert app.screen.get_selected_text() == text


async def test_control_characters_are_not_shown(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    app = host(CopyText("[/x]\x1b[31m", "a\x1b[2Jb [/bold]\u202e", "x"))
    async with app.run_test() as pilot:
        await pilot.pause()
        assert "ab [/bold]" in text_of(app.screen)
        assert "\x1b" not in text_of(app.screen)


async def test_w_writes_the_very_text_to_a_private_file(
    host: Callable[..., Any], text_of: Callable[..., str], here: Path
) -> None:
    app = host(screen())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("w")
        assert app.subject.query_one(Input).value == str(here / "aws-sagemaker-003.sh")
        await pilot.press("enter")
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        assert "only you can read it" in " ".join(text_of(app.screen).split())
    script = here / "aws-sagemaker-003.sh"
    assert script.read_bytes() == CLI.encode()
    assert script.stat().st_mode & 0o777 == 0o600


async def test_a_file_is_replaced_only_after_a_second_enter(
    host: Callable[..., Any], text_of: Callable[..., str], here: Path
) -> None:
    path = here / "aws-sagemaker-003.sh"
    path.write_text("mine")
    app = host(screen())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("w", "enter")
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        assert "exists. Press Enter again to replace it" in " ".join(text_of(app.screen).split())
        assert path.read_text() == "mine"
        await pilot.press("enter")
        await pilot.app.workers.wait_for_complete()
    assert path.read_text() == CLI


async def test_another_name_asks_again(host: Callable[..., Any], here: Path) -> None:
    for name in ("aws-sagemaker-003.sh", "aws-sagemaker-003.sh2"):
        (here / name).write_text("mine")
    app = host(screen())
    async with app.run_test(size=(120, 40)) as pilot:
        for keys in (("w", "enter"), ("2", "enter"), ("escape", "w", "enter"), ("escape",)):
            await pilot.press(*keys)
            await pilot.app.workers.wait_for_complete()
    assert (here / "aws-sagemaker-003.sh").read_text() == "mine"
    assert (here / "aws-sagemaker-003.sh2").read_text() == "mine"


async def test_what_cannot_be_written_is_said_in_a_line(
    host: Callable[..., Any], text_of: Callable[..., str], here: Path
) -> None:
    rows = {
        "nowhere/x.sh": "There is no directory",
        ".": "is a directory",
        "": "Name a file.",
        "a\0b": "null",
    }
    app = host(screen())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("w")
        with each_row() as row:
            for name, words in rows.items():
                with row(name):
                    app.subject.query_one(Input).value = name
                    await pilot.press("enter")
                    await pilot.app.workers.wait_for_complete()
                    await pilot.pause()
                    assert words in " ".join(text_of(app.screen).split())
                    assert app.screen is app.subject
    assert os.listdir(here) == []  # noqa: PTH208 - a look, in a test


async def test_letters_go_into_the_name_while_it_is_asked_for(host: Callable[..., Any], here: Path) -> None:
    app = host(screen())
    async with app.run_test() as pilot:
        await pilot.press("w", "q", "c", "w")
        assert app.subject.query_one(Input).value.endswith(".shqcw")
        await pilot.press("escape")
        assert app.screen is app.subject
        await pilot.press("q")
        assert app.screen is not app.subject


async def test_c_tries_the_clipboard_again(
    host: Callable[..., Any], text_of: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts: list[str] = []

    async def copy(_app: Any, text: str) -> Copied:
        texts.append(text)
        return Copied(("OSC 52",), confirmed=False, note="Sent to the terminal.")

    monkeypatch.setattr("cloud_audit_tui.app.system.clipboard.copy", copy)
    app = host(screen())
    async with app.run_test() as pilot:
        await pilot.press("c")
        await pilot.pause()
        assert "Sent to the terminal." in text_of(app.screen)
    assert texts == [CLI]


async def test_where_the_terminal_cannot_be_left_it_says_so(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    app = host(screen())
    async with app.run_test() as pilot:
        await pilot.press("o")
        await pilot.pause()
        assert "cannot show the text alone" in text_of(app.screen)


async def test_a_long_text_scrolls_by_every_key(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    app = host(screen("\n".join(f"line {number}" for number in range(500))))
    ways = {"down": "up", "j": "k", "pagedown": "pageup", "ctrl+d": "ctrl+u", "space": "home", "end": "home"}
    async with app.run_test() as pilot:
        await pilot.pause()
        with each_row() as row:
            for there, back in ways.items():
                with row((there, back)):
                    assert "line 0\n" in text_of(app.screen)
                    await pilot.press(there)
                    await pilot.pause()
                    assert "line 0\n" not in text_of(app.screen)
                    assert ("line 499" in text_of(app.screen)) is (there == "end")
                    await pilot.press(back)
                    await pilot.pause()
                    assert "line 0\n" in text_of(app.screen)


async def test_how_it_looks(host: Callable[..., Any], pictures: Pictures) -> None:
    async with host(screen()).run_test() as pilot:
        await pictures.compare(pilot, WIDE_AND_NARROW, BOTH_THEMES)


def test_how_the_question_for_a_file_looks(
    host: Callable[..., Any], snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "cwd", lambda: Path("/somewhere"))
    assert snap_compare(host(screen()), press=["w", "enter"], terminal_size=(120, 40))


async def test_it_closes_once_however_often_its_key_is_pressed(host: Callable[..., Any]) -> None:
    subject = screen()
    app = host(subject)
    async with app.run_test() as pilot:
        await pilot.pause()
        subject.action_close()
        subject.action_close()
        await pilot.pause()
        assert len(app.screen_stack) == 1
