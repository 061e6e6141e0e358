"""One declaration of each key, for the footer, the help and a user's keymap."""

from collections import Counter
from typing import ClassVar

import pytest
from textual.app import App
from textual.binding import Binding, BindingType

from cloud_audit_tui.app.keymap import (
    CONTEXTS,
    MAIN_KEYS,
    PICKER_KEYS,
    Key,
    bindings,
    key_names,
    keymap_faults,
    moving_keys,
    rebound,
)
from each_row import each_row

ALL_KEYS = [key for _, keys in CONTEXTS for key in keys]


@pytest.mark.parametrize(("context", "keys"), CONTEXTS, ids=[name for name, _ in CONTEXTS])
def test_no_key_does_two_things_in_one_context(context: str, keys: tuple[Key, ...]) -> None:
    pressed = Counter(binding.key for binding in Binding.make_bindings(bindings(keys)))
    assert [key for key, times in pressed.items() if times > 1] == []


def test_every_key_says_what_it_does() -> None:
    with each_row() as row:
        for key in ALL_KEYS:
            with row(key.id):
                assert key.label
                assert key.tooltip
                assert key.group


def test_ids_are_unique_so_that_a_keymap_can_name_each() -> None:
    assert [id_ for id_, times in Counter(key.id for key in ALL_KEYS).items() if times > 1] == []


def test_the_main_screen_has_the_keys_that_were_promised() -> None:
    keys = {key.id: key.keys for key in MAIN_KEYS}
    assert keys["copy_cli"] == "c"
    assert keys["copy_terraform"] == "t"
    assert keys["pick_profiles"] == "p"
    assert keys["quit"] == "q,ctrl+q"
    assert {keys[f"show_{tab}"] for tab in ("explanation", "cli", "terraform", "evidence")} == set("1234")


def test_no_letter_is_taken_from_the_filter_of_a_picker() -> None:
    assert [key.keys for key in PICKER_KEYS if any(len(one) == 1 for one in key.keys.split(","))] == []


def test_keys_are_written_as_people_know_them() -> None:
    assert key_names("ctrl+d,up,escape,question_mark,slash,G,shift+tab") == [
        "^d",
        "↑",
        "esc",
        "?",
        "/",
        "G",
        "shift+tab",
    ]


async def test_a_users_keymap_moves_a_key() -> None:
    class Bound(App[None]):
        BINDINGS: ClassVar[list[BindingType]] = [
            *bindings([Key("scan", "r", "scan", "Scan", "Scan now", "Scan")])
        ]
        scanned = 0

        def action_scan(self) -> None:
            self.scanned += 1

    app = Bound()
    async with app.run_test() as pilot:
        app.set_keymap({"scan": "f5"})
        await pilot.press("r")
        assert app.scanned == 0
        await pilot.press("f5")
        assert app.scanned == 1


def test_the_help_sees_a_users_keymap() -> None:
    moved = rebound(MAIN_KEYS, {"scan": "f5"})
    assert next(key.keys for key in moved if key.id == "scan") == "f5"
    assert next(key.keys for key in moved if key.id == "copy_cli") == "c"


def test_the_keymap_of_the_program_has_no_fault() -> None:
    assert keymap_faults({}) == []
    for key in ("f5", "ctrl+shift+f5", "alt+k", "K", "slash", "+", "ctrl+underscore", "é", "question_mark"):
        assert "there is no key" not in str(keymap_faults({"scan": key})), key
    assert keymap_faults({"scan": "f5"}) == []


@pytest.mark.parametrize(
    ("keymap", "words"),
    [
        ({"scna": "f5"}, "there is no such action"),
        ({"scan": ""}, "name at least one"),
        ({"scan": "c"}, "'c' would run both 'copy_cli' and 'scan'; choose another key for one of them"),
        ({"scan": "?"}, "'question_mark' would run both"),
        ({"scan": "no such key"}, "there is no key 'no such key'"),
        ({"scan": "f5,cmd+k"}, "there is no key 'cmd+k'"),
    ],
)
def test_a_fault_in_a_keymap_is_said_of_its_entry(keymap: dict[str, str], words: str) -> None:
    assert [entry for entry, fault in keymap_faults(keymap) if words in fault] == list(keymap)


def test_a_key_that_does_more_than_move_somewhere_is_no_moving_key() -> None:
    assert {"j", "k", "down", "up", "pagedown"} <= moving_keys({})
    assert not {"space", "enter", "slash", "G"} & moving_keys({})
    assert "k" not in moving_keys({"scan": "k"})
