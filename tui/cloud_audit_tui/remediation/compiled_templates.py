"""The code of compiled templates, cached on this machine.

Jinja2 takes 3 ms to compile a template, and a scan needs a hundred of them. The cache is Python code, so it
is loaded only from a file that belongs to the user: see `kept_file`.
"""

from __future__ import annotations

import importlib.util
import marshal
import re
from functools import cache
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING

import jinja2

from cloud_audit_tui.kept_file import keep, kept_directory, key_of, read_kept

if TYPE_CHECKING:
    from collections.abc import Callable

FORMAT = 1
"""The version of the files; a change of their contents increments it."""
_NAME = re.compile(r"[a-z0-9-]{1,64}\.[a-z]+")
_ROOM = Path(__file__).parent


def compiled(name: str, source: str, compile_source: Callable[[], CodeType]) -> CodeType:
    """Return the code of a template, from its file if that was made from the same source.

    ``name`` is the name of the file; for a name that is unsafe for a file, nothing is cached.
    """
    if not _NAME.fullmatch(name):
        return compile_source()
    path, key = kept_directory("templates") / name, key_of([_program(), source.encode()])
    code = _read(path, key)
    if code is None:
        code = compile_source()
        keep(path, key, marshal.dumps(code))
    return code


def _read(path: Path, key: str) -> CodeType | None:
    body = read_kept(path, key)
    if body is None:
        return None
    try:
        # No other user can have written these bytes, and the digest proves that they are complete.
        code = marshal.loads(body)  # noqa: S302
    except (EOFError, TypeError, ValueError):
        return None
    return code if isinstance(code, CodeType) else None


@cache
def _program() -> bytes:
    """Return the versions that compiled code depends on: Python, Jinja2, and the files of this package."""
    files = sorted(_ROOM.rglob("*.py"))
    times = [(str(path.relative_to(_ROOM)), path.stat().st_mtime_ns, path.stat().st_size) for path in files]
    return repr((FORMAT, importlib.util.MAGIC_NUMBER, jinja2.__version__, times)).encode()
