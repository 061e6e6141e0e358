"""Outside text made safe to show and to store: anyone who can create a resource in AWS chooses its name."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

NEWLINE_MARK = "↵"
TAB_MARK = "⇥"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# A string sequence (OSC, DCS, SOS, PM, APC) without an end loses its introducer only, so that one in a name
# cannot hide the rest of the name.
_SEQUENCE = re.compile(
    r"""
      (?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f]) [^\x07\x1b\x90\x98\x9c-\x9f]*+ (?:\x07|\x1b\\|\x9c)   # a string
    | (?:\x1b\[|\x9b) [0-?]*+ [ -/]*+ [@-~]                                                     # CSI
    | \x1b [ -/]*+ [0-~]                                                                        # the others
    """,
    re.VERBOSE,
)

_LINE_END = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")

# Controls; all format characters (bidirectional, zero-width, tags, ...); and characters without a glyph:
# fillers, joiners and variation selectors, by which two names that look equal can differ.
_INVISIBLE = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"
    "\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
    "]"
)


def plain(text: str, *, keep_newlines: bool = False) -> str:
    """Return the text without characters that move the cursor, change colors or mislead a reader.

    Line ends and tabs become visible marks, or stay as they are (line ends all as line feeds) with
    ``keep_newlines``. The result is never longer than the text, and a second pass changes nothing.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _SEQUENCE.sub("", storable(text))
    text = _LINE_END.sub("\n", text)
    text = _INVISIBLE.sub("", text)
    if keep_newlines:
        return text
    return text.replace("\n", NEWLINE_MARK).replace("\t", TAB_MARK)


LONGEST_QUOTE = 500
"""The longest foreign message that is shown whole, in characters."""


def quoted(text: str) -> str:
    """Return a foreign message as one safe line, cut after `LONGEST_QUOTE` characters."""
    line = " ".join(plain(text, keep_newlines=True).split())
    return line if len(line) <= LONGEST_QUOTE else f"{line[:LONGEST_QUOTE]}..."


def json_safe(document: bytes) -> bytes:
    r"""Return a JSON document (UTF-8) with every invisible character written as a ``\u`` escape.

    Those are C1 controls, bidirectional and other format characters, and Unicode's line ends. A reader gets
    the same strings; a terminal that shows the document gets only ASCII in their place.
    """
    if document.isascii() and b"\x7f" not in document:
        return document
    return _JSON_ESCAPED.sub(_json_escape, document.decode()).encode()


_JSON_ESCAPED = re.compile(f"{_INVISIBLE.pattern[:-1]}\u2028\u2029]")
_BASIC_PLANE_END = 0xFFFF


def _json_escape(character: re.Match[str]) -> str:
    code = ord(character[0])
    if code <= _BASIC_PLANE_END:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def storable(text: str) -> str:
    """Return the text with every lone surrogate replaced, because neither UTF-8 nor SQLite can hold one.

    Two surrogates that make a pair become the character that they stand for.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def storable_all(value: T) -> T:
    """Return a copy of JSON-ready data or of a struct in which every text is storable."""
    cleaned: Any = value
    match value:
        case str():
            cleaned = storable(value)
        case dict():
            cleaned = {storable_all(key): storable_all(item) for key, item in value.items()}
        case list():
            cleaned = [storable_all(item) for item in value]
        case tuple():
            cleaned = tuple(storable_all(item) for item in value)
        case msgspec.Struct():
            cleaned = msgspec.structs.replace(
                value, **{name: storable_all(getattr(value, name)) for name in value.__struct_fields__}
            )
    return cleaned  # type: ignore[no-any-return]
