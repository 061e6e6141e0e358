"""Checks where a template places values: never inside the template's own quotes.

A quoted value inside other quotes would end them, and the rest of the value would be code.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jinja2 import TemplateSyntaxError

from cloud_audit_tui.remediation.quoting import Language

if TYPE_CHECKING:
    from jinja2 import Environment

_TOKENS = {
    Language.SHELL: re.compile(r"\\.|'|\"|<<", re.DOTALL),
    Language.HCL: re.compile(r"\\.|\"|<<|#|//|\n", re.DOTALL),
}


def check_placement(environment: Environment, source: str, language: Language) -> None:
    """Raise `TemplateSyntaxError` when an expression stands inside quotes, or when there is a heredoc."""
    quote = ""
    for line, token, text in environment.lex(source):
        if token == "data":  # noqa: S105 - a kind of token
            quote = _quote_after(text, quote, language, line)
        elif token == "variable_begin" and quote not in ("", "#"):  # noqa: S105
            raise TemplateSyntaxError("a value stands inside the template's own quotes", line)
    if quote not in ("", "#"):
        raise TemplateSyntaxError(f"the template never closes {quote}", 1)


def _quote_after(text: str, quote: str, language: Language, line: int) -> str:
    for mark in _TOKENS[language].findall(text):
        if mark == "<<" and not quote:
            raise TemplateSyntaxError("a heredoc is no place for values", line)
        if mark in ("#", "//", "\n"):
            quote = quote if quote == '"' else ("" if mark == "\n" else "#")
        elif mark == quote:
            quote = ""
        elif not quote and mark in ("'", '"'):
            quote = mark
    return quote
