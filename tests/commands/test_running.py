"""A scan in a terminal asks for MFA codes one after the other, and Ctrl+C ends it while it asks."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from aws_stub import ACCOUNT, REGION

if TYPE_CHECKING:
    from pathlib import Path

    from aws_stub import AwsStub

SCAN = [
    "-m",
    "cloud_audit_tui",
    "scan",
    "--checks",
    "aws-sagemaker-001",
    "--profile",
    "one",
    "--profile",
    "two",
]


class Terminal:
    """A command in a terminal of its own."""

    def __init__(self, arguments: list[str]) -> None:
        self._file, terminal = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
        )
        os.close(terminal)
        self.screen = ""

    def wait_for(self, text: str) -> None:
        """Read what the command draws until this is among it."""
        end = time.monotonic() + 60
        while text not in self.screen:
            assert time.monotonic() < end, self.screen
            self._read(1.0)
        self.screen = self.screen.partition(text)[2]

    def type(self, text: str) -> None:
        """Type a line."""
        os.write(self._file, text.encode() + b"\r")

    def interrupt(self) -> None:
        """Do what Ctrl+C does."""
        self.process.send_signal(signal.SIGINT)

    def exit_code(self) -> int:
        """Return the exit code, once the command has ended."""
        end = time.monotonic() + 60
        while self.process.poll() is None:
            if time.monotonic() > end:
                self.process.kill()
            self._read(0.05)
        while self._read(0.0):
            pass
        os.close(self._file)
        return self.process.returncode

    def _read(self, seconds: float) -> bool:
        readable, _, _ = select.select([self._file], [], [], seconds)
        if not readable:
            return False
        try:
            self.screen += os.read(self._file, 65536).decode("utf-8", "replace")
        except OSError:
            return False
        return True


@pytest.fixture(autouse=True)
def profiles(aws: AwsStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config"
    roles = "".join(
        f"[profile {name}]\nrole_arn=arn:aws:iam::{ACCOUNT}:role/{name}\nsource_profile=base\n"
        f"mfa_serial=arn:aws:iam::{ACCOUNT}:mfa/{name}\nregion={REGION}\n"
        for name in ("one", "two")
    )
    config.write_text(f"[profile base]\naws_access_key_id=AKIAEXAMPLE\naws_secret_access_key=x\n{roles}")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    credentials = {
        "AccessKeyId": "ASIAEXAMPLE12345",
        "SecretAccessKey": "x",
        "SessionToken": "y",
        "Expiration": datetime(2099, 1, 1, tzinfo=UTC),
    }
    for name, code in (("one", "111111"), ("two", "222222")):
        serial = f"arn:aws:iam::{ACCOUNT}:mfa/{name}"
        aws.answer("sts", "AssumeRole", {"Credentials": credentials}, TokenCode=code, SerialNumber=serial)
    aws.answer("sagemaker", "ListNotebookInstances", {"NotebookInstances": []})


@pytest.mark.proof
def test_codes_are_asked_for_one_after_the_other() -> None:
    terminal = Terminal(SCAN)
    terminal.wait_for("MFA code for profile one: ")
    terminal.type("111111")
    terminal.wait_for("MFA code for profile two: ")
    terminal.type("222222")
    assert terminal.exit_code() == 0, terminal.screen
    assert "0 failed" in terminal.screen


@pytest.mark.proof
def test_ctrl_c_ends_a_scan_that_asks() -> None:
    terminal = Terminal(SCAN)
    terminal.wait_for("MFA code for profile one: ")
    terminal.interrupt()
    assert terminal.exit_code() == 2
    assert "was cancelled" in terminal.screen
    assert "Traceback" not in terminal.screen
