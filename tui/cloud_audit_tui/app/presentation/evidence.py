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
"""The prefix of members that hold a policy as the fix writes it."""
LONGEST_POLICY = 200_000
"""The most characters of a text that is parsed as a policy."""
_STATEMENT_NAMES = ("statement", "statement_id", "statements", "sid", "Sid")
"""Members that name statements, by a Sid or ``number N``, in evidence that has no member ``deciding``."""


def highlighted(text: str, language: str) -> Content:
    """Return a text highlighted for its language, with control characters removed."""
    safe = plain(text, keep_newlines=True)
    return highlight(safe, language=language) if len(safe) <= HIGHLIGHTED else Content(safe)


def evidence(finding: Finding) -> Content:
    """Return the facts that were read from AWS, as JSON.

    A policy that AWS returns as JSON in a string is shown as JSON. A statement that decides the verdict has a
    mark, also in its policy if the evidence contains that.
    """
    facts = evidence_tree(finding.evidence)
    lines: list[str] = []
    marked: list[int] = []
    for text, decides in json_lines(facts, {id(one) for one in deciding_statements(facts)}):
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


def evidence_tree(value: Any) -> Any:
    """Return evidence with every string that holds a JSON object or list replaced by its parsed value."""
    match value:
        case dict():
            return {key: evidence_tree(member) for key, member in value.items()}
        case list():
            return [evidence_tree(member) for member in value]
        case str() if value.strip()[:1] in ("{", "[") and len(value) <= LONGEST_POLICY:
            try:
                return msgspec.json.decode(value)
            except (msgspec.DecodeError, RecursionError):
                return value
        case _:
            return value


def deciding_statements(facts: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the deciding statements of an `evidence_tree`, as the same objects."""
    statements = facts.get("deciding")
    if isinstance(statements, list):
        return [
            statement
            for one in statements
            if isinstance(one, dict)
            for statement in (one.get("content"), _in_document(facts, one))
            if isinstance(statement, dict)
        ]
    return list(_of_names(facts, _names(facts)))


def _in_document(facts: dict[str, Any], deciding: dict[str, Any]) -> Any:
    """Return the statement that an entry of ``deciding`` names by its number in a member of the evidence."""
    place, number = deciding.get("document"), deciding.get("number")
    policy: Any = facts
    for key in place if isinstance(place, list) else [place]:
        policy = policy.get(key) if isinstance(policy, dict) and isinstance(key, str) else None
    statements = _statements(policy)
    return statements[number - 1] if isinstance(number, int) and 0 < number <= len(statements) else None


def _statements(policy: Any) -> list[Any]:
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    return statements if isinstance(statements, list) else [statements]


def _names(value: Any) -> frozenset[str]:
    """Return the names of statements in the evidence outside its policies."""
    names: set[str] = set()
    match value:
        case dict():
            if "Statement" in value:
                return frozenset()
            for key, member in value.items():
                if key in _STATEMENT_NAMES:
                    names.update(each for each in _texts(member) if each)
                names |= _names(member)
        case list():
            for member in value:
                names |= _names(member)
    return frozenset(names)


def _texts(value: Any) -> list[str]:
    members = value if isinstance(value, list) else [value]
    return [member for member in members if isinstance(member, str)]


def _of_names(value: Any, names: frozenset[str]) -> Iterator[dict[str, Any]]:
    """Yield the statements with these names in every policy except the proposed ones."""
    match value:
        case dict() if "Statement" in value:
            for number, statement in enumerate(_statements(value), 1):
                if isinstance(statement, dict) and _is_named(statement, number, names):
                    yield statement
        case dict():
            for key, member in value.items():
                # A proposed policy repeats statements of the present one, and only the present one decides.
                if not str(key).startswith(PROPOSED):
                    yield from _of_names(member, names)
        case list():
            for member in value:
                yield from _of_names(member, names)


def _is_named(statement: dict[str, Any], number: int, names: frozenset[str]) -> bool:
    sid = statement.get("Sid")
    return f"number {number}" in names or (isinstance(sid, str) and sid in names)


def json_lines(value: Any, deciding: set[int], depth: int = 0) -> Iterator[tuple[str, bool]]:
    """Yield the lines of indented JSON, True where an object begins whose `id` is in ``deciding``."""
    match value:
        case dict() if value:
            yield from _members(value.items(), "{}", deciding, depth, decides=id(value) in deciding)
        case list() if value:
            yield from _members([(None, member) for member in value], "[]", deciding, depth)
        case _:
            yield msgspec.json.encode(value).decode(), False


def _members(
    members: Any, brackets: str, deciding: set[int], depth: int, *, decides: bool = False
) -> Iterator[tuple[str, bool]]:
    yield brackets[0], decides
    indent = " " * INDENT * (depth + 1)
    items = list(members)
    for number, (key, member) in enumerate(items, 1):
        comma = "," if number < len(items) else ""
        start = indent if key is None else f"{indent}{msgspec.json.encode(str(key)).decode()}: "
        rows = list(json_lines(member, deciding, depth + 1))
        for index, (text, marked) in enumerate(rows):
            first, last = index == 0, index == len(rows) - 1
            yield f"{start if first else ''}{text}{comma if last else ''}", marked
    yield f"{' ' * INDENT * depth}{brackets[1]}", False
