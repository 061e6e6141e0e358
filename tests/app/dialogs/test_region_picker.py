"""Choosing regions: one, several, a part of the world, all, or each profile's own."""

from collections.abc import Callable
from typing import Any

from app.pictures import BOTH_THEMES, WIDE_AND_NARROW, Pictures
from cloud_audit_tui.app.dialogs.region_picker import RegionPicker
from cloud_audit_tui.app.presentation.region_names import OTHER, PLACES, part_of_the_world, place

REGIONS = ["ap-northeast-1", "ap-south-1", "eu-central-1", "eu-west-1", "sa-east-1", "us-east-1", "us-west-2"]
NOTE = "Enabled in 111122223333."


def picker(*marked: str, regions: list[str] | None = None, note: str = NOTE) -> RegionPicker:
    return RegionPicker(REGIONS if regions is None else regions, marked, note)


async def press(host: Callable[..., Any], screen: RegionPicker, *keys: str) -> Any:
    app = host(screen)
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.press(*keys)
    return app.answer


async def test_at_first_it_is_each_profiles_own_region(host: Callable[..., Any]) -> None:
    assert await press(host, picker(), "enter") == []


async def test_no_number_of_enabled_regions_is_told_before_it_is_known(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    for regions in ([], ["eu-central-1"]):
        app = host(RegionPicker(regions, (), NOTE, are_all_enabled=False))
        async with app.run_test(size=(100, 40)) as pilot:
            await pilot.pause()
            (line,) = (each for each in text_of(app.screen).splitlines() if "Every enabled" in each)
            assert "read by the scan" in line
            assert "0 regions" not in text_of(app.screen)
            # It can be chosen all the same.
            await pilot.press("down", "enter")
        assert app.answer == ["all"]


async def test_every_enabled_region(host: Callable[..., Any]) -> None:
    assert await press(host, picker(), "down", "enter") == ["all"]
    assert await press(host, picker(), "ctrl+a", "enter") == ["all"]


async def test_a_part_of_the_world(host: Callable[..., Any]) -> None:
    assert await press(host, picker(), *"europe", "enter") == ["eu-central-1", "eu-west-1"]


async def test_a_region_is_found_by_its_place(host: Callable[..., Any]) -> None:
    assert await press(host, picker(), *"frank", "enter") == ["eu-central-1"]


async def test_marks_of_several_searches_come_in_the_order_of_the_list(host: Callable[..., Any]) -> None:
    keys = [*"us-west", "space", *["backspace"] * 7, *"tokyo", "space", "enter"]
    assert await press(host, picker(), *keys) == ["ap-northeast-1", "us-west-2"]


async def test_a_group_marks_and_unmarks_all_of_its_regions(host: Callable[..., Any]) -> None:
    assert await press(host, picker(), *"europe", "space", "enter") == ["eu-central-1", "eu-west-1"]
    assert await press(host, picker("eu-west-1", "eu-central-1"), *"europe", "space", "enter") == []


async def test_of_every_region_one_can_be_left_out(host: Callable[..., Any]) -> None:
    regions = await press(host, picker("all"), *"sa-east", "space", "enter")
    assert regions == [region for region in REGIONS if region != "sa-east-1"]


async def test_marking_a_region_ends_the_own_region_and_back(host: Callable[..., Any]) -> None:
    assert await press(host, picker(), *"ohio", *["backspace"] * 4, *"tokyo", "space", "enter") == [
        "ap-northeast-1"
    ]
    assert await press(host, picker("us-east-1"), "ctrl+n", "enter") == []
    assert await press(host, picker("us-east-1"), "pageup", "space", "enter") == []


async def test_what_was_marked_stays_with_enter(host: Callable[..., Any]) -> None:
    assert await press(host, picker("us-east-1", "eu-west-1"), "enter") == ["eu-west-1", "us-east-1"]
    assert await press(host, picker("all"), "enter") == ["all"]


async def test_a_marked_region_that_the_list_lacks_is_kept(host: Callable[..., Any]) -> None:
    assert await press(host, picker("xx-future-9"), "enter") == ["xx-future-9"]


async def test_escape_is_no_answer(host: Callable[..., Any]) -> None:
    assert await press(host, picker(), "space", "escape") is None


async def test_it_says_what_enter_takes_and_where_the_list_is_from(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    app = host(picker(note="[/x]\x1b[2J from a list"))
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.pause()
        assert "Enter chooses each profile's own region" in text_of(app.screen)
        assert "[/x] from a list" in text_of(app.screen)
        await pilot.press(*"asia", "space")
        assert "Enter chooses 2 regions" in text_of(app.screen)
        assert "2 marked" in text_of(app.screen)
        await pilot.press(*["backspace"] * 4, "pageup", "down", "space")
        assert "Enter chooses every enabled region" in text_of(app.screen)


def test_every_known_region_lies_somewhere() -> None:
    assert [region for region in PLACES if part_of_the_world(region) == OTHER] == []
    assert part_of_the_world("us-gov-west-1") == "AWS GovCloud"
    assert part_of_the_world("us-west-1") == "United States"
    assert part_of_the_world("xx-future-9") == OTHER
    assert place("xx-future-9") == ""


async def test_how_it_looks(host: Callable[..., Any], pictures: Pictures) -> None:
    async with host(picker()).run_test() as pilot:
        await pilot.press("down", "down", "down", "space", "down")
        await pictures.compare(pilot, WIDE_AND_NARROW, BOTH_THEMES)
