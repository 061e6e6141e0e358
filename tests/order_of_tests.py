"""In which order a run with several workers gets its tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


def shares(others: Sequence[T], longest: Sequence[T], workers: int) -> list[T]:
    """Return all in an order whose equal parts, one for each worker, begin with a fair share of the longest.

    At first `pytest-xdist` gives each worker the tests that are left, divided by the workers that are left.
    """
    total = len(others) + len(longest)
    rest = iter(others)
    ordered: list[T] = []
    for number in range(workers):
        first = longest[number::workers]
        size = (total - len(ordered)) // (workers - number)
        ordered += first
        ordered += [item for _, item in zip(range(size - len(first)), rest, strict=False)]
    return ordered
