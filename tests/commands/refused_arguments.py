"""What a command says of arguments that it cannot use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from click.testing import Result


def each_is_refused(run: Callable[..., Result], rows: Iterable[tuple[list[str], str]]) -> None:
    """Run a command with the arguments of each row: exit code 2, and the words of the row in its output."""
    with each_row() as row:
        for arguments, words in rows:
            with row(arguments):
                invocation = run(*arguments)
                assert invocation.exit_code == 2
                assert words in invocation.output
