"""The longest tests of a run begin it, on all workers."""

from __future__ import annotations

from each_row import each_row
from order_of_tests import shares


def test_each_test_is_there_once_and_each_worker_begins_with_long_ones() -> None:
    with each_row() as row:
        for workers in (1, 2, 4):
            for others, longest in ((0, 0), (0, 5), (3, 5), (10, 0), (10, 1), (11, 6), (12, 2)):
                with row((workers, others, longest)):
                    ordered = shares(range(others), range(100, 100 + longest), workers)
                    assert sorted(ordered) == [*range(others), *range(100, 100 + longest)]
                    parts, rest = [], ordered
                    for number in range(workers):
                        size = len(rest) // (workers - number)
                        parts.append(rest[:size])
                        rest = rest[size:]
                    if others >= workers:
                        counts = [sum(item >= 100 for item in part) for part in parts]
                        assert sum(counts) == longest
                        assert max(counts) - min(counts) <= 1
                    for part in parts:
                        are_long = [item >= 100 for item in part]
                        assert are_long == sorted(are_long, reverse=True)
                    assert [item for item in ordered if item < 100] == list(range(others))
