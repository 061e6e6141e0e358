"""Choosing the column that orders the table."""

from collections.abc import Callable
from typing import Any

import pytest

from app.pictures import BOTH_THEMES, WIDE_AND_NARROW, Pictures
from cloud_audit_tui.app.dialogs.sort_picker import ORDERS, SortPicker
from cloud_audit_tui.app.widgets.pick_list import PickList
from cloud_audit_tui.store.view import Sort


async def press(host: Callable[..., Any], screen: SortPicker, *keys: str) -> Any:
    app = host(screen)
    async with app.run_test() as pilot:
        await pilot.press(*keys)
    return app.answer


def test_every_column_can_be_chosen() -> None:
    assert list(ORDERS) == list(Sort)


async def test_another_column_comes_in_its_own_order(host: Callable[..., Any]) -> None:
    assert await press(host, SortPicker(Sort.SEVERITY, descending=True), "down", "enter") == (
        Sort.CHECK,
        False,
    )


@pytest.mark.parametrize("descending", [True, False])
async def test_the_column_of_now_turns_round(host: Callable[..., Any], descending: bool) -> None:
    answer = await press(host, SortPicker(Sort.REGION, descending), "enter")
    assert answer == (Sort.REGION, not descending)


@pytest.mark.parametrize("key", ["escape", "q"])
async def test_it_can_be_left(host: Callable[..., Any], key: str) -> None:
    assert await press(host, SortPicker(Sort.SEVERITY, descending=False), "j", "k", key) is None


async def test_a_click_chooses(host: Callable[..., Any]) -> None:
    app = host(SortPicker(Sort.SEVERITY, descending=False))
    async with app.run_test() as pilot:
        await pilot.click(PickList, offset=(8, 3))
        await pilot.pause()
    assert app.answer == (Sort.TITLE, False)


async def test_how_it_looks(host: Callable[..., Any], pictures: Pictures) -> None:
    async with host(SortPicker(Sort.SEVERITY, descending=True)).run_test() as pilot:
        await pictures.compare(pilot, WIDE_AND_NARROW, BOTH_THEMES)
