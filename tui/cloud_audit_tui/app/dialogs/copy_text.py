"""Shows a text for selecting when no route to a clipboard is known to have worked."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import TYPE_CHECKING, ClassVar

from textual.app import SuspendNotSupported
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Static

from cloud_audit_tui.app.dialogs.file_field import FileField
from cloud_audit_tui.app.dismissal import DismissedOnce
from cloud_audit_tui.app.keymap import COPY_TEXT_KEYS, bindings, bound_key
from cloud_audit_tui.app.system import clipboard
from cloud_audit_tui.app.system.file_name import file_name, suggested_path
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.scrolling import TextMoves
from cloud_audit_tui.app.widgets.text_field import TextField
from cloud_audit_tui.private_file import write_private
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.binding import BindingType

HOW_TO_SELECT = (
    "Hold Shift (Option on macOS) and drag to select with the terminal. For long lines or several pages, "
    "print the text on the bare terminal ({bare}) or write it to a file ({write})."
)


class CopyText(DismissedOnce, TextMoves, Screen[None]):
    """Shows the text from the first column, with nothing beside it, and other ways to copy it.

    The screen shows the text without control characters; a copy or a file has the original text.
    """

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(COPY_TEXT_KEYS)]
    DEFAULT_CSS: ClassVar[str] = """
    CopyText {
        background: $background;

        #head { height: auto; background: $surface; padding: 0 1; }
        #title { text-style: bold; color: $text-primary; height: auto; }
        #how { color: $text-muted; height: auto; }
        #scroll { height: 1fr; padding: 0; scrollbar-size-vertical: 1; background: $background; }
        #scroll { scrollbar-color: $foreground 25%; scrollbar-background: $background; }
        #text { height: auto; width: 1fr; padding: 0; }
        #write { height: auto; background: $surface; padding: 0 1; display: none; }
        #write.-visible { display: block; }
        #path { border: none; height: 1; padding: 0 1; background: $boost; }
        #message { height: auto; background: $surface; padding: 0 1; display: none; }
        #message.-visible { display: block; }
        #message.-fault { color: $text-error; }
    }
    """

    def __init__(self, title: str, text: str, suggested_name: str) -> None:
        """Show a text under a title; the file's name is made from ``suggested_name``."""
        super().__init__()
        self._title = title
        self._text = text
        self._suggested_name = suggested_name
        self._file = FileField(
            self._write,
            written=self._written,
            show_fault=self._show_fault,
            show_progress=self._show_message,
        )

    def compose(self) -> ComposeResult:
        """Lay out the title, the text, the file's name and the keys."""
        how = HOW_TO_SELECT.format(
            bare=bound_key(self, "copy_text.bare"), write=bound_key(self, "copy_text.write")
        )
        with Vertical(id="head"):
            yield Static(Content(plain(self._title)), id="title", markup=False)
            yield Static(Content(how), id="how", markup=False)
        with VerticalScroll(id="scroll", can_focus=False):
            yield Static(Content(plain(self._text, keep_newlines=True)), id="text", markup=False)
        with Vertical(id="write"):
            leave = bound_key(self, "copy_text.close")
            yield Static(f"Write to (Enter writes, {leave} goes back)", markup=False)
            yield TextField(id="path", select_on_focus=False)
        yield Static(id="message", markup=False)
        yield KeyBar(COPY_TEXT_KEYS)

    def action_select_all(self) -> None:
        """Select the whole text; Textual's own copy key then takes it."""
        self.query_one("#text").text_select_all()

    async def action_copy(self) -> None:
        """Copy the text again."""
        outcome = await clipboard.copy(self.app, self._text)
        self._show_message(outcome.note, fault=not outcome.routes)

    def action_bare(self) -> None:
        """Print the text on the bare terminal until Enter; a selection there is exact."""
        text = plain(self._text, keep_newlines=True)
        try:
            with self.app.suspend():
                _show_until_enter(f"\n{text}\n\nSelect the text above; Enter goes back. ")
        except SuspendNotSupported:
            self._show_message(
                "This terminal cannot show the text alone. "
                f"Write it to a file with {bound_key(self, 'copy_text.write')}.",
                fault=True,
            )

    def action_write(self) -> None:
        """Ask for the file's name."""
        self._file.forget_name()
        self.query_one("#write").add_class("-visible")
        self.query_one("#message").remove_class("-visible")
        path = self.query_one("#path", Input)
        if not path.value:
            path.value = str(suggested_path(file_name(self._suggested_name)))
        path.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Withdraw the permission to replace a file."""
        event.stop()
        self._file.forget_name()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write the file; an existing one is replaced only when Enter is pressed again."""
        event.stop()
        self._file.start(self, event.value)

    async def _write(self, path: Path, replace: bool) -> str:
        await asyncio.to_thread(write_private, path, self._text, replace=replace)
        return f"Written to {path} (only you can read it)."

    def _written(self, message: str) -> None:
        self._leave_field()
        self._show_message(message)

    def _show_fault(self, text: str) -> None:
        self._show_message(text, fault=True)

    def action_close(self) -> None:
        """Close the field of the file name, or the screen."""
        if self.query_one("#write").has_class("-visible"):
            self._leave_field()
        else:
            self.dismiss(None)

    def _leave_field(self) -> None:
        self._file.forget_name()
        self.set_focus(None)
        self.query_one("#write").remove_class("-visible")
        self.query_one("#message").remove_class("-visible")

    def _show_message(self, text: str, *, fault: bool = False) -> None:
        message = self.query_one("#message", Static)
        message.update(Content(plain(text)))
        message.set_class(fault, "-fault")
        message.add_class("-visible")


def _show_until_enter(text: str) -> None:
    """Print a text and wait for Enter, Ctrl+C or the end of input; an error here would end the app."""
    with contextlib.suppress(OSError, ValueError, KeyboardInterrupt):
        print(text, end="", flush=True)  # noqa: T201 - the app is suspended: this is the terminal itself
        sys.stdin.readline()
