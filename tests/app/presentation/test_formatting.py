"""Ages, durations and names in words."""

from __future__ import annotations

import pytest

from cloud_audit_tui.app.presentation import formatting

NOON = 1_773_489_600.0  # 2026-03-14T12:00:00Z


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-14T11:59:30+00:00", "just now"),
        ("2026-03-14T11:55:00Z", "5 min ago"),
        ("2026-03-14T09:00:00Z", "3 h ago"),
        ("2026-03-10T12:00:00Z", "4 days ago"),
        ("", ""),
        ("yesterday", ""),
        ("1970-01-01T00:00:00+00:00", ""),
    ],
)
def test_ages(at: str, expected: str) -> None:
    assert formatting.age(at, NOON) == expected
    # What has no age has no time either.
    assert bool(formatting.local_time(at)) is bool(expected)
    assert bool(formatting.moment(at, NOON)) is bool(expected)


@pytest.mark.parametrize(("seconds", "expected"), [(0.4, "0:00"), (75, "1:15"), (3_725, "1:02:05")])
def test_durations(seconds: float, expected: str) -> None:
    assert formatting.duration(seconds) == expected


def test_names_are_made_plain_and_counted() -> None:
    assert formatting.some(["a", "b", "c", "d"]) == "a, b +2"
    assert formatting.some(["\x1b[31ma"]) == "a"
    assert formatting.regions(["all"]) == "all enabled regions"
