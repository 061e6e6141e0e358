"""Draws the app in the terminal, which may close before the app ends."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from textual import constants
from textual.drivers.linux_driver import LinuxDriver

from cloud_audit_tui.standard_streams import is_terminal

if TYPE_CHECKING:
    from typing import TextIO

    from textual.driver import Driver


class _LastingStream:
    """A stream that drops writes once its terminal is closed.

    An error would end Textual's writer thread, and the app would then wait for it forever.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._has_gone = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write a text, or drop it."""
        if not self._has_gone:
            try:
                return self._stream.write(text)
            except OSError:
                self._has_gone = True
        return len(text)

    def flush(self) -> None:
        """Flush the stream unless its terminal is closed."""
        if not self._has_gone:
            try:
                self._stream.flush()
            except OSError:
                self._has_gone = True


class TerminalDriver(LinuxDriver):
    """Draws on standard error like Textual's driver, or on standard output if that is no terminal."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stream = sys.__stderr__ if is_terminal(sys.__stderr__) else sys.__stdout__ or sys.__stderr__
        self._file: Any = _LastingStream(stream) if stream is not None else None


def terminal_driver() -> type[Driver] | None:
    """Return the driver of the app; None if the environment names one of Textual's."""
    return None if constants.DRIVER is not None else TerminalDriver
