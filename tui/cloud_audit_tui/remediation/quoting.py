"""Shared parts of the quoting for all languages: the languages, quoted text, and invalid text.

Anybody who can create a resource controls texts that AWS returns. A quoted value is one word of a script or
one literal of a Terraform file; it reads back as the same text, and nothing in it is invisible.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum


class Language(StrEnum):
    """A language that remediations are written in; the value is the info string of the Markdown fence."""

    SHELL = "sh"
    HCL = "hcl"


class QuotingError(ValueError):
    """A value has no faithful form in the language; the message says why."""


class Quoted(str):
    """Text that is already safe in one language, and only in that."""

    __slots__ = ("language",)
    language: Language

    def __new__(cls, text: str, language: Language) -> Quoted:
        """Mark a text as quoted for a language."""
        quoted = super().__new__(cls, text)
        quoted.language = language
        return quoted


# Letters and marks without a glyph, which `str.isprintable` accepts.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)


def quoted_in(language: Language, value: Quoted) -> Quoted:
    """Return quoted text that belongs in a language; raises `QuotingError` for text of another language."""
    if value.language is not language:
        raise QuotingError(f"text quoted for {value.language.value} does not belong in {language.value}")
    return value


def visible(text: str) -> str:
    r"""Return the text with every invisible character written as ``\xHH``, for a message to a person."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape").decode("ascii") if is_unseen(character) else character
        for character in text
    )


def is_unseen(character: str) -> bool:
    """Return whether a character is a control, a format mark (bidirectional, zero-width) or has no glyph."""
    if character.isascii():
        return not character.isprintable()
    return not character.isprintable() or _INVISIBLE.match(character) is not None


def refuse_unencodable(text: str) -> None:
    """Raise `QuotingError` for a NUL or a lone surrogate: no argument and no file can hold them."""
    if "\0" in text:
        raise QuotingError("the value contains a NUL character, which nothing can hold")
    if not text.isascii() and any(unicodedata.category(character) == "Cs" for character in text):
        raise QuotingError("the value contains half of a surrogate pair, which is not text")
