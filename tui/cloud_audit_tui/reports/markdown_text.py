"""Untrusted text inside Markdown."""

from __future__ import annotations

import re

from cloud_audit_tui.text import plain

_SPECIAL = re.compile(r"[\\`*_\[\]<>#|~&$]")
_LINKED = re.compile(r"@|:(?=//)|(?<=www)\.", re.IGNORECASE)
_BACKTICKS = re.compile(r"`+")


def escaped(text: str) -> str:
    """Return a text as one line of Markdown that shows it literally: no markup, HTML, link or mention.

    It must not stand at the beginning of a line, where a dash or a number would make it a list.
    """
    text = _SPECIAL.sub(r"\\\g<0>", plain(text))
    return _LINKED.sub(lambda match: f"&#{ord(match[0])};", text)


def fenced(code: str, language: str) -> str:
    """Return code as a fenced block that nothing in the code can close."""
    longest = max(map(len, _BACKTICKS.findall(code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{plain(code, keep_newlines=True).rstrip()}\n{fence}"
