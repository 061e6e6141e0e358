"""Terraform files laid out as ``terraform fmt`` would do it.

Values in a template may take one line or many, so a template cannot place its equals signs itself.
"""

from __future__ import annotations

import re
from itertools import groupby

_ASSIGNMENT = re.compile(r'^(?P<margin> *)(?P<name>[A-Za-z_][\w-]*|"(?:\\.|[^"\\])*") *= (?P<value>.*)$')
_OPEN = ("{", "[", "(")


def aligned(text: str) -> str:
    """Return a file with the equals signs of neighbours below each other.

    Neighbours are assignments in lines of the same margin, each with its whole value. The text is one of our
    templates', in which no string and no comment takes more than a line.
    """
    lines: list[str] = []
    for margin, group in groupby(text.split("\n"), key=_margin_of_neighbours):
        if margin is None:
            lines += [_ASSIGNMENT.sub(r"\g<margin>\g<name> = \g<value>", line) for line in group]
            continue
        found = [match for line in group if (match := _ASSIGNMENT.match(line))]
        width = max(len(match["name"]) for match in found)
        lines += [f"{margin}{match['name']:<{width}} = {match['value']}" for match in found]
    return "\n".join(lines)


def _margin_of_neighbours(line: str) -> str | None:
    match = _ASSIGNMENT.match(line)
    return None if match is None or match["value"].endswith(_OPEN) else match["margin"]
