"""Completes the names of folders and files while a path is typed."""

from __future__ import annotations

import os
from pathlib import Path


def completed(text: str) -> str:
    """Return a path with its last part completed by the common beginning of the matching names.

    Folders end with a slash. A leading ``~`` is kept. A folder that cannot be read completes nothing.
    """
    folder, slash, start = text.rpartition("/")
    if not slash:
        if text.startswith("~"):
            return f"{text}/" if _expanded(text) is not None else text
        folder = "."
    directory = _expanded(folder + slash) if slash else Path()
    if directory is None:
        return text
    try:
        names = [
            f"{entry.name}/" if entry.is_dir() else entry.name
            for entry in os.scandir(directory)
            if entry.name.startswith(start) and (start.startswith(".") or not entry.name.startswith("."))
        ]
    except (OSError, ValueError):
        return text
    common = os.path.commonprefix(names)  # noqa: RUF071 - letters are completed, not parts
    return folder + slash + common if slash and common else common or text


def _expanded(folder: str) -> Path | None:
    try:
        return Path(folder).expanduser()
    except RuntimeError:
        # There is no such user.
        return None
