"""A program in a terminal of its own: what it draws, what is typed into it, and how it ends."""

from __future__ import annotations

import os
import pty
import select
import signal
import termios
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LIMIT = 60.0
"""Seconds after which the program is taken to hang."""


class Terminal:
    """A child process whose standard streams are a pseudo-terminal; it inherits the environment."""

    def __init__(self, program: Sequence[str]) -> None:
        self.output = b""
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.execv(program[0], list(program))

    def resize(self, rows: int, columns: int) -> None:
        """Give the terminal another size; until then it has none."""
        termios.tcsetwinsize(self._terminal, (rows, columns))

    def type(self, keys: bytes) -> None:
        """Send what a user types."""
        os.write(self._terminal, keys)

    def read_until(self, text: bytes) -> None:
        """Read until the program has drawn a text; raises `AssertionError` when it does not."""
        deadline = time.monotonic() + LIMIT
        while text not in self.output:
            assert time.monotonic() < deadline, f"{text!r} was not drawn"
            assert self._read(), f"the program ended before it drew {text!r}"

    def read_to_end(self) -> int:
        """Read until the program ends, and return its exit code."""
        deadline = time.monotonic() + LIMIT
        while self._read():
            assert time.monotonic() < deadline, "the program does not end"
        _, status = os.waitpid(self.pid, 0)
        os.close(self._terminal)
        return os.waitstatus_to_exitcode(status)

    def hang_up(self) -> int:
        """Take the terminal away without reading what was drawn, and return the program's exit code."""
        os.close(self._terminal)
        deadline = time.monotonic() + LIMIT
        while (ended := os.waitpid(self.pid, os.WNOHANG))[0] == 0:
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
            time.sleep(0.01)
        return os.waitstatus_to_exitcode(ended[1])

    def _read(self) -> bool:
        ready, _, _ = select.select([self._terminal], [], [], 0.2)
        if not ready:
            return True
        try:
            chunk = os.read(self._terminal, 65_536)
        except OSError:
            return False
        self.output += chunk
        return bool(chunk)
