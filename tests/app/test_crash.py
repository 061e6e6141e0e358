"""A fault of the program ends the app with one short message and the exit code 3, in a real terminal."""

from __future__ import annotations

import os
import pty
import select
import sys
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


PROGRAM = """
import sys
from cloud_audit_tui.app.app import CloudAuditApp

def crash():
    secret = "wJalrXUtnFEMI"
    raise KeyError(secret)

# The error of the action itself would be a notification.
CloudAuditApp.action_toggle_theme = lambda self: self.call_later(crash)
sys.argv = ["cloud-audit-tui"]
from cloud_audit_tui.commands.main import main
main(prog_name="cloud-audit-tui")
"""
LIMIT = 60.0


@pytest.mark.proof
def test_a_crash_is_one_message_and_exit_code_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CLOUD_AUDIT_TUI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CLOUD_AUDIT_TUI_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("TERM", "xterm-256color")
    role = "role_arn = arn:aws:iam::1:role/x\nsource_profile = dev\nmfa_serial = arn:aws:iam::1:mfa/x\n"
    (tmp_path / "config").write_text(f"[profile dev]\n{role}", encoding="utf-8")
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-c", PROGRAM])
    output = b""
    is_quitting = False
    deadline = time.monotonic() + LIMIT
    try:
        while time.monotonic() < deadline:
            ready, _, _ = select.select([terminal], [], [], 0.2)
            if ready:
                try:
                    chunk = os.read(terminal, 65_536)
                except OSError:
                    break
                if not chunk:
                    break
                output += chunk
            if not is_quitting and b"Quit" in output:
                os.write(terminal, b"\x14")
                is_quitting = True
    finally:
        _, status = os.waitpid(child, 0)
        os.close(terminal)
    # The message comes after the end of the alternate screen.
    message = output.decode("utf-8", "replace").rpartition("\x1b[?1049l")[2]
    message = message[message.index("cloud-audit-tui ended") :]
    assert os.waitstatus_to_exitcode(status) == 3, message
    assert "because of a fault in the program (KeyError)" in message
    assert "/issues" in message
    assert "Traceback" not in message
    assert b"wJalrXUtnFEMI" not in output
    [log] = (tmp_path / "state").iterdir()
    assert "in crash" in log.read_text(encoding="utf-8")
