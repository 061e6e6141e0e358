"""The help, which is the keymap itself."""

from collections.abc import Callable
from typing import Any

import pytest

from app.pictures import BOTH_THEMES, WIDE_AND_NARROW, Pictures
from cloud_audit_tui.app.keymap import CONTEXTS, Key, rebound
from cloud_audit_tui.app.screens.help import HelpScreen, in_two_columns
from each_row import each_row


@pytest.mark.parametrize("key", ["escape", "question_mark", "q"])
async def test_it_closes(host: Callable[..., Any], key: str) -> None:
    app = host(HelpScreen(CONTEXTS))
    async with app.run_test() as pilot:
        await pilot.press(key)
        assert app.screen is not app.subject
    assert app.answer is None


async def test_every_key_of_every_context_is_in_it(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    app = host(HelpScreen(CONTEXTS))
    async with app.run_test(size=(60, 500)) as pilot:
        with each_row() as row:
            for width in (60, 80, 120, 200):
                await pilot.resize_terminal(width, 500)
                await pilot.pause()
                text = " ".join(text_of(app.screen).split())
                with row(width):
                    for name, keys in CONTEXTS:
                        assert name in text
                        for key in keys:
                            assert key.tooltip.split()[0] in text
                    assert text.count("Copy the fix as AWS CLI commands") == 1


async def test_it_begins_with_the_keys_of_where_the_user_is(
    stage: Any, sample: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud_audit_tui.app.screens.check_browser.whole_explanation", str)
    rows = {
        "the table": ((), ["Findings · here", "Everywhere · here", "Every screen · here"]),
        "the detail": (("tab",), ["Detail · here", "Everywhere · here"]),
        "the filter": (("slash",), ["Filter · here", "Everywhere · here"]),
        "a picker": (("p",), ["Profiles and regions · here"]),
        "the order": (("s",), ["Order · here"]),
        "the checks": (("b",), ["Checks · here", "Every screen · here"]),
        "the overview": (("0",), ["Heat table · here", "Overview · here", "Every screen · here"]),
        "the history": (("h",), ["List · here", "History · here", "Every screen · here"]),
    }
    async with stage.opened(sample, size=(120, 40)) as (app, pilot):
        with each_row() as row:
            for place, (keys, first) in rows.items():
                with row(place):
                    await pilot.press(*keys)
                    if keys and keys[0] not in ("tab", "slash"):
                        await stage.until(pilot, lambda: app.screen is not app.main)
                    await pilot.pause()
                    await pilot.press("f1")
                    await stage.until(pilot, lambda: isinstance(app.screen, HelpScreen))
                    await pilot.pause()
                    names = [name for name, _ in app.screen._contexts]
                    assert names[: len(first)] == first
                    assert first[0] in stage.screen_text(app).splitlines()[3]
                while app.screen is not app.main:
                    await app.pop_screen()
                app.main.query_one("FindingsTable").focus()
                await pilot.pause()


async def test_it_scrolls_to_the_end(host: Callable[..., Any], text_of: Callable[..., str]) -> None:
    app = host(HelpScreen(CONTEXTS))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "Close this page" not in text_of(app.screen)
        await pilot.press("end")
        await pilot.pause()
        assert "Close this page" in text_of(app.screen)
        await pilot.press("home", "j", "k", "space", "pageup")
        await pilot.pause()
        assert "Everywhere" in text_of(app.screen)


async def test_a_long_sentence_goes_on_beside_its_key(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    long = Key("x", "x", "x", "X", " ".join(["word"] * 30), "Group")
    app = host(HelpScreen([("Context", [long])]))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        lines = [line for line in text_of(app.screen).splitlines() if "word" in line]
    assert len(lines) > 1
    assert len({line.index("word") for line in lines}) == 1


async def test_it_shows_a_users_keymap(host: Callable[..., Any], text_of: Callable[..., str]) -> None:
    contexts = [(name, rebound(keys, {"scan": "f5"})) for name, keys in CONTEXTS]
    app = host(HelpScreen(contexts))
    async with app.run_test(size=(120, 100)) as pilot:
        await pilot.pause()
        line = next(line for line in text_of(app.screen).splitlines() if "Scan the chosen profiles" in line)
    assert "f5" in line.lower()


def test_the_columns_are_of_about_the_same_height() -> None:
    key = Key("x", "x", "x", "X", "Does x", "Group")
    contexts = [(name, (key,) * count) for name, count in (("a", 10), ("b", 4), ("c", 4), ("d", 3))]
    left, right = in_two_columns(contexts)
    assert [name for name, _ in left] == ["a"]
    assert [name for name, _ in right] == ["b", "c", "d"]
    assert in_two_columns([]) == ([], [])


async def test_how_it_looks(host: Callable[..., Any], pictures: Pictures) -> None:
    async with host(HelpScreen(CONTEXTS[:5])).run_test() as pilot:
        await pictures.compare(pilot, WIDE_AND_NARROW, BOTH_THEMES)
