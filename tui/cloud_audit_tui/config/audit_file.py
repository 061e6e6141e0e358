"""Reads ``.cloud-audit.yml`` and changes its mutes without changing the rest of the file.

The format is that of cloud-audit 2.5: ``profile``, ``regions``, ``min_severity``, ``exclude_checks`` and
``suppressions`` with ``check_id``, ``resource_id``, ``reason``, ``accepted_by`` and ``expires``. Entries of
``suppressions`` may have ``account`` and ``region`` as well, which that program ignores.
"""

from __future__ import annotations

import difflib
import io
import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.config.file_text import file_text
from cloud_audit_tui.config.mutes import Mute
from cloud_audit_tui.model import Severity
from cloud_audit_tui.private_file import write_private

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

_FIELDS = {
    "check_id": "check",
    "resource_id": "resource",
    "reason": "reason",
    "accepted_by": "owner",
    "expires": "expires",
    "account": "account",
    "region": "region",
}
"""The keys of an entry in the order in which they are written, and the fields of `Mute`."""
_KEYS = ("profile", "regions", "min_severity", "exclude_checks", "suppressions")
_DAY = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)")
_NEW_MODE = 0o644
_NO_WRAP = 100_000
_SIMILAR = 0.75
_MISSPELT = 0.85
"""The similarity of a key to one of ours that excludes a key of another program, such as suppression_file."""
_ACCOUNT_DIGITS = 12
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_YAML_KEYWORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


class AuditFileError(ValueError):
    """The file cannot be used; the message names the file, the line where there is one, and what to do."""


@dataclass(frozen=True)
class AuditFile:
    """The content of the file; the value of a missing key is empty."""

    path: Path
    profile: str = ""
    regions: tuple[str, ...] = ()
    min_severity: Severity | None = None
    exclude_checks: tuple[str, ...] = ()
    mutes: tuple[Mute, ...] = ()


def load(path: Path) -> AuditFile:
    """Read the file; a missing file has no keys. Raises `AuditFileError`."""
    text = _text(path)
    return _audit_file(path, _document(path, text)) if text else AuditFile(path)


def add_mutes(path: Path, mutes: Sequence[Mute]) -> None:
    """Add mutes at the end of ``suppressions``; creates the file if it is missing.

    Every other line stays as it is. Raises `AuditFileError`, and `OSError` when the file cannot be written.
    """
    text = _text(path)
    document = _document(path, text)
    before = _audit_file(path, document)

    def change(document: CommentedMap) -> None:
        if not isinstance(document.get("suppressions"), list):
            document["suppressions"] = []
        document["suppressions"].extend(map(_entry, mutes))

    _write_first(
        path,
        replace(before, mutes=(*before.mutes, *mutes)),
        lambda: _with_lines(text, document, mutes),
        lambda: _rewritten(text, change),
    )


def remove_mutes(path: Path, mutes: Sequence[Mute]) -> None:
    """Remove mutes with the comments inside them; of equal mutes, the first.

    Raises `AuditFileError` when the file no longer has one of them, and `OSError` when it cannot be written.
    """
    text = _text(path)
    document = _document(path, text)
    before = _audit_file(path, document)
    remaining = dict(enumerate(before.mutes))
    for mute in mutes:
        number = next((number for number, each in remaining.items() if each == mute), None)
        if number is None:
            raise AuditFileError(f"{path} no longer has this mute; read it again.")
        del remaining[number]
    numbers = [number for number in range(len(before.mutes)) if number not in remaining]

    def change(document: CommentedMap) -> None:
        for number in reversed(numbers):
            del document["suppressions"][number]

    _write_first(
        path,
        replace(before, mutes=tuple(remaining.values())),
        lambda: _without_lines(text, document, numbers),
        lambda: _rewritten(text, change),
    )


def _write_first(path: Path, after: AuditFile, *candidates: Callable[[], str]) -> None:
    """Write the first candidate that reads back as ``after``.

    The first one changes lines, which keeps the layout; where that fails, as in a list within brackets, the
    next one is written by the YAML library, which keeps comments and order.
    """
    for candidate in candidates:
        text = candidate()
        try:
            reads_back = _audit_file(path, _document(path, text)) == after
        except AuditFileError:
            continue
        if reads_back:
            mode = path.stat().st_mode & 0o777 if path.exists() else _NEW_MODE
            write_private(path.resolve(), text, replace=True, mode=mode)
            return
    raise AuditFileError(f"{path} cannot be changed without a change of its meaning; edit it by hand.")


