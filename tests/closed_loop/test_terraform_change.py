"""The changes of a plan show a reset, a replacement and an unknown value."""

from __future__ import annotations

from typing import Any

from closed_loop.terraform import change_of


def change_text(
    before: Any,
    after: Any,
    *,
    actions: tuple[str, ...] = ("update",),
    unknown: Any = None,
    imported: bool = True,
) -> str:
    change = {
        "actions": list(actions),
        "before": before,
        "after": after,
        "after_unknown": unknown or {},
        **({"importing": {"id": "x"}} if imported else {}),
    }
    return str(change_of({"address": "aws_thing.label", "change": change}))


def test_only_what_changes_is_named() -> None:
    before = {"name": "a", "size": 1, "options": [{"one": 1, "two": 2}]}
    after = {"name": "a", "size": 2, "options": [{"one": 1, "two": 3}]}
    assert change_text(before, after) == "aws_thing import update options.two size"


def test_what_becomes_unset_has_a_mark() -> None:
    assert (
        change_text({"tags": {"a": "b"}, "size": 1}, {"tags": None, "size": 1})
        == "aws_thing import update tags-"
    )
    assert change_text({"text": "why"}, {"text": ""}) == "aws_thing import update text-"
    assert change_text({"rules": [{"id": 1}]}, {"rules": []}) == "aws_thing import update rules-"


def test_nothing_in_another_form_is_no_change() -> None:
    assert change_text({"tags": None, "size": 1}, {"tags": {}, "size": 2}) == "aws_thing import update size"


def test_an_unknown_value_is_a_change() -> None:
    assert change_text({"role": "a"}, {}, unknown={"role": True}) == "aws_thing import update role?"


def test_a_document_is_compared_by_what_it_says() -> None:
    before = {"policy": '{"a": 1, "b": 2}', "size": 1}
    assert change_text(before, {"policy": '{"b":2,"a":1}', "size": 2}) == "aws_thing import update size"


def test_a_replacement_is_no_update() -> None:
    assert change_text({}, {}, actions=("delete", "create")) == "aws_thing import replace"
    assert change_text({}, {}, actions=("create", "delete")) == "aws_thing import replace"


def test_what_is_created_is_not_imported() -> None:
    assert change_text(None, {"name": "a"}, actions=("create",), imported=False) == "aws_thing create"
