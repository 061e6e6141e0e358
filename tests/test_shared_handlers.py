"""Copies of botocore's handlers share their nodes, and none sees what another changes."""

from __future__ import annotations

import copy
from typing import Any

from botocore.hooks import HierarchicalEmitter


def called(emitter: HierarchicalEmitter, event: str = "before.call.s3") -> list[Any]:
    return [response for _, response in emitter.emit(event)]


def handler(name: str) -> Any:
    return lambda **_: name


def test_a_copy_and_its_original_change_apart() -> None:
    one, two, three = map(handler, ("one", "two", "three"))
    original = HierarchicalEmitter()
    original.register("before.call", one)
    first = copy.copy(original)
    first.register("before.call", two)
    original.register("before.call.s3", three)
    assert (called(original), called(first)) == (["three", "one"], ["one", "two"])
    second = copy.copy(first)
    second.unregister("before.call", one)
    second.register_first("before.*.s3", three)
    assert (called(first), called(second)) == (["one", "two"], ["three", "two"])
    first.unregister("before.call", two)
    assert (called(original), called(first)) == (["three", "one"], ["one"])
    assert called(second) == ["three", "two"]


def test_what_is_removed_from_a_copy_stays_in_its_original() -> None:
    one = handler("one")
    original = HierarchicalEmitter()
    original.register("before.call.s3", one)
    first = copy.copy(original)
    first.unregister("before.call.s3", one)
    first.unregister("before.no-such", one)
    assert (called(original), called(first)) == (["one"], [])
    original.unregister("before.call.s3", one)
    assert called(original) == []