def _with_lines(text: str, document: CommentedMap, mutes: Sequence[Mute]) -> str:
    """Return the text with new mutes after its last one, or in a new list at its end."""
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    entries = document.get("suppressions")
    if not entries:
        head = ["\n"] if lines and lines[-1].strip() else []
        return "".join([*lines, *head, "suppressions:\n", *_lines_of(mutes, "  ")])
    last = _span(lines, entries, len(entries) - 1)
    indent = " " * _dash_column(entries)
    return "".join([*lines[: last.stop], *_lines_of(mutes, indent), *lines[last.stop :]])


def _without_lines(text: str, document: CommentedMap, numbers: Sequence[int]) -> str:
    lines = text.splitlines(keepends=True)
    positions = {line for number in numbers for line in _span(lines, document["suppressions"], number)}
    return "".join(line for position, line in enumerate(lines) if position not in positions)


def _dash_line(entries: CommentedSeq, number: int) -> int:
    return int(entries.lc.item(number)[0])


def _dash_column(entries: CommentedSeq) -> int:
    return int(entries.lc.col)


def _span(lines: list[str], entries: CommentedSeq, number: int) -> range:
    """Return the lines of an entry: to the next one that is not indented more than its dash."""
    start = _dash_line(entries, number)
    stop = start + 1
    for position in range(start + 1, len(lines)):
        line = lines[position]
        if line.strip():
            if len(line) - len(line.lstrip(" ")) <= _dash_column(entries):
                break
            stop = position + 1
    return range(start, stop)


def _lines_of(mutes: Sequence[Mute], indent: str) -> list[str]:
    out = io.StringIO()
    _yaml().dump(list(map(_entry, mutes)), out)
    return [f"{indent}{line}" for line in out.getvalue().splitlines(keepends=True)]


def _rewritten(text: str, change: Callable[[CommentedMap], None]) -> str:
    yaml = _yaml()
    document = yaml.load(text) or yaml.map()
    change(document)
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue()


def _text(path: Path) -> str:
    return file_text(path, AuditFileError, too_large="; remove expired mutes")


def _yaml() -> YAML:
    # The YAML library takes a quarter of a second to import, and most runs have no file.
    from ruamel.yaml import YAML  # noqa: PLC0415

    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = _NO_WRAP
    yaml.allow_duplicate_keys = False
    return yaml


def _document(path: Path, text: str) -> CommentedMap:
    from ruamel.yaml.comments import CommentedMap  # noqa: PLC0415
    from ruamel.yaml.error import MarkedYAMLError, YAMLError  # noqa: PLC0415

    try:
        document = _yaml().load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark is not None else ""
        raise AuditFileError(f"{path}{line}: this is not YAML: {error.problem or error.context}.") from None
    except RecursionError:
        raise AuditFileError(f"{path}: the file is nested too deeply.") from None
    except (YAMLError, ValueError) as error:
        for number, day in _impossible_days(_yaml().compose(text)):
            raise AuditFileError(
                f"{path}, line {number}: there is no day {day}; write a day such as 2026-12-31."
            ) from None
        raise AuditFileError(f"{path}: this is not YAML ({type(error).__name__}).") from None
    if document is None:
        return CommentedMap()
    if not isinstance(document, CommentedMap):
        raise AuditFileError(
            f"{path}: the file must be a mapping with keys such as suppressions, not a list or plain text."
        )
    return document


