"""Lists the fields of a finding; one of them is copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cloud_audit_tui.app.dialogs.search_list import SearchList
from cloud_audit_tui.app.keymap import FIELD_KEYS, bindings
from cloud_audit_tui.app.widgets.pick_list import Cell, Column, Row
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType


class FieldPicker(SearchList[tuple[str, str]]):
    """Answers the name and the value of a field, or None when the user leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(FIELD_KEYS)]
    DEFAULT_CSS: ClassVar[str] = """
    FieldPicker {
        .frame { max-height: 90%; }
        #filter { margin: 0 0 1 0; }
    }
    """
    columns = (Column("Field", 12, 30), Column("Value", 20, 140))
    keys = FIELD_KEYS
    noun = ("field", "fields")
    most_rows = 18

    def __init__(self, title: str, fields: Sequence[tuple[str, str]]) -> None:
        self._fields = dict(fields)
        super().__init__(
            f"Copy a field of {plain(title)}",
            [
                Row(name, (Cell(plain(name), "muted"), Cell(plain(value), "strong")), markable=False)
                for name, value in fields
            ],
        )

    def search_text(self, row: Row) -> str:
        """Return the name and the value of a field."""
        return " ".join(cell.text for cell in row.cells)

    def answer_of(self, row: Row) -> tuple[str, str]:
        """Return the name and the unmodified value of a field."""
        return row.key, self._fields[row.key]
