"""The table reads what is seen, and draws any text that AWS can hold."""

from __future__ import annotations

from array import array
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from rich.cells import cell_len
from textual.app import App
from textual.screen import Screen

from cloud_audit_tui.app.widgets.columns import columns, fit, fit_ends
from cloud_audit_tui.app.widgets.findings_table import FindingsTable
from cloud_audit_tui.model import Severity, Status
from cloud_audit_tui.store.view import Row, Sort
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.widget import Widget

MANY = 100_000
HOSTILE = [
    "[/x]",
    "[red]red[/red]",
    "[@click=app.quit]x[/]",
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "two\nlines\r\n",
    "tab\tand\x00nul",
    "\u202eevil\u202c",
    "日本語の名前" * 8,
    "👩‍👩‍👧‍👦 family 🚀",
    "e\u0301" * 60,
    "\ud800",
    "x" * 4_000,
    "",
]


def row(number: int, **changes: Any) -> Row:
    values: dict[str, Any] = {
        "check_id": "aws-sagemaker-003",
        "title": f"Title {number}",
        "resource_name": f"name-{number}",
        "resource_id": f"arn:{number}",
        "region": "eu-central-1",
        "account_id": "111122223333",
        "profile": "dev",
    }
    return Row(number, f"key-{number}", status=Status.FAIL, severity=Severity.HIGH, **{**values, **changes})


class TableApp(App[None]):
    """A table and a source of rows that remembers what it was asked for."""

    def __init__(self, rows: dict[int, Row] | None = None) -> None:
        super().__init__()
        self.requested_ids: list[int] = []
        self._rows_by_number = rows

    async def fetch(self, ids: Sequence[int]) -> list[Row]:
        self.requested_ids += ids
        if self._rows_by_number is None:
            return [row(number) for number in ids]
        return [self._rows_by_number[number] for number in ids if number in self._rows_by_number]

    def compose(self) -> ComposeResult:
        yield FindingsTable(self.fetch)

    @property
    def table(self) -> FindingsTable:
        return self.query_one(FindingsTable)

    def lines(self) -> list[str]:
        return [self.table.render_line(y).text for y in range(self.table.size.height)]


async def test_only_rows_about_the_viewport_are_read() -> None:
    app = TableApp()
    async with app.run_test(size=(120, 40)) as pilot:
        table = app.table
        table.show(array("q", range(MANY)), 0, [])
        await pilot.pause()
        await app.workers.wait_for_complete()
        assert max(app.requested_ids) < 3 * table.size.height
        app.requested_ids.clear()
        table.focus()
        await pilot.press("end")
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert min(app.requested_ids) > MANY - 3 * table.size.height
        assert len(app.requested_ids) <= 3 * table.size.height
        assert f"name-{MANY - 1}" in app.lines()[-1]


async def test_what_chooses_the_rows_in_a_thread_looks_at_no_widget(monkeypatch: pytest.MonkeyPatch) -> None:
    app = TableApp()
    async with app.run_test(size=(120, 40)) as pilot:
        table = app.table
        table.show(array("q", range(MANY)), 0, [])
        await pilot.pause()
        height = table.size.height
        window = table.window()

        def refuse(_screen: Screen[object], widget: Widget) -> None:
            raise AssertionError(f"{widget} may lay out the screen in a thread")

        monkeypatch.setattr(Screen, "find_widget", refuse)
        assert window(range(MANY), 0) == list(range(2 * height))
        monkeypatch.undo()


async def test_a_row_that_is_not_read_yet_is_a_placeholder() -> None:
    app = TableApp({})
    async with app.run_test(size=(120, 40)) as pilot:
        app.table.show(array("q", range(50)), 0, [])
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert "···" in app.lines()[0]
        assert len(app.requested_ids) == len(set(app.requested_ids))


async def test_hostile_text_fills_its_line_and_nothing_else() -> None:
    members = ("title", "resource_name", "resource_id", "region", "account_id", "profile")
    rows = {
        number: row(number, **dict.fromkeys(members, hostile)) for number, hostile in enumerate(HOSTILE, 1)
    }
    app = TableApp(rows)
    async with app.run_test(size=(60, 20), notifications=True) as pilot:
        with each_row() as each:
            for width in (60, 80, 120, 200):
                await pilot.resize_terminal(width, 20)
                for number, hostile in enumerate(HOSTILE, 1):
                    with each((width, hostile)):
                        app.table.show(array("q", [number]), 0, [rows[number]])
                        await pilot.pause()
                        strip = app.table.render_line(0)
                        assert strip.cell_length == cell_len(strip.text) == app.table.size.width
                        assert all(character.isprintable() for character in strip.text)
                        assert not set("\x1b\n\u202e") & set(strip.text)


async def test_the_cursor_keeps_its_line_on_the_screen_when_rows_arrive_above() -> None:
    app = TableApp()
    async with app.run_test(size=(120, 20)) as pilot:
        table = app.table
        table.show(array("q", range(1_000, 2_000)), 0, [])
        table.focus()
        await pilot.press("end")
        table.scroll_to(y=970, animate=False)
        await pilot.press("k", "k", "k")
        line = table.cursor - table.scroll_y
        ids = array("q", range(1, 2_000))
        table.show(ids, ids.index(table.selected_id or 0), [])
        assert table.cursor - table.scroll_y == line


async def test_a_changed_row_is_drawn_anew() -> None:
    app = TableApp()
    async with app.run_test(size=(120, 20)) as pilot:
        app.table.show(array("q", [1]), 0, [row(1)])
        await pilot.pause()
        assert "Title 1" in app.lines()[0]
        app.table.show(array("q", [1]), 0, [row(1, title="Another")])
        assert "Another" in app.lines()[0]


@pytest.mark.parametrize("width", [60, 76, 80, 100, 120, 160, 200])
def test_columns_fill_the_width_and_do_not_overlap(width: int) -> None:
    placed = columns(width)
    for before, after in pairwise(placed):
        assert before.start + before.width + before.gap == after.start
    assert placed[-1].start + placed[-1].width <= width
    assert {column.sort for column in placed} >= {Sort.SEVERITY, Sort.CHECK, Sort.TITLE, Sort.RESOURCE}


@pytest.mark.parametrize("text", ["", "short", "a-long-name-with-an-end-00042", "日本語の長い名前です"])
@pytest.mark.parametrize("cells", [6, 11, 12])
def test_a_text_takes_exactly_its_cells(text: str, cells: int) -> None:
    assert cell_len(fit(text, cells)) == cell_len(fit_ends(text, cells)) == cells


def test_a_long_name_keeps_its_end() -> None:
    assert fit_ends("notebook-instance-00042", 14).endswith("00042")
