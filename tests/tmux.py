"""A tmux server of a test's own: what is typed into a pane, what it shows, and what its buffer holds."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

LIMIT = 60.0
"""Seconds after which what a pane should show is taken never to come; a loaded machine needs most of them."""
POLL = 0.1
"""Seconds between two looks at a pane."""
PROMPT = "ready$"
"""The prompt of every shell."""
BASH = ("bash", "--noprofile", "--norc", "-i")


class Tmux:
    """A running tmux server with one shell a window."""

    def __init__(self, program: str, socket: str, environ: Mapping[str, str]) -> None:
        self._command = [program, "-S", socket, "-f", os.devnull]
        self._environ = dict(environ)

    def open_shell(self, window: str, directory: Path, width: int = 120, height: int = 40) -> None:
        """Open a window with a bash that reads no file of the user's, and wait for its prompt."""
        is_first = not self._succeeds("has-session")
        start = ("new-session", "-d", "-s", "test", "-x", str(width), "-y", str(height))
        where = ("-n", window, "-c", str(directory))
        self._run(*(start if is_first else ("new-window", "-d")), *where, *BASH)
        self.wait_for(window, PROMPT)

    def press(self, window: str, *keys: str) -> None:
        """Press keys by tmux's names for them: ``Enter``, ``Escape``, ``C-s``."""
        self._run("send-keys", "-t", window, *keys)

    def type(self, window: str, text: str) -> None:
        """Type a text letter by letter."""
        self._run("send-keys", "-t", window, "-l", text)

    def paste(self, window: str) -> None:
        """Paste the newest buffer as the prefix and ] do."""
        self._run("paste-buffer", "-p", "-t", window)

    @property
    def buffer(self) -> bytes:
        """The newest buffer."""
        return self._run("show-buffer")

    def screen(self, window: str) -> str:
        """Return what a window shows; fails where that is a traceback."""
        text = self._run("capture-pane", "-p", "-t", window).decode()
        assert "Traceback (most recent call last)" not in text, text
        return text

    def wait_until(self, window: str, is_true: Callable[[str], object]) -> str:
        """Look until something is true of what a window shows, and return that."""
        deadline = time.monotonic() + LIMIT
        while not is_true(text := self.screen(window)):
            assert time.monotonic() < deadline, f"this is not what was expected:\n{text}"
            time.sleep(POLL)
        return text

    def wait_for(self, window: str, *texts: str) -> str:
        """Look until a window shows every one of some texts, and return what it shows."""
        deadline = time.monotonic() + LIMIT
        while missing := [each for each in texts if each not in (shown := self.screen(window))]:
            assert time.monotonic() < deadline, f"{missing} did not appear:\n{shown}"
            time.sleep(POLL)
        return self.screen(window)

    def kill(self) -> None:
        """End the server and everything in it."""
        self._succeeds("kill-server")

    def _run(self, *arguments: str) -> bytes:
        command = [*self._command, *arguments]
        return subprocess.run(command, check=True, capture_output=True, env=self._environ, timeout=30).stdout

    def _succeeds(self, *arguments: str) -> bool:
        command = [*self._command, *arguments]
        run = subprocess.run(command, check=False, capture_output=True, env=self._environ, timeout=30)
        return run.returncode == 0


@contextmanager
def tmux_server(environ: Mapping[str, str]) -> Iterator[Tmux]:
    """Run a server that ends in any case; skips the test where tmux is not installed."""
    program = shutil.which("tmux")
    if program is None:
        pytest.skip("tmux is not installed")
    # The path of a socket has at most 104 characters, which those of pytest's directories can exceed.
    with tempfile.TemporaryDirectory(prefix="tmux-") as directory:
        shell = {"PS1": f"{PROMPT} ", "SHELL": "/bin/bash", "TERM": "xterm-256color", "HISTFILE": ""}
        server = Tmux(program, f"{directory}/socket", {**environ, **shell})
        try:
            yield server
        finally:
            server.kill()
