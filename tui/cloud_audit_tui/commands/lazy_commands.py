"""The subcommands of the program, each imported when it is run, described or completed."""

from __future__ import annotations

from collections.abc import MutableMapping
from importlib import import_module
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class LazyCommands(MutableMapping[str, click.Command]):
    """Commands by name, imported on access, so that the start of the app imports none of them.

    A hidden command runs by its name, but click neither lists, suggests nor completes it.
    """

    def __init__(self, places: Mapping[str, str], hidden: Mapping[str, str]) -> None:
        """Map each name to the place of its command, as ``MODULE:NAME``."""
        self._commands: dict[str, click.Command | str] = {**places, **hidden}
        self._hidden = set(hidden)

    def __getitem__(self, name: str) -> click.Command:
        """Import and return a command; raises `KeyError` if there is none."""
        command = self._commands[name]
        if isinstance(command, str):
            module, _, attribute = command.partition(":")
            command = self[name] = getattr(import_module(f"{__package__}.{module}"), attribute)
        return command

    def __setitem__(self, name: str, command: click.Command) -> None:
        """Add a command, or replace one."""
        self._commands[name] = command

    def __delitem__(self, name: str) -> None:
        """Remove a command."""
        del self._commands[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the commands that are not hidden; nothing is imported."""
        return (name for name in self._commands if name not in self._hidden)

    def __len__(self) -> int:
        """Return the number of commands that are not hidden."""
        return len(self._commands.keys() - self._hidden)
