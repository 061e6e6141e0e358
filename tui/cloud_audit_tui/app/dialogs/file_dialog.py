"""The base of the dialogs that ask for a file's name and write the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Input, Static

from cloud_audit_tui.app.dialogs.dialog import Dialog
from cloud_audit_tui.app.dialogs.file_field import FileField
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from cloud_audit_tui.app.dialogs.file_field import Write


class FileDialog(Dialog[str | None]):
    """Asks where to write; answers the message about the file, or None when nothing was written.

    An existing file is replaced only when the same name is given a second time.
    """

    def __init__(self, write: Write, key_id: str) -> None:
        """``key_id`` is the action whose key writes the file."""
        super().__init__()
        self._file = FileField(
            write,
            written=self.dismiss,
            show_fault=self._show_fault,
            show_progress=self._show_progress,
            key_id=key_id,
        )

    @staticmethod
    def fault_line() -> ComposeResult:
        """Return the line that says what is wrong with the name."""
        yield Static(id="fault", classes="fault", markup=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Remove the fault of the former name."""
        event.stop()
        self._file.forget_name()
        self.query_one("#fault").remove_class("-visible")

    def write_named_file(self) -> None:
        """Write the file that the field names, or say what is wrong with the name."""
        self._file.start(self, self.query_one(Input).value)

    def action_leave(self) -> None:
        """Write nothing."""
        self.dismiss(None)

    def _show_fault(self, text: str) -> None:
        fault = self.query_one("#fault", Static)
        fault.update(Content(plain(text)))
        fault.add_class("-visible")

    def _show_progress(self, text: str) -> None:
        line = self.query_one("#fault", Static)
        line.update(Content.styled(plain(text), "$foreground 75%"))
        line.set_class(bool(text), "-visible")
