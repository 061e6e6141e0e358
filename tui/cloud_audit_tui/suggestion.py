"""What a name that there is not was probably meant to be."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_NAMES = 3


def did_you_mean(name: str, names: Iterable[str], otherwise: str) -> str:
    """Return a question with the names that are like a name, best first, or else ``otherwise``.

    The names are in lower case; the name may be in capitals.
    """
    near = difflib.get_close_matches(name.lower(), list(names), n=MOST_NAMES)
    return f"Did you mean {' or '.join(near)}?" if near else otherwise
