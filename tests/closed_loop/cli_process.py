"""A call of a program, read from its process where the system tells of it: Linux, in `/proc`."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_BEFORE_ARGUMENTS = 2
"""The words of a command that precede the arguments of a script: its interpreter and its path."""
PRINTED = (4, 2)
"""The numbers of the output and of the errors in a process of `cli_call.sh`."""


@dataclass(frozen=True)
class Call:
    """The arguments, directory and environment of a program."""

    arguments: list[str]
    directory: str
    environment: dict[str, str]


def texts(words: Iterable[bytes]) -> list[str]:
    """Return words of the system as Python has them."""
    return [os.fsdecode(word) for word in words]


def variables(words: Iterable[bytes]) -> dict[str, str]:
    """Return an environment, given as a word ``name=value`` for each variable."""
    pairs = (word.partition("=") for word in texts(words))
    return {name: value for name, _, value in pairs}


class Process:
    """The process of a script; each method raises `OSError` when it has ended."""

    def __init__(self, number: int) -> None:
        self._place = Path("/proc") / str(number)

    def call(self) -> Call:
        """Return the call that the process is."""
        arguments = texts(self._words("cmdline")[_BEFORE_ARGUMENTS:])
        return Call(arguments, str((self._place / "cwd").readlink()), variables(self._words("environ")))

    def prints_into_files(self) -> bool:
        """Say whether output or error is a file: who opens it anew does not go on where the process is."""
        modes = [self._stream(number).stat().st_mode for number in PRINTED]
        return not all(stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) for mode in modes)

    def opened(self, number: int) -> int:
        """Open a stream of the process for writing."""
        return os.open(self._stream(number), os.O_WRONLY | os.O_NOCTTY)

    def _stream(self, number: int) -> Path:
        return self._place / "fd" / str(number)

    def _words(self, name: str) -> list[bytes]:
        # Each word ends with a zero byte.
        return (self._place / name).read_bytes().split(b"\0")[:-1]
