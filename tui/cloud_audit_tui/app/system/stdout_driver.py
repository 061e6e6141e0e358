"""Draws the app on standard output where standard error is no terminal, such as with ``2>file``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from textual.drivers.linux_driver import LinuxDriver

if TYPE_CHECKING:
    from textual.driver import Driver


class StdoutDriver(LinuxDriver):
    """Textual's driver draws on standard error; this one draws on standard output."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if sys.__stdout__ is not None:
            self._file = sys.__stdout__


def driver_for_streams() -> type[Driver] | None:
    """Return the driver for the streams of this process; None leaves the choice to Textual."""
    error_is_terminal = sys.__stderr__ is not None and sys.__stderr__.isatty()
    return None if error_is_terminal else StdoutDriver
