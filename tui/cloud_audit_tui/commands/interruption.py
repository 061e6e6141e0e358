"""Ctrl+C, and a failure of click's own output, where no command handles them.

The exit code is 2, since 1 means findings and 3 a fault of the program.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from cloud_audit_tui.commands.options import Mistake
from cloud_audit_tui.commands.output import write_stdout

if TYPE_CHECKING:
    from collections.abc import Iterator


class InterruptibleGroup(click.Group):
    """A group whose commands end with exit code 2 when they are interrupted; click's own code is 1."""

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        """Parse the command line; raises `Mistake` for Ctrl+C, and what `write_stdout` raises."""
        with _ended_with_2():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; raises `Mistake` for Ctrl+C, and what `write_stdout` raises."""
        with _ended_with_2():
            return super().invoke(ctx)


@contextmanager
def _ended_with_2() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise Mistake("Interrupted.") from None
    except OSError:
        # click prints the help and the version; what it could not write is still in the buffer.
        if sys.stdout is not None:
            write_stdout(b"")
        raise
