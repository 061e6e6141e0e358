"""How columns share the room, and how a text is cut to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from cloud_audit_tui.app.widgets.pick_list import GAP, Cell, Column, PickList, Row, column_widths, fitted

COLUMNS = (
    Column("Name", 10, 40),
    Column("Alias", 6, 20, gives_way=2),
    Column("Kind", 4, 10, gives_way=1),
    Column("State", 8, 30),
)


@pytest.mark.parametrize(
    ("text", "width", "cut"),
    [
        ("abc", 5, "abc  "),
        ("abcdef", 4, "abc…"),
        ("東京都庁", 5, "東京…"),
        ("東京都庁", 4, "東… "),
        ("ab c", 4, "ab c"),
    ],
)
def test_a_text_is_cut_by_what_it_takes_on_the_screen(text: str, width: int, cut: str) -> None:
    assert fitted(text, width) == cut


@given(st.text(), st.integers(1, 60))
def test_a_cut_text_has_exactly_its_width(text: str, width: int) -> None:
    text = "".join(c for c in text if c.isprintable())
    assert cell_len(fitted(text, width)) == width


def test_with_room_every_column_has_what_it_needs() -> None:
    assert column_widths(COLUMNS, [12, 8, 4, 20], 100) == [12, 8, 4, 20]


def test_without_room_columns_give_way_in_turn() -> None:
    assert (
        column_widths(COLUMNS, [12, 8, 4, 20], 30) == [10, 0, 4, 12]
        or sum(column_widths(COLUMNS, [12, 8, 4, 20], 30)) + 2 * GAP == 30
    )
    assert column_widths(COLUMNS, [40, 20, 10, 30], 20)[1:3] == [0, 0]


@given(st.lists(st.integers(0, 60), min_size=4, max_size=4), st.integers(20, 120))
def test_the_columns_never_take_more_than_the_room(widest: list[int], room: int) -> None:
    widths = column_widths(COLUMNS, widest, room)
    visible_widths = [width for width in widths if width]
    assert sum(visible_widths) + GAP * (len(visible_widths) - 1) <= room
    assert widths[0]
    assert widths[3]


async def test_an_empty_list_that_stays_empty_posts_nothing() -> None:
    class Holder(App[None]):
        moves = 0

        def compose(self) -> ComposeResult:
            yield PickList((Column("Name", 4, 10),), empty="None.")

        def on_pick_list_moved(self) -> None:
            self.moves += 1

    app = Holder()
    async with app.run_test() as pilot:
        picks = app.query_one(PickList)
        row = Row("a", (Cell("a"),))
        for rows, moves in (([], 0), ([], 0), ([row], 1), ([row], 1), ([], 2), ([], 2)):
            picks.show_rows(rows)
            await pilot.pause()
            assert app.moves == moves
