"""Asks for the format, the scope and the file of a report, and writes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from cloud_audit_tui.app.dialogs.file_dialog import FileDialog
from cloud_audit_tui.app.keymap import EXPORT_KEYS, bindings
from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.app.system.file_name import suggested_path
from cloud_audit_tui.app.system.folder_names import completed
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.pick_list import Cell, Column, ListMoves, PickList, Row
from cloud_audit_tui.app.widgets.text_field import TextField
from cloud_audit_tui.private_file import WriteError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from cloud_audit_tui.reports.format import Format

COLUMNS = (Column("Format", 11, 12), Column("File", 6, 18, gives_way=1), Column("What it is", 20, 70))
FILE_NAME = "cloud-audit-report"


class ExportScope(StrEnum):
    """The findings that a report contains; the value is the name on the screen."""

    SHOWN = "what is shown"
    MARKED = "the marked findings"
    EVERYTHING = "everything, passes included"


@dataclass(frozen=True)
class Export:
    """The user's choices; ``replace`` allows replacing an existing file."""

    path: Path
    format: Format
    scope: ExportScope
    fixes: bool
    replace: bool


WriteReport = Callable[[Export], Awaitable[str]]
"""Writes a report and returns a message about it."""


class ExportDialog(ListMoves, FileDialog):
    """Answers the message about the written file, or None when nothing was written."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(EXPORT_KEYS)]
    DEFAULT_CSS: ClassVar[str] = """
    ExportDialog {
        .frame { max-width: 100; padding: 0 2; }
        #path { margin: 1 0 0 0; }
        #scope, #fixes { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
        #formats { height: 100; margin: 0 0 1 0; }
        &.-short #formats { height: 1fr; margin: 0; }
        &.-short #path { margin: 0; }
    }
    """

    def __init__(
        self, formats: Sequence[Format], scopes: Mapping[ExportScope, int | None], write: WriteReport
    ) -> None:
        """Offer these formats, and these scopes with their numbers of findings, None if unknown."""
        super().__init__(self._export_to, "export.write")
        self._formats = {each.name: each for each in formats}
        self._scopes = dict(scopes)
        self._scope = next(iter(scopes))
        self._write_report = write
        self._fixes = False

    def compose(self) -> ComposeResult:
        """Lay out the formats, the scope, the file and the keys."""
        with Vertical(classes="frame") as frame:
            frame.border_title = Content("Export a report")
            yield PickList(COLUMNS, empty="", id="formats")
            yield Static("", id="scope", markup=False)
            yield Static("", id="fixes", markup=False)
            yield TextField(str(suggested_path(FILE_NAME)), select_on_focus=False, id="path")
            yield Static(
                "Only you can read the file. ~ is your home directory.", classes="note", markup=False
            )
            yield from self.fault_line()
            yield KeyBar(EXPORT_KEYS)

    def on_mount(self) -> None:
        """Show the formats and focus the file."""
        rows = [
            Row(
                each.name,
                (Cell(each.name, "strong"), Cell(f"*{each.suffix}", "muted"), Cell(each.description)),
                markable=False,
            )
            for each in self._formats.values()
        ]
        picks = self.query_one(PickList)
        picks.show_rows(rows)
        picks.move_to("json")
        picks.styles.max_height = len(rows) + 1
        self._name_file()
        self._show_choices()
        field = self.query_one(Input)
        field.focus()
        field.cursor_position = len(field.value)

    @property
    def _format(self) -> Format | None:
        row = self.query_one(PickList).highlighted
        return self._formats[row.key] if row else None

    def _show_choices(self) -> None:
        number = self._scopes[self._scope]
        words = self._scope.value + ("" if number is None else f" ({formatting.count(number, 'result')})")
        self.query_one("#scope", Static).update(
            Content.assemble(("Scope  ", "$foreground 55%"), (words, "bold"))
        )
        report_format = self._format
        if report_format is None or not report_format.fixes_on_request:
            fixes = "set by the format"
        else:
            fixes = "included" if self._fixes else "left out"
        self.query_one("#fixes", Static).update(Content.assemble(("Fixes  ", "$foreground 55%"), fixes))

    def _name_file(self) -> None:
        """Give the file the suffix of the format if it has that of another format or none."""
        report_format = self._format
        field = self.query_one(Input)
        if report_format is None:
            return
        suffixes = sorted((each.suffix for each in self._formats.values()), key=len, reverse=True)
        name = field.value
        suffix = next((each for each in suffixes if name.lower().endswith(each)), "")
        stem = name.removesuffix(name[len(name) - len(suffix) :]) if suffix else name
        last = stem.rpartition("/")[2]
        if last and (suffix or "." not in last):
            field.value = stem + report_format.suffix

    # The list

    def on_pick_list_moved(self, event: PickList.Moved) -> None:
        """Name the file after the format."""
        event.stop()
        self._name_file()
        self._show_choices()

    def on_pick_list_pressed(self, event: PickList.Pressed) -> None:
        """Stop the message here: a click only moves the cursor."""
        event.stop()

    # Keys

    def action_next_scope(self) -> None:
        """Choose the next scope."""
        scopes = list(self._scopes)
        self._scope = scopes[(scopes.index(self._scope) + 1) % len(scopes)]
        self._show_choices()

    def action_toggle_fixes(self) -> None:
        """Include the fixes or leave them out."""
        self._fixes = not self._fixes
        self._show_choices()

    def action_complete(self) -> None:
        """Complete the folder that is being typed."""
        field = self.query_one(Input)
        text = completed(field.value)
        if text == field.value:
            self.app.bell()
        field.value = text
        field.cursor_position = len(text)

    def action_write(self) -> None:
        """Write the file; an existing one is replaced only when Enter is pressed again."""
        self.write_named_file()

    async def _export_to(self, path: Path, replace: bool) -> str:
        report_format = self._format
        if report_format is None:
            raise WriteError("Choose a format.")
        return await self._write_report(Export(path, report_format, self._scope, self._fixes, replace))
