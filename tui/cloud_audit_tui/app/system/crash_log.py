"""Writes a crash log that is safe to send to others: types of errors and lines of code, no values."""

from __future__ import annotations

import os
import platform
import traceback
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from cloud_audit_tui import __version__
from cloud_audit_tui.private_file import write_private

if TYPE_CHECKING:
    from datetime import datetime

EXIT_CODE = 3
STATE_VARIABLE = "CLOUD_AUDIT_TUI_STATE"
"""Names the directory of crash logs; by default the state directory of the platform."""
ISSUES = "https://github.com/cloud-audit-tui/cloud-audit-tui/issues"
PARENTS_SHOWN = 2


def crash_report(error: BaseException) -> str:
    """Return the types of an error and its causes, with file, line and function of each frame.

    Messages of exceptions and local variables are left out: they can quote AWS responses and secrets.
    """
    lines = [
        f"cloud-audit-tui {__version__}",
        f"Python {platform.python_version()} on {platform.system()} {platform.release()}",
        f"textual {metadata.version('textual')}",
    ]
    visited_ids: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in visited_ids:
        visited_ids.add(id(current))
        lines += ["", f"{type(current).__module__}.{type(current).__qualname__}"]
        lines += [
            f"  {_short_path(frame.filename)}:{frame.lineno} in {frame.name}: {frame.line or ''}".rstrip(": ")
            for frame in traceback.extract_tb(current.__traceback__)
        ]
        current = current.__cause__ or current.__context__
    return "\n".join(lines) + "\n"


def write_crash_log(error: BaseException, at: datetime, directory: Path | None = None) -> Path:
    """Write the report of an error to a new file that only its owner can read; returns its path.

    Raises `OSError` when it cannot be written.
    """
    if directory is None:
        state_path = os.environ.get(STATE_VARIABLE)
        directory = (
            Path(state_path).expanduser() if state_path else platformdirs.user_state_path("cloud-audit-tui")
        )
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / f"crash-{at:%Y%m%dT%H%M%S%f}.log"
    write_private(path, crash_report(error))
    return path


def crash_message(error: BaseException, at: datetime, directory: Path | None = None) -> str:
    """Write the crash log and return the message for the terminal."""
    kind = type(error).__name__
    try:
        path = write_crash_log(error, at, directory)
    except OSError as failure:
        where = f"The crash log cannot be written ({type(failure).__name__})."
    else:
        where = f"{path} lists the lines of code that failed and contains no data."
    return (
        f"cloud-audit-tui ended because of a fault in the program ({kind}). All stored findings are kept.\n"
        f"{where}\nPlease report it with that file: {ISSUES}"
    )


def _short_path(filename: str) -> str:
    """Return the end of a path, which does not name the user's home directory."""
    return "/".join(Path(filename).parts[-PARENTS_SHOWN - 1 :])
