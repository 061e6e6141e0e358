"""Runs a program in the app's terminal while the app is suspended."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from cloud_audit_tui.scan.environment import overlay

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cloud_audit_tui.app.host import Host


class CannotRunError(RuntimeError):
    """The program cannot be run here; the message tells why."""


def run_in_terminal(host: Host, command: Sequence[str], changes: Mapping[str, str | None]) -> int:
    """Run a program in place of the app and return its exit code; Ctrl+C ends the program alone.

    ``changes`` are applied to this process's environment; ``None`` removes a variable. Raises
    `CannotRunError`.
    """
    environment = overlay(os.environ, changes)
    program = shutil.which(command[0], path=environment.get("PATH"))
    if program is None:
        raise CannotRunError(f"There is no program {command[0]!r} on this machine.")
    try:
        with host.suspend():
            return _run([program, *command[1:]], environment)
    except SuspendNotSupported:
        raise CannotRunError("This terminal cannot be left to another program.") from None
    except OSError as error:
        raise CannotRunError(f"{command[0]!r} could not be started: {error.strerror}.") from error


def _run(command: list[str], environment: Mapping[str, str]) -> int:
    # A handler, unlike SIG_IGN, is not inherited by the program.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603 - the AWS CLI
    finally:
        signal.signal(signal.SIGINT, before)
