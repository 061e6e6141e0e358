"""A tmux server of a test's own: what is typed into a pane, what it shows, and what the buffer holds."""

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
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

COMES_WITHIN = 75.0
"""Seconds that a test waits for what a pane should show: the app itself gives a program 60."""
LOOK_EVERY = 0.2
PROMPT = "ready$"
"""The prompt of every shell."""
BASH = ("bash", "--noprofile", "--norc", "-i")


class Tmux:
    """A running tmux server, whose programs each have a pane."""

    def __init__(self, program: str, socket: str, environ: Mapping[str, str]) -> None:
        self._command = [program, "-u", "-S", socket, "-f", os.devnull]
        self._environ = dict(environ)

    def open(self, program: Sequence[str], directory: Path, width: int = 120, height: int = 40) -> Pane:
        """Run a program with its arguments in a pane of its own."""
        size = ("-x", str(width), "-y", str(height))
        start = ("new-window", "-d") if self._is_running() else ("new-session", "-d", *size)
        pane = self.run(*start, "-P", "-F", "#{pane_id}", "-c", str(directory), *program)
        return Pane(self, pane.decode().strip())

    def open_shell(self, directory: Path) -> Pane:
        """Open a bash that reads no file of the user's, and wait for its prompt."""
        pane = self.open(BASH, directory)
        pane.wait_for(PROMPT)
        return pane

    @property
    def buffer(self) -> bytes:
        """The newest buffer."""
        return self.run("show-buffer")

    def kill(self) -> None:
        """End the server and everything in it."""
        self._finish("kill-server")

    def run(self, *arguments: str) -> bytes:
        """Run a command of tmux and return its output; raises `CalledProcessError` where it fails."""
        done = self._finish(*arguments)
        done.check_returncode()
        return done.stdout

    def _is_running(self) -> bool:
        return self._finish("has-session").returncode == 0

    def _finish(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        command = [*self._command, *arguments]
        return subprocess.run(command, check=False, capture_output=True, env=self._environ, timeout=30)


class Pane:
    """The screen and the keys of one program in tmux."""

    def __init__(self, tmux: Tmux, pane_id: str) -> None:
        self._tmux = tmux
        self._target = ("-t", pane_id)

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names for them: ``Enter``, ``Escape``, ``C-s``."""
        self._tmux.run("send-keys", *self._target, *keys)

    def type(self, text: str) -> None:
        """Type a text letter by letter."""
        self._tmux.run("send-keys", *self._target, "-l", text)

    def paste(self) -> None:
        """Paste the newest buffer as the prefix and ] do."""
        self._tmux.run("paste-buffer", "-p", *self._target)

    def screen(self) -> str:
        """Return what the pane shows; fails where that is a traceback."""
        text = self._tmux.run("capture-pane", "-p", *self._target).decode()
        assert "Traceback (most recent call last)" not in text, text
        return text

    def wait_until(self, is_true: Callable[[str], object], expected: str = "what was expected") -> str:
        """Look until something is true of the screen, and return it; raises `AssertionError`."""
        deadline = time.monotonic() + COMES_WITHIN
        while not is_true(screen := self.screen()):
            assert time.monotonic() < deadline, f"{expected} did not appear:\n{screen}"
            time.sleep(LOOK_EVERY)
        return screen

    def wait_for(self, *texts: str) -> str:
        """Look until the screen shows every one of some texts, and return it; raises `AssertionError`."""
        return self.wait_until(lambda screen: all(text in screen for text in texts), f"all of {texts}")


@contextmanager
def tmux_server(environ: Mapping[str, str]) -> Iterator[Tmux]:
    """Run a server that ends in any case; skips the test where tmux is not installed."""
    program = shutil.which("tmux")
    if program is None:
        pytest.skip("tmux is not installed")
    terminal = {
        "PS1": f"{PROMPT} ",
        "SHELL": "/bin/bash",
        "TERM": "xterm-256color",
        "HISTFILE": "",
        "LC_ALL": "C.UTF-8",
    }
    # Textual believes these rather than the terminal.
    inherited = {name: value for name, value in environ.items() if name not in {"COLUMNS", "LINES"}}
    # The path of a socket has at most 104 characters, which those of pytest's directories can exceed.
    with tempfile.TemporaryDirectory(prefix="tmux-") as directory:
        server = Tmux(program, f"{directory}/socket", inherited | terminal)
        try:
            yield server
        finally:
            server.kill()
