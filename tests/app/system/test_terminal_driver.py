"""The app goes on to its end when its terminal has gone."""

from __future__ import annotations

import os
import pty
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from textual import constants
from textual.app import App
from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread

from cloud_audit_tui.app.system.terminal_driver import TerminalDriver, terminal_driver

if TYPE_CHECKING:
    import pytest


async def test_what_is_written_to_a_terminal_that_has_gone_is_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal, streams = pty.openpty()
    stream = os.fdopen(streams, "w", encoding="utf-8")
    # Textual's driver handles the signals that stop a program and let it go on.
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "__stderr__", stream)
    monkeypatch.setattr(sys, "__stdin__", stream)
    driver: Any = TerminalDriver(App())
    writer = WriterThread(driver._file)
    writer.start()
    writer.write("picture")
    assert os.read(terminal, 100) == b"picture"
    os.close(terminal)
    # More than the writer's queue takes if nobody empties it.
    for _ in range(3 * MAX_QUEUED_WRITES):
        writer.write("picture")
    writer.stop()
    assert not writer.is_alive()
    with suppress(OSError):
        stream.close()


def test_the_environment_may_name_another_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    assert terminal_driver() is TerminalDriver
    monkeypatch.setattr(constants, "DRIVER", "textual.drivers.web_driver:WebDriver")
    assert terminal_driver() is None
