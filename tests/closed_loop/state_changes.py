"""The changes from one state of the embedded AWS to another: few of its thousands of paths."""

from __future__ import annotations

State = dict[str, str]
"""A value for each path."""
Changes = dict[str, str | None]
"""The new value of each path that differs, in the order of the paths; None where the path is gone."""


def changes(before: State, after: State) -> Changes:
    """Return the paths whose values differ."""
    new: Changes = {path: value for path, value in after.items() if before.get(path) != value}
    gone = dict.fromkeys(before.keys() - after.keys())
    return dict(sorted((new | gone).items()))


def changed(before: State, by: Changes) -> State:
    """Return the state after some changes."""
    after: dict[str, str | None] = {**before, **by}
    return {path: value for path, value in after.items() if value is not None}