def _impossible_days(root: Any) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each date in a YAML document that no calendar has."""
    nodes, seen = [root], set()
    while nodes:
        node = nodes.pop()
        # An alias stands for the same node, which may contain itself.
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node.value, list):
            for child in reversed(node.value):
                nodes += reversed(child) if isinstance(child, tuple) else [child]
        elif match := _DAY.match(node.value):
            try:
                date(*map(int, match.groups()))
            except ValueError:
                yield node.start_mark.line + 1, match[0]


def _audit_file(path: Path, document: CommentedMap) -> AuditFile:
    for key in document:
        # A misspelt key would be ignored; any other unknown key may belong to another program.
        if key not in _KEYS and (close := difflib.get_close_matches(str(key), _KEYS, 1, _MISSPELT)):
            raise _error(path, document, str(key), f"there is no such key; did you mean {close[0]}")
    severity = document.get("min_severity")
    try:
        min_severity = Severity(str(severity).lower()) if severity is not None else None
    except ValueError:
        raise _error(
            path, document, "min_severity", f"use one of {', '.join(each.value for each in Severity)}"
        ) from None
    return AuditFile(
        path=path,
        profile=_one_text(path, document, "profile"),
        regions=_texts(path, document, "regions"),
        min_severity=min_severity,
        exclude_checks=_texts(path, document, "exclude_checks"),
        mutes=tuple(_mutes(path, document)),
    )


def _error(path: Path, holder: CommentedMap, key: str, problem: str) -> AuditFileError:
    return AuditFileError(f"{path}, line {_line(holder, key)}: {key}: {problem}.")


def _line(holder: CommentedMap, key: str) -> int:
    position = (holder.lc.data or {}).get(key)
    return int(position[0] if position else holder.lc.line or 0) + 1


def _one_text(path: Path, document: CommentedMap, key: str) -> str:
    value = document.get(key)
    if value is None:
        return ""
    if isinstance(value, (dict, list)):
        raise _error(path, document, key, "write one value")
    return str(value)


def _texts(path: Path, document: CommentedMap, key: str) -> tuple[str, ...]:
    value = document.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or any(isinstance(each, (dict, list)) or each is None for each in value):
        raise _error(path, document, key, "write a list of strings, such as [us-east-1]")
    return tuple(str(each) for each in value)


def _mutes(path: Path, document: CommentedMap) -> Iterable[Mute]:
    entries: CommentedSeq | None = document.get("suppressions")
    if entries is None:
        return
    if not isinstance(entries, list):
        raise _error(path, document, "suppressions", "write a list of entries that begin with - check_id")
    for number in range(len(entries)):
        entry: Any = entries[number]
        if not isinstance(entry, dict):
            line = _dash_line(entries, number) + 1
            raise AuditFileError(
                f"{path}, line {line}: write keys such as check_id in this entry of suppressions."
            )
        yield _mute(path, entry)  # type: ignore[arg-type]


def _mute(path: Path, entry: CommentedMap) -> Mute:
    for key in entry:
        # A misspelt scope would widen the mute; any other unknown key may belong to another program.
        if key not in _FIELDS and (close := difflib.get_close_matches(str(key), _FIELDS, 1, _SIMILAR)):
            raise _error(path, entry, str(key), f"there is no such key; did you mean {close[0]}")
    values = {name: _one_text(path, entry, key) for key, name in _FIELDS.items() if key != "expires"}
    for key in ("check_id", "reason"):
        if not values[_FIELDS[key]]:
            where = f"{path}, line {int(entry.lc.line or 0) + 1}"
            raise AuditFileError(f"{where}: an entry of suppressions needs a {key}.")
    if values["account"].isdecimal():
        values["account"] = values["account"].zfill(_ACCOUNT_DIGITS)
    return Mute(
        check=values["check"],
        reason=values["reason"],
        resource=values["resource"] or None,
        account=values["account"] or None,
        region=values["region"] or None,
        owner=values["owner"],
        expires=_date(path, entry),
    )


def _date(path: Path, entry: CommentedMap) -> date | None:
    value = entry.get("expires")
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise _error(path, entry, "expires", "write a day such as 2026-12-31") from None


def _entry(mute: Mute) -> dict[str, Any]:
    entry: dict[str, Any] = {}
    for key, name in _FIELDS.items():
        value: Any = getattr(mute, name)
        if value:
            entry[key] = value if isinstance(value, date) else _scalar(value)
    return entry


def _scalar(text: str) -> str:
    """Return a YAML scalar that every reader parses as a string; quoted unless it is plainly one."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString  # noqa: PLC0415

    is_plain = _PLAIN.fullmatch(text) and text.lower() not in _YAML_KEYWORDS
    return text if is_plain else DoubleQuotedScalarString(text)
