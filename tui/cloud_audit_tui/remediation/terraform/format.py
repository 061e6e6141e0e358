"""Formats Terraform files like ``terraform fmt``.

A value may take one line or several, so a template cannot align its own equals signs.
"""

from __future__ import annotations

import re
from itertools import groupby

_ASSIGNMENT = re.compile(r'^(?P<margin> *)(?P<name>[A-Za-z_][\w-]*|"(?:\\.|[^"\\])*") *= (?P<value>.*)$')
_OPEN = ("{", "[", "(")


def aligned(text: str) -> str:
    """Return a file with the equals signs of neighbors aligned.

    Neighbours are consecutive assignments with the same margin and a value on the same line. The text comes
    from a template of this project: no string and no comment in it takes more than one line.
    """
    lines: list[str] = []
    for margin, group in groupby(text.split("\n"), key=_margin_of_neighbors):
        if margin is None:
            lines += [_ASSIGNMENT.sub(r"\g<margin>\g<name> = \g<value>", line) for line in group]
            continue
        assignments = [match for line in group if (match := _ASSIGNMENT.match(line))]
        width = max(len(match["name"]) for match in assignments)
        lines += [f"{margin}{match['name']:<{width}} = {match['value']}" for match in assignments]
    return "\n".join(lines)


def _margin_of_neighbors(line: str) -> str | None:
    match = _ASSIGNMENT.match(line)
    return None if match is None or match["value"].endswith(_OPEN) else match["margin"]
