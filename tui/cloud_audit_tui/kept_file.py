"""Cache files: results that another process of this program need not compute again.

A kept file is used only if no other user can write it, its digest matches, and its key matches: the key names
the sources and the program that made it. Any other file is ignored and replaced; where the file cannot be
written, each process computes the result itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from typing import TYPE_CHECKING

import platformdirs

from cloud_audit_tui.private_file import write_private

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LARGEST_FILE = 16 * 1024 * 1024
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_DIGEST_SIZE = 32


def root_directory() -> Path:
    """Return the directory of all kept files."""
    return platformdirs.user_cache_path("cloud-audit-tui")


def kept_directory(kind: str) -> Path:
    """Return the directory of the kept files of one kind."""
    return root_directory() / kind


def key_of(sources: Iterable[bytes]) -> str:
    """Return the key of a file that depends on these sources and on nothing else."""
    digest = hashlib.blake2b(digest_size=_DIGEST_SIZE)
    for source in sources:
        digest.update(len(source).to_bytes(8, "big") + source)
    return digest.hexdigest()


def read_kept(path: Path, key: str) -> bytes | None:
    """Return the body of a file; None for a missing, foreign, damaged or outdated file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if (
            not stat.S_ISREG(status.st_mode)
            or status.st_uid != os.geteuid()
            or status.st_mode & _WRITABLE_BY_OTHERS
            or status.st_size > LARGEST_FILE
        ):
            return None
        try:
            head, body = file.readline(), file.read()
        except OSError:
            return None
    return body if head == header(key, body) else None


def keep(path: Path, key: str, body: bytes) -> None:
    """Write a file that `read_kept` returns for this key, where that is possible."""
    # Not durable: a file that is lost in a crash is written again.
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(path, header(key, body) + body, replace=True, durable=False)


def header(key: str, body: bytes) -> bytes:
    """Return the first line of a file."""
    return f"{key} {hashlib.blake2b(body, digest_size=_DIGEST_SIZE).hexdigest()}\n".encode()
