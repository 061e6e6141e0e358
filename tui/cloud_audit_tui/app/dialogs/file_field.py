"""Writes the file that a text field names; the dialogs and screens with such a field share it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cloud_audit_tui.app.host import Host, host_of, is_open, run_beside
from cloud_audit_tui.app.keymap import bound_key
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from typing import Any

    from textual.dom import DOMNode
    from textual.screen import Screen

Write = Callable[[Path, bool], Awaitable[str | None]]
"""Writes a file (path, whether to replace an existing one) and returns a message about it.

None means that the user cancelled the write.
"""
Show = Callable[[str], object]


class FileField:
    """Writes one file at a time; an existing one only when the same name is given a second time.

    ``written`` receives the message about a file, ``show_fault`` what is wrong with a name, and
    ``show_progress`` which file is being written, or nothing any more. ``key_id`` is the action whose key
    writes the file; by default it is the Enter of a text field.
    """

    def __init__(
        self, write: Write, *, written: Show, show_fault: Show, show_progress: Show, key_id: str = ""
    ) -> None:
        self._write = write
        self._written = written
        self._show_fault = show_fault
        self._show_progress = show_progress
        self._key_id = key_id
        self._path: Path | None = None
        self._may_replace: Path | None = None
        self._writing: Path | None = None

    def forget_name(self) -> None:
        """Withdraw the permission to replace a file: it was given for another name."""
        self._path = self._may_replace = None

    def start(self, node: DOMNode, name: str) -> None:
        """Write the file of this name beside the keys; once ``node`` is closed, notify how it ended."""
        name = name.strip()
        if not name:
            self._show_fault("Name a file.")
            return
        try:
            path = Path(name).expanduser()
        except RuntimeError:
            user = name.partition("/")[0]
            self._show_fault(f"There is no home directory for {user}. Write the whole path.")
            return
        if self._writing is None:
            self._path = self._writing = path
            # Closing the dialog does not stop the thread that writes, so the work is the app's.
            run_beside(node.app, partial(self._write_to, path, node.screen, host_of(node)), repeat=True)
        self._show_progress(f"Writing {self._writing}…")

    async def _write_to(self, path: Path, screen: Screen[Any], host: Host) -> None:
        try:
            message = await self._write(path, self._may_replace == path)
        except FileExistsError:
            # The name may have changed meanwhile.
            self._may_replace = self._path
            key = bound_key(screen, self._key_id) if self._key_id else "Enter"
            self._fail(f"{path} exists. Press {key} again to replace it, or change the name.", screen, host)
        except (OSError, ValueError) as error:
            self._fail(str(error), screen, host)
        else:
            if not is_open(screen):
                if message is not None:
                    host.notify(plain(message, keep_newlines=True), markup=False)
            elif message is None:
                self._show_progress("")
            else:
                self._written(message)
        finally:
            self._writing = None

    def _fail(self, fault: str, screen: Screen[Any], host: Host) -> None:
        if is_open(screen):
            self._show_fault(fault)
        else:
            host.notify(f"Not written: {plain(fault)}", severity="error", markup=False)
