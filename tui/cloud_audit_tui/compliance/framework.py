"""A compliance framework: its controls, and how far the checks cover each."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

import msgspec

COLUMNS = ("control", "title", "kind", "coverage", "checks", "related", "limits")
"""The columns of a framework's file, in their order."""


class Coverage(StrEnum):
    """How far the checks cover a control.

    `WHOLE`: when every check of the control passes on every resource in scope, the control is met. `PART`:
    a failure shows that the control is not met, a pass does not show that it is. `NONE`: no check looks.
    """

    WHOLE = "whole"
    PART = "part"
    NONE = "none"


class Control(msgspec.Struct, frozen=True):
    """One control of a framework.

    ``checks`` are the ids of the checks that the coverage rests on; ``related`` those that concern the
    control without proving anything about it. ``kind`` says who can judge the control: a program or a person.
    ``title`` may be empty. ``limits`` says what the checks do not cover.
    """

    id: str
    title: str
    kind: str
    coverage: Coverage
    checks: tuple[str, ...]
    related: tuple[str, ...] = ()
    limits: str = ""


class Framework(msgspec.Struct, frozen=True):
    """A framework in one version; ``id`` is the name of its file, ``filter_key`` its key in filters."""

    id: str
    name: str
    version: str
    filter_key: str
    controls: tuple[Control, ...]


class FrameworkError(ValueError):
    """The file of a framework is invalid; the message names the line."""


def parse(framework_id: str, text: str) -> Framework:
    """Return the framework in a file's text.

    The first lines are ``name``, ``version`` and, where the filter has a shorter key than the id, ``filter``,
    each with its value. Then come an empty line, the column names and one line for each control,
    tab-separated; ``checks`` and ``related`` are ids with commas between them. Raises `FrameworkError`.
    """
    lines = text.splitlines()
    try:
        name, version = (_value(lines[index], key) for index, key in enumerate(("name", "version")))
        with_key = bool(lines[2])
        filter_key = _value(lines[2], "filter") if with_key else framework_id
        heading = 4 if with_key else 3
        header = tuple(lines[heading].split("\t"))
    except IndexError:
        raise FrameworkError(f"{framework_id}: the file ends before its first control") from None
    if header != COLUMNS:
        raise FrameworkError(f"{framework_id}, line {heading + 1}: the columns are not {', '.join(COLUMNS)}")
    controls = tuple(
        _control(framework_id, number, line)
        for number, line in enumerate(lines[heading + 1 :], start=heading + 2)
    )
    ids = Counter(control.id for control in controls)
    for control_id, times in ids.items():
        if times > 1:
            raise FrameworkError(f"{framework_id}: the control {control_id} is there twice")
    return Framework(framework_id, name, version, filter_key, controls)


def _value(line: str, key: str) -> str:
    name, _, value = line.partition("\t")
    if name != key or not value:
        raise FrameworkError(f"the line {key!r} is missing")
    return value


def _control(framework_id: str, number: int, line: str) -> Control:
    cells = line.split("\t")
    if len(cells) != len(COLUMNS):
        raise FrameworkError(f"{framework_id}, line {number}: {len(cells)} cells, not {len(COLUMNS)}")
    control_id, title, kind, coverage, checks, related, limits = cells
    try:
        covered = Coverage(coverage)
    except ValueError:
        raise FrameworkError(
            f"{framework_id}, line {number}: the coverage {coverage!r} is not whole, part or none"
        ) from None
    return Control(control_id, title, kind, covered, _ids(checks), _ids(related), limits)


def _ids(cell: str) -> tuple[str, ...]:
    return tuple(cell.split(",")) if cell else ()
