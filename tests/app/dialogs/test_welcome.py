"""What is shown where there are no credentials."""

from collections.abc import Callable
from typing import Any

import pytest

from app.pictures import BOTH_THEMES, WIDE_AND_NARROW, Pictures
from cloud_audit_tui.app.dialogs.welcome import DEMO, Welcome


async def test_d_opens_the_demo(host: Callable[..., Any]) -> None:
    app = host(Welcome())
    async with app.run_test() as pilot:
        await pilot.press("d")
    assert app.answer == DEMO == "demo"


@pytest.mark.parametrize("key", ["escape", "q"])
async def test_it_closes(host: Callable[..., Any], key: str) -> None:
    app = host(Welcome())
    async with app.run_test() as pilot:
        await pilot.press(key)
    assert app.answer is None


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_it_says_how_to_get_credentials(
    host: Callable[..., Any], text_of: Callable[..., str], size: tuple[int, int]
) -> None:
    app = host(Welcome())
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        text = text_of(app.screen)
    for words in (
        "aws configure sso",
        "aws configure ",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "Demo",
    ):
        assert words in text


async def test_how_it_looks(host: Callable[..., Any], pictures: Pictures) -> None:
    async with host(Welcome()).run_test() as pilot:
        await pictures.compare(pilot, WIDE_AND_NARROW, BOTH_THEMES)
