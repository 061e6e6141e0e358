"""Writes the file that a text field names; the dialogs and screens with such a field share it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cloud_audit_tui.app.host import run_beside
from cloud_audit_tui.app.keymap import bound_key

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

    ``written`` receives the message about a file, and ``show_fault`` what is wrong with a name. ``key_id`` is
    the action whose key writes the file; by default it is the Enter of a text field.
    """

    def __init__(self, write: Write, *, written: Show, show_fault: Show, key_id: str = "") -> None:
        self._write = write
        self._written = written
        self._show_fault = show_fault
        self._key_id = key_id
        self._path: Path | None = None
        self._may_replace: Path | None = None
        self._writing = False

    def forget_name(self) -> None:
        """Withdraw the permission to replace a file: it was given for another name."""
        self._path = self._may_replace = None

    def start(self, node: DOMNode, name: str) -> None:
        """Write the file of this name beside the keys, while ``node`` is mounted."""
        name = name.strip()
        if not name:
            self._show_fault("Name a file.")
            return
        try:
            path = Path(name).expanduser()
        except RuntimeError as error:
            self._show_fault(str(error))
            return
        if not self._writing:
            self._path, self._writing = path, True
            run_beside(node, partial(self._write_to, path, node.screen), repeat=True)

    async def _write_to(self, path: Path, screen: Screen[Any]) -> None:
        try:
            message = await self._write(path, self._may_replace == path)
        except FileExistsError:
            # The name may have changed meanwhile.
            self._may_replace = self._path
            key = bound_key(screen, self._key_id) if self._key_id else "Enter"
            self._show_fault(f"{path} exists. Press {key} again to replace it, or change the name.")
        except (OSError, ValueError) as error:
            self._show_fault(str(error))
        else:
            if message is not None:
                self._written(message)
        finally:
            self._writing = False
