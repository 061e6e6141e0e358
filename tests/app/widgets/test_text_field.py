"""A text that is pasted into a field of one line."""

from __future__ import annotations

import ast
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import events

import cloud_audit_tui.app
from cloud_audit_tui.app.dialogs.mute import Extent, MuteDialog, Reach
from cloud_audit_tui.app.widgets.text_field import TextField
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = (
    (" ", "one line", "one line"),
    (" ", "report.json\n", "report.json"),
    (" ", "\n\r\nreport.json", "report.json"),
    (" ", "Until the\n  move in May,\r\n\r\nsee ticket 7.\n", "Until the move in May, see ticket 7."),
    (" ", " kept as it is ", " kept as it is "),
    (" ", "\n", ""),
    (",", "sg-1,\nsg-2\n sg-3 ,\n", "sg-1,sg-2,sg-3"),
)


def test_every_field_of_the_app_takes_every_line() -> None:
    package = Path(cloud_audit_tui.app.__path__[0])
    makes = [
        path.name
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Input"
    ]
    assert makes == []


async def test_each_line_of_a_pasted_text_is_kept(host: Callable[..., Any]) -> None:
    app = host(MuteDialog("Mute", "", {Reach.FINDING: Extent("this finding", "It.")}, "me", date(2026, 3, 1)))
    async with app.run_test() as pilot:
        field = app.subject.query_one("#reason", TextField)
        with each_row() as row:
            for between, pasted, text in ROWS:
                with row(repr(pasted)):
                    field.value, field.between_lines = "", between
                    app.post_message(events.Paste(pasted))
                    await pilot.pause()
                    assert field.value == text
