"""Reads the settings in ``config.toml``; an error names the file and the line.

The program never writes this file. What the app remembers is in its data directory.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.config.file_text import file_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

_SIMILAR = 0.6
_BYTE_ORDER_MARK = "\ufeff"


class SettingsError(ValueError):
    """The settings cannot be used; the message names the file, the line and what to write instead."""


@dataclass(frozen=True)
class Settings:
    """The user's settings; a missing setting has its default.

    ``theme`` is a theme's name, empty for the default. When a scan of more than half a minute ends, ``bell``
    rings and ``notify`` asks the terminal for a desktop notification. ``keep_scans`` and ``keep_days`` limit
    the stored scans, ``None`` for the default. ``groups`` maps a name to profiles. ``keys`` maps the id of an
    action to its keys, separated by commas. ``text`` is the file's content, from which an error takes its
    line.
    """

    path: Path
    theme: str = ""
    bell: bool = False
    notify: bool = False
    keep_scans: int | None = None
    keep_days: int | None = None
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    text: str = ""

    def error(self, table: str, key: str, problem: str) -> SettingsError:
        """Return the error for a value that only another package can check, such as a theme's name."""
        return _error(self.path, self.text, table, key, problem)

    def check_names(self, table: str, names: Iterable[str], allowed: Iterable[str], what: str) -> None:
        """Raise `SettingsError` for the first name that is not allowed; ``what`` is its noun."""
        choices = list(allowed)
        for name in names:
            if name not in choices:
                problem = f"there is no {what} {name!r}{_suggestion(name, choices)}"
                raise self.error(table, name, problem)

    def group(self, name: str) -> tuple[str, ...]:
        """Return the profiles of a group; raises `SettingsError` if there is no such group."""
        if name in self.groups:
            return self.groups[name]
        hint = _suggestion(name, self.groups) if self.groups else "; it has no group at all"
        raise SettingsError(f"{self.path} has no group {name!r}{hint}.")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("write a text in quotes")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("write true or false")
    return value


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise TypeError("write a whole number, 1 or more")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(each, str) and each for each in value):
        raise TypeError('write a list of names, such as ["prod", "staging"]')
    return tuple(dict.fromkeys(value))


def _keys(value: Any) -> str:
    keys = value if isinstance(value, list) else [value]
    if not keys or not all(isinstance(each, str) and each.strip() for each in keys):
        raise TypeError('write a key such as "x" or "ctrl+x", or a list of keys')
    return ",".join(keys)


_FIXED: dict[str, dict[str, tuple[str, Callable[[Any], Any]]]] = {
    "app": {"theme": ("theme", _text), "bell": ("bell", _flag), "notify": ("notify", _flag)},
    "store": {"keep_scans": ("keep_scans", _count), "keep_days": ("keep_days", _count)},
}
"""Table, key, the field of `Settings`, and the reader of the value."""
_FREE: dict[str, Callable[[Any], Any]] = {"groups": _texts, "keys": _keys}
"""Tables whose keys the user or another package defines, and the reader of their values."""
TABLES = (*_FIXED, *_FREE)


def load(path: Path) -> Settings:
    """Read the settings; a missing file sets nothing. Raises `SettingsError`."""
    # Some editors begin a file with this mark, which is no TOML.
    text = file_text(path, SettingsError).removeprefix(_BYTE_ORDER_MARK)
    if not text:
        return Settings(path=path)
    # Imported here: the first frame waits for the settings, and most users have none.
    import tomllib  # noqa: PLC0415

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(_with_place(path, str(error))) from None
    except RecursionError:
        raise SettingsError(f"{path}: the file is nested too deeply.") from None
    values: dict[str, Any] = {}
    for table, content in document.items():
        if table not in TABLES:
            problem = f"there is no table {table!r}{_suggestion(table, TABLES)}"
            raise _error(path, text, "", table, problem)
        if not isinstance(content, dict):
            raise _error(path, text, "", table, f"this must be a table: write [{table}] on a line of its own")
        if table in _FREE:
            values[table] = {
                key: _value(path, text, (table, key), value, _FREE[table]) for key, value in content.items()
            }
            continue
        for key, value in content.items():
            if key not in _FIXED[table]:
                problem = f"there is no such setting{_suggestion(key, _FIXED[table])}"
                raise _error(path, text, table, key, problem)
            name, read = _FIXED[table][key]
            values[name] = _value(path, text, (table, key), value, read)
    return Settings(path=path, text=text, **values)


def _value(path: Path, text: str, where: tuple[str, str], value: Any, read: Callable[[Any], Any]) -> Any:
    try:
        return read(value)
    except TypeError as error:
        raise _error(path, text, *where, str(error)) from None


def _error(path: Path, text: str, table: str, key: str, problem: str) -> SettingsError:
    name = f"[{table}] {key}" if table else key
    return SettingsError(f"{path}, line {_line(text, table, key)}: {name}: {problem}.")


_HEADER = re.compile(r"\s*\[\s*(?P<name>[^\]]+?)\s*\]\s*(?:#.*)?")
_KEY = re.compile(r"\s*(?P<quote>[\"']?)(?P<name>[^=\"']+?)(?P=quote)\s*=.*")


def _line(text: str, table: str, key: str) -> int:
    """Return the line of a key, else that of its table, else 1, because tomllib gives no positions."""
    current, of_table = "", 1
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.fullmatch(line):
            current = header["name"].strip("\"'")
            if current == table or (not table and current == key):
                of_table = number
        elif match := _KEY.fullmatch(line):
            name = match["name"].strip()
            if (current == table and name == key) or (not current and name == f"{table}.{key}"):
                return number
    return of_table


def _with_place(path: Path, message: str) -> str:
    """Return tomllib's message with the file and line before it."""
    match = re.fullmatch(r"(?P<what>.*) \(at line (?P<line>\d+), column \d+\)", message)
    if match:
        return f"{path}, line {match['line']}: this is not TOML: {match['what'].lower()}."
    return f"{path}: this is not TOML: {message}."


def _suggestion(name: str, choices: Iterable[str]) -> str:
    names = sorted(choices)
    close = difflib.get_close_matches(name, names, 1, _SIMILAR)
    return f"; did you mean {close[0]}" if close else f"; there are {', '.join(names)}"
