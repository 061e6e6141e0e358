"""A program in tmux: what it shows on its screen, and the keys that are typed into it."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

COMES_WITHIN = 75.0
"""Seconds that a test waits for what should be shown."""
LOOK_EVERY = 0.2


class Tmux:
    """One session of a tmux server of its own."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def _run(self, *arguments: str) -> str:
        command = ["tmux", "-S", str(self._socket), "-f", os.devnull, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout

    def start(self, program: Sequence[str], width: int, height: int) -> None:
        """Start a program, which inherits this process's environment."""
        size = ("-x", str(width), "-y", str(height))
        # Textual believes these rather than the terminal.
        sized = ["env", "-u", "COLUMNS", "-u", "LINES", *program]
        self._run("-u", "new-session", "-d", *size, shlex.join(sized))

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names, such as ``Enter`` and ``C-u``."""
        self._run("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type a text."""
        self._run("send-keys", "-l", text)

    def screen(self) -> str:
        """Return the screen as it is."""
        return self._run("capture-pane", "-p")

    def until(self, true: Callable[[str], object]) -> str:
        """Wait until something is true of the screen, and return it; raises `AssertionError`."""
        end = time.monotonic() + COMES_WITHIN
        while not true(screen := self.screen()):
            assert time.monotonic() < end, f"this did not come about:\n{screen}"
            time.sleep(LOOK_EVERY)
        return screen

    def stop(self) -> None:
        """End the server and what runs in it."""
        subprocess.run(["tmux", "-S", str(self._socket), "kill-server"], check=False, capture_output=True)


@contextmanager
def in_tmux(program: Sequence[str], directory: Path, width: int = 200, height: int = 60) -> Iterator[Tmux]:
    """Run a program in a tmux whose socket is in a directory, until the context ends."""
    tmux = Tmux(directory / "tmux")
    tmux.start(program, width, height)
    try:
        yield tmux
    finally:
        tmux.stop()
