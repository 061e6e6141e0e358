"""Redacts secrets in the output of programs."""

from __future__ import annotations

import re

REDACTED = "[redacted]"

_NAMED = re.compile(
    r"""(?ix)
    (?<! [\w.-] )
    ( ["']? [\w.-]* (?: secret | token | passw(?:or)?d | passphrase | credential | api_?key | access_?key
                      | private_?key | authorization | cookie ) [\w.-]* ["']?
      \s* [:=] \s* (?: bearer \s+ | basic \s+ )? )
    ( "[^"]*" | '[^']*' | [^\s,;}]+ )
    """
)
_IN_URL = re.compile(r"(?<=://)[^/\s@]+(?=@)")
_KEY_ID = re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}\b")
_RUN = re.compile(r"[A-Za-z0-9+/=_.-]{20,}")
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]{32,}")


def redacted(text: str) -> str:
    """Return a text with `REDACTED` in place of everything that looks like a secret.

    Removes values of names such as ``token`` or ``SecretAccessKey``, user names and passwords in URLs, AWS
    access keys, hexadecimal runs of 32 characters, and runs of 20 characters that mix upper case, lower case
    and digits as keys and tokens do and paths rarely do.
    """
    text = _IN_URL.sub(REDACTED, text)
    text = _NAMED.sub(lambda match: match[1] + REDACTED, text)
    text = _KEY_ID.sub(REDACTED, text)
    return _RUN.sub(lambda match: REDACTED if _looks_random(match[0]) else match[0], text)


def _looks_random(run: str) -> bool:
    if _HEXADECIMAL.search(run):
        return True
    kinds = (str.isupper, str.islower, str.isdigit)
    return all(any(is_kind(letter) for letter in run) for is_kind in kinds)
