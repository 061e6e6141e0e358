"""Asks for a file name and writes the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from cloud_audit_tui.app.dialogs.file_dialog import FileDialog
from cloud_audit_tui.app.keymap import SAVE_KEYS, bindings
from cloud_audit_tui.app.system.file_name import suggested_path
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.text_field import TextField
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from cloud_audit_tui.app.dialogs.file_field import Write


class SaveDialog(FileDialog):
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
        super().__init__(write, "save.save")
        self._title = plain(title)
        self._note = plain(note, keep_newlines=True)
        self._suggested = suggested_path(file_name)

    def compose(self) -> ComposeResult:
        """Lay out the question, the field and the keys."""
        with Vertical(classes="frame") as frame:
            frame.border_title = Content(self._title)
            yield Static(Content(self._note), classes="note", markup=False)
            yield TextField(str(self._suggested), select_on_focus=False, id="path")
            yield from self.fault_line()
            yield KeyBar(SAVE_KEYS)

    def on_mount(self) -> None:
        """Focus the field."""
        self.query_one(Input).focus()

    def action_save(self) -> None:
        """Write the file; an existing one is replaced only when Enter is pressed again."""
        self.write_named_file()
