"""Values quoted as words of a POSIX-like shell: bash and zsh, in a script and in an interactive paste."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.remediation.quoting import (
    Language,
    Quoted,
    QuotingError,
    is_unseen,
    refuse_unencodable,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

READ_BY_THE_CLI = re.compile(r"(?:file|fileb|https?)://")
"""The prefix of a value that the AWS CLI would replace by the contents of a file or a URL."""
LONGEST_LINE = 1_000
"""Bytes of one line of a quoted word; a terminal in canonical mode cuts a line at 4,095 bytes."""
_BARE = re.compile(r"[A-Za-z0-9_./:@,+][A-Za-z0-9_./:=@,+-]*")
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def shell_quote(text: str) -> Quoted:
    r"""Return the text as one word for bash and zsh, on as many lines as it needs.

    The word is safe where history expansion is on: ``!``, ``'`` and invisible characters stand in it
    only as ``\xHH`` inside ``$'...'``. Raises `QuotingError` for NUL and lone surrogates, which no
    argument can hold.
    """
    refuse_unencodable(text)
    if _BARE.fullmatch(text) and len(text) <= LONGEST_LINE:
        return Quoted(text, Language.SHELL)
    is_plain = text.isascii() and text.isprintable()
    if "'" in text or "!" in text or (not is_plain and any(map(is_unseen, text))):
        return Quoted(_in_quotes("$'", map(_escape, text)), Language.SHELL)
    return Quoted(_in_quotes("'", text), Language.SHELL)


def shell_literal(value: Any) -> Quoted:
    """Return a scalar as one word for the argument of an AWS CLI option.

    Raises `QuotingError` for text that the CLI would read as a file or a URL, and for anything but
    text, numbers and booleans (use the ``json`` filter for those).
    """
    if isinstance(value, bool):
        return Quoted("true" if value else "false", Language.SHELL)
    if isinstance(value, int | float) and math.isfinite(value):
        return Quoted(repr(value), Language.SHELL)
    if not isinstance(value, str):
        raise QuotingError(f"a {type(value).__name__} is not one word of a shell script")
    if READ_BY_THE_CLI.match(value):
        raise QuotingError(f"the AWS CLI would read {value!r} as a file or an address, not as a value")
    return shell_quote(value)


def shell_json(value: Any) -> Quoted:
    """Return a value as a JSON argument in single quotes: ASCII without ``'``, ``!`` and controls.

    The quotes close and open again where a line would be too long for a terminal.
    """
    try:
        text = json.dumps(value, indent=2, ensure_ascii=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise QuotingError(f"the value cannot be written as JSON: {error}") from error
    for character in "'!\x7f":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Quoted(_in_quotes("'", text), Language.SHELL)


def _in_quotes(opening: str, parts: Iterable[str]) -> str:
    """Return the parts in quotes that start with ``opening``, reopened where a line gets too long."""
    parts = list(parts)
    whole = "".join(parts)
    if len(whole.encode()) <= LONGEST_LINE:
        return f"{opening}{whole}'"
    pieces, line, length = [], opening, 0
    for part in parts:
        size = len(part.encode())
        if length + size > LONGEST_LINE:
            pieces.append(f"{line}'")
            line, length = opening, 0
        line += part
        length = 0 if part == "\n" else length + size
    return "\\\n".join([*pieces, f"{line}'"])


def _escape(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character in "'!" or is_unseen(character):
        return "".join(f"\\x{byte:02x}" for byte in character.encode())
    return character
