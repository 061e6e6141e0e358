"""The app in a real terminal, ended by a signal."""

from __future__ import annotations

import os
import re
import signal
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cloud_audit_tui.app.remembered_view import RememberedView, load, save
from cloud_audit_tui.app.system.terminal_messages import POP_TITLE, PUSH_TITLE
from cloud_audit_tui.commands.main import main
from terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

COLOUR = re.compile(rb"[34]8;2;(\d+;\d+;\d+)")
TAKES_KEYS = b"\x1b[?2004h"
"""Bracketed paste is switched on: from here on the program gets each key as it is typed."""
LEAVES_THE_ALTERNATE_SCREEN, SHOWS_THE_CURSOR, LEAVES_THE_MOUSE = b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l"


def opened_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Open the app in a terminal of its own, with a profile whose credentials never come."""
    config = tmp_path / "config"
    config.write_text("[profile dev]\nregion = eu-central-1\ncredential_process = sleep 600\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("TERM", "xterm-256color")
    return Terminal([sys.executable, "-m", "cloud_audit_tui", "--profile", "dev"])


@pytest.mark.proof
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_restores_the_terminal(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened_app(tmp_path, monkeypatch)
    app.read_until(b"Quit")
    os.kill(app.pid, number)
    assert app.read_to_end() == 128 + number
    for sequence in (LEAVES_THE_ALTERNATE_SCREEN, SHOWS_THE_CURSOR, LEAVES_THE_MOUSE):
        assert sequence in app.output
    assert b"Traceback" not in app.output


@pytest.mark.proof
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_terminal_that_goes_away_unread_ends_the_app(
    unbuffered: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    app = opened_app(tmp_path, monkeypatch)
    app.resize(40, 120)
    app.read_until(b"Quit")
    # More pictures than the terminal and the app together take before somebody reads them.
    app.type(b"?\x1b[B" * 60)
    assert app.hang_up() == 128 + signal.SIGHUP


@pytest.mark.proof
def test_the_app_is_there_when_standard_error_goes_to_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("CLOUD_AUDIT_TUI_DATA", str(tmp_path))
    command = f'exec "{sys.executable}" -m cloud_audit_tui 2>"{tmp_path}/errors"'
    app = Terminal(["/bin/sh", "-c", command])
    app.read_until(b"Welcome to cloud-audit-tui")
    app.type(b"q")
    app.read_until(b"No AWS credentials on this machine")
    app.type(b"q")
    assert app.read_to_end() == 0
    assert app.output.index(PUSH_TITLE.encode()) < app.output.index(b"\x1b]2;cloud-audit-tui\x07")
    assert POP_TITLE.encode() in app.output
    assert (tmp_path / "errors").read_bytes() == b""


@pytest.mark.proof
def test_keys_typed_before_the_first_frame_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config"
    config.write_text("[profile dev]\nregion = eu-central-1\nmfa_serial = arn:aws:iam::1:mfa/a\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("CLOUD_AUDIT_TUI_DATA", str(tmp_path))
    app = Terminal([sys.executable, "-m", "cloud_audit_tui", "--profile", "dev"])
    app.resize(40, 120)
    app.read_until(TAKES_KEYS)
    app.type(b"/km")
    app.read_until(b"Profiles")
    app.type(b"sq")
    app.read_until(b"kmsq")
    app.type(b"\x11")
    assert app.read_to_end() == 0


@pytest.mark.proof
def test_no_color_leaves_only_grays_in_the_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("CLOUD_AUDIT_TUI_DATA", str(tmp_path))
    app = Terminal([sys.executable, "-m", "cloud_audit_tui"])
    app.read_until(b"Welcome to cloud-audit-tui")
    app.type(b"q")
    app.read_until(b"No AWS credentials on this machine")
    app.type(b"q")
    assert app.read_to_end() == 0
    assert {color for color in COLOUR.findall(app.output) if len(set(color.split(b";"))) > 1} == set()


def open_and_press(program: list[str], text: bytes, *keys: bytes) -> Terminal:
    """Open the app, wait until it has drawn a text, press keys and leave it."""
    app = Terminal([sys.executable, "-m", "cloud_audit_tui", *program])
    app.read_until(text)
    for key in keys:
        app.type(key)
    app.type(b"q")
    assert app.read_to_end() == 0
    return app


@pytest.mark.proof
def test_the_next_run_begins_where_the_last_one_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text(
        "[profile dev]\nregion = eu-central-1\ncredential_process = false\n"
        "[profile prod]\nregion = eu-central-1\ncredential_process = false\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("CLOUD_AUDIT_TUI_DATA", str(tmp_path))
    remembered = tmp_path / "view.json"
    save(remembered, RememberedView(profiles=("prod", "gone"), regions=("us-west-2",)))
    app = open_and_press([], b"no longer exist: gone", b"u")
    assert b"\x1b]2;cloud-audit-tui \xc2\xb7 prod\x07" in app.output
    assert b"us-west-2" in app.output
    view, notice = load(remembered)
    assert (view.unassessed, notice) == (True, "")
    app = open_and_press(["--profile", "dev", "--regions", "eu-west-1"], b"eu-west-1")
    assert b"\x1b]2;cloud-audit-tui \xc2\xb7 dev\x07" in app.output
    assert load(remembered) == (view, "")
    monkeypatch.setenv("AWS_PROFILE", "dev")
    app = open_and_press([], b"us-west-2")
    assert b"\x1b]2;cloud-audit-tui \xc2\xb7 dev\x07" in app.output


@pytest.mark.proof
def test_the_demo_neither_reads_nor_writes_what_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("CLOUD_AUDIT_TUI_DATA", str(tmp_path))
    remembered = tmp_path / "view.json"
    save(remembered, RememberedView(profiles=("mine",), regions=("us-west-2",)))
    before = remembered.read_bytes()
    app = open_and_press(["--demo"], b"Scanning", b"a", b"u")
    assert b"us-west-2" not in app.output
    assert remembered.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["view.json"]


@pytest.mark.proof
def test_a_store_that_cannot_be_opened_ends_the_app_with_one_line_and_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("CLOUD_AUDIT_TUI_DATA", str(tmp_path))
    (tmp_path / "findings.db").write_text("This is no database.\n" * 100)
    app = Terminal([sys.executable, "-m", "cloud_audit_tui"])
    assert app.read_to_end() == 2
    message = app.output.rpartition(LEAVES_THE_ALTERNATE_SCREEN)[2]
    assert b"Error: " in message
    assert b"findings.db" in message
    assert b"Traceback" not in app.output


def test_the_demo_takes_no_file_of_accepted_findings(tmp_path: Path) -> None:
    (tmp_path / "audit.yml").touch()
    ran = CliRunner().invoke(main, ["--demo", "--config", str(tmp_path / "audit.yml")])
    assert (ran.exit_code, "omit --config or --demo" in ran.output) == (2, True)


def test_a_fault_of_a_command_is_one_message_and_exit_code_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from cloud_audit_tui import __main__

    def fail(**_: object) -> None:
        raise KeyError("wJalrXUtnFEMI")

    monkeypatch.setenv("CLOUD_AUDIT_TUI_STATE", str(tmp_path))
    monkeypatch.setattr(main.commands["policy"], "callback", fail)
    monkeypatch.setattr(sys, "argv", ["cloud-audit-tui", "policy"])
    with pytest.raises(SystemExit) as ended:
        __main__.run()
    assert ended.value.code == 3
    message = capsys.readouterr().err
    assert "because of a fault in the program (KeyError)" in message
    assert "wJalrXUtnFEMI" not in message
    assert len(list(tmp_path.iterdir())) == 1
