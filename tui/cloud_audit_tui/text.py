"""Text from AWS made safe to look at: names are written by whoever can create a resource."""

from __future__ import annotations

import re

NEWLINE_MARK = "↵"
TAB_MARK = "⇥"
SURROGATE_MARK = "�"

# A string sequence (OSC, DCS, SOS, PM, APC) that nothing ends loses its introducer only: whoever writes one
# into a name shall not make the rest of the name vanish.
_SEQUENCE = re.compile(
    r"""
      (?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f]) [^\x07\x1b\x90\x98\x9c-\x9f]*+ (?:\x07|\x1b\\|\x9c)   # a string
    | (?:\x1b\[|\x9b) [0-?]*+ [ -/]*+ [@-~]                                                     # CSI
    | \x1b [ -/]*+ [0-~]                                                                        # the others
    """,
    re.VERBOSE,
)

_LINE_END = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")

_SURROGATE = re.compile("[\ud800-\udfff]")

# Controls; all format characters (bidirectional, zero-width, tags, ...); and the characters that are drawn as
# nothing: fillers, joiners and variation selectors, in which two equal-looking names can differ.
_UNSEEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"
    "\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
    "]"
)


def plain(text: str, *, keep_newlines: bool = False) -> str:
    """Return the text without anything that could move the cursor, change colours or deceive the eye.

    Line ends and tabs become visible marks, or stay as they are (line ends all as line feeds) with
    ``keep_newlines``. The result is never longer than the text, and a second pass changes nothing.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _SEQUENCE.sub("", text)
    text = _LINE_END.sub("\n", text)
    text = _UNSEEN.sub("", text)
    text = _SURROGATE.sub(SURROGATE_MARK, text)
    if keep_newlines:
        return text
    return text.replace("\n", NEWLINE_MARK).replace("\t", TAB_MARK)


_ESCAPED = re.compile(
    "[\ud800-\udfff\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]"
)


def json_safe(text: str) -> str:
    r"""Return a text that any JSON writer can encode and no terminal or reader is deceived by.

    A surrogate that stands alone, which UTF-8 cannot hold, becomes a visible mark. C1 controls, delete, line
    separators and bidirectional characters become their escapes as visible text, such as ``\u202e``, since
    `json` and `msgspec` leave them as they are. C0 controls stay: every JSON writer escapes them. A text
    without any of these is returned as it is.
    """
    if text.isascii() and "\x7f" not in text:
        return text
    return _ESCAPED.sub(_visible, text)


def _visible(found: re.Match[str]) -> str:
    return SURROGATE_MARK if _SURROGATE.match(found[0]) else f"\\u{ord(found[0]):04x}"


def json_safe_value(value: object) -> object:
    """Return a value of JSON with `json_safe` applied to each of its texts, the keys too."""
    if isinstance(value, str):
        return json_safe(value)
    if isinstance(value, dict):
        return {json_safe_value(key): json_safe_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_safe_value(item) for item in value]
    return value


LONGEST_QUOTE = 500
"""Characters of a foreign message that are worth showing."""


def quoted(text: str) -> str:
    """Return a foreign message as one harmless line of a bearable length."""
    line = " ".join(plain(text, keep_newlines=True).split())
    return line if len(line) <= LONGEST_QUOTE else f"{line[:LONGEST_QUOTE]}..."
