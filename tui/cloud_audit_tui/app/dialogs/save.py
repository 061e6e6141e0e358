"""Asks for a file name and writes the file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from cloud_audit_tui.app.dialogs.dialog import Dialog
from cloud_audit_tui.app.keymap import SAVE_KEYS, bindings
from cloud_audit_tui.app.system.private_file import WriteError
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

Write = Callable[[Path, bool], Awaitable[str | None]]
"""Writes a file (path, whether to replace an existing one) and returns a message about it.

None says that the user chose to write nothing after all: the dialog stays open.
"""


class SaveDialog(Dialog[str | None]):
    """Asks where to write; answers the message about the file, or None when nothing was written."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(SAVE_KEYS)]
    DEFAULT_CSS: ClassVar[str] = """
    SaveDialog {
        .frame { max-width: 84; padding: 1 2 0 2; }
        #path { margin: 1 0 0 0; }
        #fault { margin: 1 0 0 0; }
    }
    """

    def __init__(self, title: str, note: str, file_name: str, write: Write) -> None:
        """Ask for a file; the field starts with this name in the current directory."""
        super().__init__()
        self._title = plain(title)
        self._note = plain(note, keep_newlines=True)
        self._suggested = Path.cwd() / file_name
        self._write = write
        self._may_replace: Path | None = None
        self._writing = False

    def compose(self) -> ComposeResult:
        """Lay out the question, the field and the keys."""
        with Vertical(classes="frame") as frame:
            frame.border_title = Content(self._title)
            yield Static(Content(self._note), classes="note", markup=False)
            yield Input(str(self._suggested), select_on_focus=False, id="path")
            yield Static(id="fault", classes="fault", markup=False)
            yield KeyBar(SAVE_KEYS)

    def on_mount(self) -> None:
        """Focus the field."""
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Ask again before another file is replaced."""
        event.stop()
        self._may_replace = None
        self.query_one("#fault").remove_class("-visible")

    def action_save(self) -> None:
        """Write the file; an existing one is replaced only when Enter is pressed again."""
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
            self.run_worker(self._save(path), exit_on_error=False)

    async def _save(self, path: Path) -> None:
        try:
            message = await self._write(path, self._may_replace == path)
        except FileExistsError:
            self._may_replace = path
            self._show_fault(f"{path} exists. Press Enter again to replace it, or change the name.")
        except (WriteError, ValueError) as error:
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
