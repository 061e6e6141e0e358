"""Safe names and places for files that the app suggests."""

from __future__ import annotations

import re
from pathlib import Path

_LONGEST = 80


def file_name(suggested: str) -> str:
    """Return a name of ``a-z0-9._-`` only, at most 80 characters, that is neither hidden nor a path."""
    name = re.sub(r"[^a-z0-9._]+", "-", suggested.lower()).strip(".-_")
    stem, dot, suffix = name.rpartition(".")
    if dot and len(suffix) < _LONGEST // 2:
        stem = stem[: _LONGEST - len(suffix) - 1].rstrip(".-_")
        name = f"{stem}.{suffix}"
    return name[:_LONGEST].strip(".-_") or "fix.txt"


def suggested_path(name: str) -> Path:
    """Return a path for a file in the working directory, or in the home directory if that is gone."""
    try:
        return Path.cwd() / name
    except FileNotFoundError:
        return Path("~") / name
