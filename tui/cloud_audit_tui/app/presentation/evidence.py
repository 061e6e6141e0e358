"""The facts of a finding as text: policies as indented JSON, with the deciding statement marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from textual.content import Content
from textual.highlight import highlight

from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud_audit_tui.model import Finding

HIGHLIGHTED = 60_000
"""The most characters of a text that is highlighted; highlighting takes time per character."""
MARK = "◀ decides"
INDENT = 2
PROPOSED = "mended"
"""How the members begin that hold a policy as the fix writes it."""
LONGEST_POLICY = 200_000
"""The most characters of a text that is parsed as a policy."""
_STATEMENT_NAMES = ("statement", "statement_id", "statements", "sid", "Sid")
"""The members of evidence that name statements: a Sid, or ``number N`` for one without."""


def highlighted(text: str, language: str) -> Content:
    """Return a text highlighted for its language, with control characters removed."""
    safe = plain(text, keep_newlines=True)
    return highlight(safe, language=language) if len(safe) <= HIGHLIGHTED else Content(safe)


def evidence(finding: Finding) -> Content:
    """Return the facts that were read from AWS, as JSON.

    A policy that AWS returns as JSON in a string is shown as JSON. A statement of a policy that the evidence
    names as the reason, by its Sid or its number, has a mark.
    """
    facts = unpacked(finding.evidence)
    lines: list[str] = []
    marked: list[int] = []
    for text, decides in json_lines(facts, deciding_statements(facts)):
        if decides:
            marked.append(len(lines))
        lines.append(text)
    content = highlighted("\n".join(lines), "json")
    if not marked:
        return content
    split = content.split("\n", allow_blank=True)
    for index in marked:
        split[index] = Content.assemble(split[index], f"  {MARK}").stylize("bold $text-warning")
    return Content("\n").join(split)


def unpacked(value: Any) -> Any:
    """Return evidence in which every string that holds a JSON object or list is that object or list."""
    match value:
        case dict():
            return {key: unpacked(member) for key, member in value.items()}
        case list():
            return [unpacked(member) for member in value]
        case str() if value.strip()[:1] in ("{", "[") and len(value) <= LONGEST_POLICY:
            try:
                return msgspec.json.decode(value)
            except (msgspec.DecodeError, RecursionError):
                return value
        case _:
            return value


def deciding_statements(value: Any) -> frozenset[str]:
    """Return the statements that the evidence names outside its policies."""
    names: set[str] = set()
    match value:
        case dict():
            if "Statement" in value:
                return frozenset()
            for key, member in value.items():
                if key in _STATEMENT_NAMES:
                    names.update(each for each in _texts(member) if each)
                names |= deciding_statements(member)
        case list():
            for member in value:
                names |= deciding_statements(member)
    return frozenset(names)


def _texts(value: Any) -> list[str]:
    members = value if isinstance(value, list) else [value]
    return [member for member in members if isinstance(member, str)]


def json_lines(value: Any, deciding: frozenset[str], depth: int = 0) -> Iterator[tuple[str, bool]]:
    """Yield the lines of indented JSON, and whether a deciding statement begins there."""
    match value:
        case dict() if value:
            yield from _members(value.items(), "{}", deciding, depth)
        case list() if value:
            yield from _members([(None, member) for member in value], "[]", deciding, depth)
        case _:
            yield msgspec.json.encode(value).decode(), False


def _members(members: Any, brackets: str, deciding: frozenset[str], depth: int) -> Iterator[tuple[str, bool]]:
    yield brackets[0], False
    indent = " " * INDENT * (depth + 1)
    items = list(members)
    for number, (key, member) in enumerate(items, 1):
        comma = "," if number < len(items) else ""
        start = indent if key is None else f"{indent}{msgspec.json.encode(str(key)).decode()}: "
        if key == "Statement":
            rows = _statements(member, deciding, depth + 1)
        else:
            # The proposed policy has the statements of the present one, which alone decides.
            inside = frozenset() if str(key).startswith(PROPOSED) else deciding
            rows = list(json_lines(member, inside, depth + 1))
        for index, (text, decides) in enumerate(rows):
            first, last = index == 0, index == len(rows) - 1
            yield f"{start if first else ''}{text}{comma if last else ''}", decides
    yield f"{' ' * INDENT * depth}{brackets[1]}", False


def _statements(value: Any, deciding: frozenset[str], depth: int) -> list[tuple[str, bool]]:
    """Return the lines of a policy's statements, the first line of each deciding one marked."""
    if isinstance(value, dict):
        rows = list(json_lines(value, frozenset(), depth))
        return [(rows[0][0], _decides(value, 1, deciding)), *rows[1:]]
    if not isinstance(value, list) or not value:
        return list(json_lines(value, frozenset(), depth))
    lines = [("[", False)]
    for number, statement in enumerate(value, 1):
        rows = list(json_lines(statement, frozenset(), depth + 1))
        rows[0] = (" " * INDENT * (depth + 1) + rows[0][0], _decides(statement, number, deciding))
        if number < len(value):
            rows[-1] = (rows[-1][0] + ",", rows[-1][1])
        lines += rows
    return [*lines, (" " * INDENT * depth + "]", False)]


def _decides(statement: Any, number: int, deciding: frozenset[str]) -> bool:
    sid = statement.get("Sid") if isinstance(statement, dict) else None
    return f"number {number}" in deciding or (isinstance(sid, str) and sid in deciding)
