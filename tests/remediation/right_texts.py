"""The texts that a program has found right in this run: one worker asks it, the others need not."""

from __future__ import annotations

import fcntl
import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


class RightTexts:
    """The right texts of one kind, each an empty file in a directory that all workers share."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(exist_ok=True)

    @contextmanager
    def others(self, texts: Iterable[str]) -> Iterator[list[str]]:
        """Yield the texts that are not known to be right, at which no other worker looks meanwhile."""
        with (self._directory / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield [text for text in texts if not self._file(text).exists()]

    def add(self, texts: Iterable[str]) -> None:
        """Keep that texts are right."""
        for text in texts:
            self._file(text).touch()

    def _file(self, text: str) -> Path:
        return self._directory / hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
