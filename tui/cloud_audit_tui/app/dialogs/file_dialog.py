"""The base of the dialogs that ask for a file's name and write the file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Input, Static

from cloud_audit_tui.app.dialogs.dialog import Dialog
from cloud_audit_tui.app.host import run_beside
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from textual.app import ComposeResult

Write = Callable[[Path, bool], Awaitable[str | None]]
"""Writes a file (path, whether to replace an existing one) and returns a message about it.

None means that the user cancelled the write: the dialog stays open.
"""


class FileDialog(Dialog[str | None]):
    """Asks where to write; answers the message about the file, or None when nothing was written.

    An existing file is replaced only when the same name is given a second time.
    """

    def __init__(self, write: Write) -> None:
        super().__init__()
        self._write = write
        self._may_replace: Path | None = None
        self._writing = False

    @staticmethod
    def fault_line() -> ComposeResult:
        """Return the line that says what is wrong with the name."""
        yield Static(id="fault", classes="fault", markup=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Withdraw the permission to replace a file: it was given for another name."""
        event.stop()
        self._may_replace = None
        self.query_one("#fault").remove_class("-visible")

    def write_named_file(self) -> None:
        """Write the file that the field names, or say what is wrong with the name."""
        name = self.query_one(Input).value.strip()
        if not name:
            self._show_fault("Name a file.")
            return
        try:
            path = Path(name).expanduser()
        except RuntimeError as error:
            self._show_fault(str(error))
            return
        if not self._writing:
            self._writing = True
            run_beside(self, partial(self._write_to, path), repeat=True)

    async def _write_to(self, path: Path) -> None:
        try:
            message = await self._write(path, self._may_replace == path)
        except FileExistsError:
            self._may_replace = path
            self._show_fault(f"{path} exists. Press Enter again to replace it, or change the name.")
        except (OSError, ValueError) as error:
            self._show_fault(str(error))
        else:
            if message is not None:
                self.dismiss(message)
        finally:
            self._writing = False

    def action_leave(self) -> None:
        """Write nothing."""
        self.dismiss(None)

    def _show_fault(self, text: str) -> None:
        fault = self.query_one("#fault", Static)
        fault.update(Content(plain(text)))
        fault.add_class("-visible")
