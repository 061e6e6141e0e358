"""The app in a real terminal, ended by a signal."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

LEAVES_THE_ALTERNATE_SCREEN, SHOWS_THE_CURSOR, LEAVES_THE_MOUSE = b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l"


@pytest.mark.proof
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_restores_the_terminal(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text("[profile dev]\nregion = eu-central-1\ncredential_process = sleep 600\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("TERM", "xterm-256color")
    app = Terminal([sys.executable, "-m", "cloud_audit_tui", "--profile", "dev"])
    app.read_until(b"Quit")
    os.kill(app.pid, number)
    assert app.read_to_end() == 128 + number
    for sequence in (LEAVES_THE_ALTERNATE_SCREEN, SHOWS_THE_CURSOR, LEAVES_THE_MOUSE):
        assert sequence in app.output
    assert b"Traceback" not in app.output


def test_a_fault_of_a_command_is_one_message_and_exit_code_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from cloud_audit_tui import __main__

    def fail(**_: object) -> None:
        raise KeyError("wJalrXUtnFEMI")

    monkeypatch.setenv("CLOUD_AUDIT_TUI_STATE", str(tmp_path))
    monkeypatch.setattr(__main__.policy, "callback", fail)
    monkeypatch.setattr(sys, "argv", ["cloud-audit-tui", "policy"])
    with pytest.raises(SystemExit) as ended:
        __main__.run()
    assert ended.value.code == 3
    message = capsys.readouterr().err
    assert "because of a fault in the program (KeyError)" in message
    assert "wJalrXUtnFEMI" not in message
    assert len(list(tmp_path.iterdir())) == 1
