"""Ctrl+C where no command handles it: exit code 2, since 1 means findings."""

from __future__ import annotations

from typing import Any

import click

from cloud_audit_tui.commands.options import Mistake


class InterruptibleGroup(click.Group):
    """A group whose commands end with exit code 2 when they are interrupted; click's own code is 1."""

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        """Parse the command line; raises `Mistake` for Ctrl+C."""
        try:
            return super().make_context(*arguments, **options)
        except KeyboardInterrupt:
            raise Mistake("Interrupted.") from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; raises `Mistake` for Ctrl+C."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Mistake("Interrupted.") from None
