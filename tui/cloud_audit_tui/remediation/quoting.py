"""Text made harmless for the language it is put into: a POSIX-like shell (bash, zsh) or Terraform's HCL.

What AWS returns is written by whoever can create a resource. A quoted value is one word of the script or
one literal of the file, reads back as exactly the same text, and shows on the screen what it is.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any


class Language(StrEnum):
    """A language that remediations are written in; the value is the word of the Markdown fence."""

    SHELL = "sh"
    HCL = "hcl"


class QuotingError(ValueError):
    """A value has no faithful form in the language; the message says why."""


class Quoted(str):
    """Text that is already safe in one language, and only there."""

    __slots__ = ("language",)
    language: Language

    def __new__(cls, text: str, language: Language) -> Quoted:
        """Mark a text as quoted for a language."""
        quoted = super().__new__(cls, text)
        quoted.language = language
        return quoted


_BARE = re.compile(r"[A-Za-z0-9_./:@,+][A-Za-z0-9_./:=@,+-]*")
_SHELL_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_HCL_ESCAPES = {**_SHELL_ESCAPES, '"': '\\"'}
READ_BY_THE_CLI = re.compile(r"(?:file|fileb|https?)://")
"""How a value begins that the AWS CLI takes for a file or an address."""
# Letters and marks that are drawn as nothing, which `str.isprintable` accepts.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
_TEMPLATE_START = re.compile(r"(\$+|%+)\{")
_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_LONGEST_LABEL = 64


def shell_quote(text: str) -> Quoted:
    r"""Return the text as one word for bash and zsh.

    Nothing depends on history expansion being off: ``!`` and ``'`` never stand in the result
    except as ``\xHH`` inside ``$'...'``, as do all characters that are not seen. Raises
    `QuotingError` for NUL and lone surrogates, which no argument can hold.
    """
    _refuse_unencodable(text)
    if _BARE.fullmatch(text):
        return Quoted(text, Language.SHELL)
    if any(character in "'!" or is_unseen(character) for character in text):
        return Quoted("$'" + "".join(map(_shell_escape, text)) + "'", Language.SHELL)
    return Quoted(f"'{text}'", Language.SHELL)


def shell_literal(value: Any) -> Quoted:
    """Return a scalar as one word for the argument of an AWS CLI option.

    Raises `QuotingError` for what the CLI would not take as it is: text that it would read as a
    file or an address, and anything but text, numbers and booleans (use the ``json`` filter).
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
    """Return a value as a JSON argument in single quotes: ASCII without ``'``, ``!`` and controls."""
    try:
        text = json.dumps(value, indent=2, ensure_ascii=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise QuotingError(f"the value cannot be written as JSON: {error}") from error
    for character in "'!\x7f":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Quoted(f"'{text}'", Language.SHELL)


def hcl_string(text: str) -> Quoted:
    """Return the text as a quoted HCL template without interpolation; raises `QuotingError` for NUL."""
    _refuse_unencodable(text)
    escaped = _TEMPLATE_START.sub(_not_a_template, "".join(map(_hcl_escape, text)))
    return Quoted(f'"{escaped}"', Language.HCL)


def hcl_literal(value: Any, indent: int = 0) -> Quoted:
    """Return a JSON-like value as an HCL expression; ``indent`` is the column of the line it stands on."""
    return Quoted(_hcl(value, indent), Language.HCL)


def hcl_label(name: str) -> Quoted:
    """Return a valid and readable Terraform label for any name; different names get different labels."""
    label = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")[:_LONGEST_LABEL]
    if not label[:1].isalpha():
        label = f"r_{label}".rstrip("_")
    if not _LABEL.fullmatch(name) or "--" in name or name.endswith("-") or len(name) > _LONGEST_LABEL:
        label += "_" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return Quoted(label, Language.HCL)


def quote_for(language: Language, value: Any) -> Quoted:
    """Return any value quoted for a language; raises `QuotingError`, also for text of the other language."""
    if isinstance(value, Quoted):
        if value.language is not language:
            raise QuotingError(f"text quoted for {value.language.value} does not belong in {language.value}")
        return value
    return shell_literal(value) if language is Language.SHELL else hcl_literal(value)


def visible(text: str) -> str:
    r"""Return the text with everything that is not seen written as ``\xHH``, for a message to a person."""
    return "".join(
        character.encode("unicode_escape").decode("ascii") if is_unseen(character) else character
        for character in text
    )


def is_unseen(character: str) -> bool:
    """Whether a character is a control, a format mark (bidirectional, zero-width ...) or drawn as nothing."""
    return not character.isprintable() or _INVISIBLE.match(character) is not None


def _refuse_unencodable(text: str) -> None:
    if "\0" in text:
        raise QuotingError("the value contains a NUL character, which nothing can hold")
    if any(unicodedata.category(character) == "Cs" for character in text):
        raise QuotingError("the value contains half of a surrogate pair, which is not text")


def _shell_escape(character: str) -> str:
    if character in _SHELL_ESCAPES:
        return _SHELL_ESCAPES[character]
    if character in "'!" or is_unseen(character):
        return "".join(f"\\x{byte:02x}" for byte in character.encode())
    return character


def _hcl_escape(character: str) -> str:
    if character in _HCL_ESCAPES:
        return _HCL_ESCAPES[character]
    if is_unseen(character):
        code = ord(character)
        return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004
    return character


def _not_a_template(start: re.Match[str]) -> str:
    signs = start[1]
    if len(signs) == 1 and "}" in start.string[start.end() :]:
        return f"{signs}{signs}{{"
    # Readers of HCL disagree about `$$${` and about an opening brace that nothing closes.
    return f"\\u{ord(signs[0]):04x}" * len(signs) + "{"


def _hcl(value: Any, indent: int) -> str:
    if isinstance(value, Quoted):
        return quote_for(Language.HCL, value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) and math.isfinite(value):
        return repr(value)
    if isinstance(value, str):
        return hcl_string(value)
    if isinstance(value, Mapping):
        return _hcl_object(value, indent)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return _hcl_list(value, indent)
    raise QuotingError(f"a {type(value).__name__} has no form in HCL")


def _hcl_list(value: Sequence[Any], indent: int) -> str:
    items = [_hcl(item, indent + 2) for item in value]
    if not any("\n" in item for item in items):
        return "[" + ", ".join(items) + "]"
    margin = " " * (indent + 2)
    return "\n".join(["[", *(f"{margin}{item}," for item in items), " " * indent + "]"])


def _hcl_object(value: Mapping[Any, Any], indent: int) -> str:
    if not value:
        return "{}"
    margin = " " * (indent + 2)
    lines = [f"{margin}{hcl_string(str(key))} = {_hcl(item, indent + 2)}" for key, item in value.items()]
    return "\n".join(["{", *lines, " " * indent + "}"])
