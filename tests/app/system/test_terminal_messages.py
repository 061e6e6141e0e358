"""The title of the terminal and desktop notifications: one sequence each, whatever the text is."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from cloud_audit_tui.app.system.terminal_messages import (
    LONGEST_TITLE,
    POP_TITLE,
    PUSH_TITLE,
    kept_title,
    notification_sequence,
    title_sequence,
)
from each_row import each_row

if TYPE_CHECKING:
    from app.conftest import Stage

HOSTILE = "dev\x07\x1b]2;evil\x1b\\\x9c\n;x\u202e" + "a" * 400


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


class Output:
    """The output of an app to its terminal beside the screen."""

    def __init__(self, app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.texts: list[str] = []
        monkeypatch.setattr(app, "_write", self.texts.append)
        monkeypatch.setenv("TERM", "xterm-256color")

    @property
    def titles(self) -> list[str]:
        return [text[4:-1] for text in self.texts if text.startswith("\x1b]2;")]


def test_a_title_is_one_sequence_whatever_the_text_is() -> None:
    assert title_sequence("dev · prod") == "\x1b]2;dev · prod\x07"
    sequence = title_sequence(HOSTILE)
    assert re.fullmatch(r"\x1b\]2;[^\x00-\x1f\x7f-\x9f]*\x07", sequence)
    assert len(sequence) <= LONGEST_TITLE + 5


NOTIFICATIONS = {
    "iTerm2": ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, r"\x1b\]9;Done: 3 findings\x07"),
    "foot": ({"TERM": "foot"}, r"\x1b\]777;notify;Done;3 findings\x07"),
    "urxvt": ({"TERM": "rxvt-unicode-256color"}, r"\x1b\]777;notify;Done;3 findings\x07"),
    "GNOME": ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, r"\x1b\]777;notify;Done;3 findings\x07"),
    "tmux": ({"TERM": "tmux", "TMUX": "x"}, r"\x1bPtmux;\x1b\x1b\]9;Done: 3 findings\x07\x1b\\"),
    "screen": ({"TERM": "screen", "STY": "x"}, r"\x1bP\x1b\]9;Done: 3 findings\x07\x1b\\"),
}


def test_each_terminal_has_the_sequence_that_it_takes() -> None:
    with each_row() as row:
        for name, (environ, pattern) in NOTIFICATIONS.items():
            with row(name):
                assert re.fullmatch(pattern, notification_sequence("Done", "3 findings", environ))


def test_a_notification_is_one_sequence_whatever_the_text_is() -> None:
    for environ in ({"TERM": "foot"}, {"TERM": "xterm"}):
        sequence = notification_sequence(HOSTILE, HOSTILE, environ)
        assert re.fullmatch(r"\x1b\](777;notify;[^;]*;|9;)[^\x00-\x1f\x7f-\x9f;]*\x07", sequence)


@pytest.mark.parametrize(
    ("term", "is_restored"), [("xterm-256color", True), ("linux", False), ("dumb", False), ("", False)]
)
def test_the_title_is_restored_at_every_end(term: str, is_restored: bool) -> None:
    stream = Tty()
    with pytest.raises(KeyError), kept_title(stream, {"TERM": term}):
        assert stream.getvalue() == (PUSH_TITLE if is_restored else "")
        raise KeyError
    assert stream.getvalue() == (PUSH_TITLE + POP_TITLE if is_restored else "")
    with kept_title(io.StringIO(), {"TERM": term}), kept_title(None, {"TERM": term}):
        pass


async def test_the_title_says_whose_findings_and_whether_a_scan_runs(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = stage.app()
    output = Output(app, monkeypatch)
    async with app.run_test() as pilot:
        await stage.settled(pilot)
        assert output.titles[-1] == "cloud-audit-tui · dev"
        app.session.select_profiles(["dev", "prod"])
        await stage.until(pilot, lambda: output.titles[-1] == "cloud-audit-tui · dev, prod")
        await pilot.press("r")
        await stage.until(pilot, lambda: output.titles[-1] == "cloud-audit-tui · dev, prod · scanning")
        stage.scan.say(stage.started("s"), stage.finished("s"))
        await stage.until(pilot, lambda: output.titles[-1] == "cloud-audit-tui · dev, prod")


@pytest.mark.parametrize(
    ("is_on", "elapsed", "is_notified"), [(True, 31.0, True), (True, 29.0, False), (False, 31.0, False)]
)
async def test_the_desktop_is_told_of_the_end_of_a_long_scan_when_asked_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, is_on: bool, elapsed: float, is_notified: bool
) -> None:
    app = stage.app(desktop_notifications=is_on)
    output = Output(app, monkeypatch)
    async with app.run_test() as pilot:
        await pilot.press("r")
        await stage.until(pilot, lambda: len(stage.scans) > 1)
        end = msgspec.structs.replace(stage.finished("s"), elapsed=elapsed)
        stage.scan.say(stage.started("s"), stage.ready(), end)
        await stage.until(pilot, lambda: "Scan complete" in stage.notices(app))
        assert (
            any(text.startswith("\x1b]9;Scan complete: 3 findings") for text in output.texts) is is_notified
        )
