"""A file is written beside the keys, and its replacement is allowed for the name on the screen alone."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input

from app.conftest import COMES_WITHIN
from cloud_audit_tui.app.dialogs import copy_text
from cloud_audit_tui.app.dialogs.copy_text import CopyText
from cloud_audit_tui.private_file import write_private

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class SlowDisk:
    """A disk that writes when it is told to, and not in the thread that handles the keys."""

    def __init__(self) -> None:
        self.may_write = threading.Event()
        self.is_asked = threading.Event()

    def write_private(self, path: Path, text: str, *, replace: bool) -> None:
        assert threading.current_thread() is not threading.main_thread(), "the keys wait for the disk"
        self.is_asked.set()
        assert self.may_write.wait(COMES_WITHIN)
        write_private(path, text, replace=replace)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SlowDisk:
    monkeypatch.chdir(tmp_path)
    disk = SlowDisk()
    monkeypatch.setattr(copy_text, "write_private", disk.write_private)
    return disk


async def test_keys_do_not_wait_for_the_disk_and_a_changed_name_asks_again(
    host: Callable[..., Any], text_of: Callable[..., str], disk: SlowDisk, tmp_path: Path
) -> None:
    (tmp_path / "fix.sh").write_text("mine")
    app = host(CopyText("A script", "true\n", "fix.sh"))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("w", "enter")
        assert disk.is_asked.wait(COMES_WITHIN)
        await pilot.press("2", "backspace")
        assert app.subject.query_one(Input).value == str(tmp_path / "fix.sh")
        disk.may_write.set()
        await pilot.app.workers.wait_for_complete()
        await pilot.press("enter")
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        assert "exists. Press Enter again" in " ".join(text_of(app.screen).split())
        assert (tmp_path / "fix.sh").read_text() == "mine"
        await pilot.press("enter")
        await pilot.app.workers.wait_for_complete()
    assert (tmp_path / "fix.sh").read_text() == "true\n"


async def test_a_slow_write_is_announced_and_its_end_is_told_though_the_screen_is_closed(
    host: Callable[..., Any], text_of: Callable[..., str], disk: SlowDisk, tmp_path: Path
) -> None:
    app = host(CopyText("A script", "true\n", "fix.sh"))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await pilot.press("w", "enter")
        assert disk.is_asked.wait(COMES_WITHIN)
        await pilot.pause()
        path = tmp_path / "fix.sh"
        # A line may end after any letter of a long path.
        assert f"Writing{path}…" in "".join(text_of(app.screen).split())
        await pilot.press("escape", "escape")
        await pilot.pause()
        assert app.screen is not app.subject
        disk.may_write.set()
        await pilot.app.workers.wait_for_complete()
        assert [notice.message for notice in app._notifications] == [
            f"Written to {path} (only you can read it)."
        ]
    assert path.read_text() == "true\n"


async def test_the_folder_of_a_user_that_there_is_not_says_what_to_write(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    app = host(CopyText("A script", "true\n", "~nobody-of-this-name/fix.sh"))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("w")
        app.subject.query_one(Input).value = "~nobody-of-this-name/fix.sh"
        await pilot.press("enter")
        await pilot.pause()
        assert "There is no home directory for ~nobody-of-this-name. Write the whole path." in text_of(
            app.screen
        )
