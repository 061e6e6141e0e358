"""The question for a code from an MFA device."""

from collections.abc import Callable
from typing import Any

import pytest
from textual.widgets import Input

from app.pictures import BOTH_THEMES, WIDE_AND_NARROW, Pictures
from cloud_audit_tui.app.dialogs.mfa import MfaPrompt
from each_row import each_row

PROMPT = "Code of arn:aws:iam::777788889999:mfa/jane"


@pytest.mark.parametrize("code", ["123456", "123 456"])
async def test_six_digits_are_answered(host: Callable[..., Any], code: str) -> None:
    app = host(MfaPrompt("audit", PROMPT))
    async with app.run_test() as pilot:
        app.subject.query_one(Input).value = code
        await pilot.press("enter")
    assert app.answer == "123456"


async def test_anything_else_is_asked_again(host: Callable[..., Any], text_of: Callable[..., str]) -> None:
    app = host(MfaPrompt("audit", PROMPT))
    async with app.run_test() as pilot:
        with each_row() as row:
            for code in ("", "12345", "1234567", "abc"):
                app.subject.query_one(Input).value = ""
                with row(code):
                    await pilot.press(*code, "enter")
                    await pilot.pause()
                    assert "The code has six digits." in text_of(app.screen)
                    await pilot.press("1")
                    await pilot.pause()
                    assert "The code has six digits." not in text_of(app.screen)


async def test_letters_are_not_taken(host: Callable[..., Any]) -> None:
    app = host(MfaPrompt("audit", PROMPT))
    async with app.run_test() as pilot:
        await pilot.press(*"1a2b3q4", "5", "6", "enter")
    assert app.answer == "123456"


async def test_escape_goes_on_without_the_profile(host: Callable[..., Any]) -> None:
    app = host(MfaPrompt("audit", PROMPT))
    async with app.run_test() as pilot:
        await pilot.press("1", "2", "escape")
    assert app.answer is None


async def test_it_says_which_profile_and_device(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    app = host(MfaPrompt("[/x]\x1b[31mdev", PROMPT))
    async with app.run_test() as pilot:
        await pilot.pause()
        assert "Profile [/x]dev needs a code." in text_of(app.screen)
        assert PROMPT in text_of(app.screen)


async def test_how_it_looks(host: Callable[..., Any], pictures: Pictures) -> None:
    async with host(MfaPrompt("audit", PROMPT)).run_test() as pilot:
        await pilot.press("1", "2", "enter")
        await pictures.compare(pilot, WIDE_AND_NARROW, BOTH_THEMES)
