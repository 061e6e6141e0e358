"""Ctrl+C where no command handles it: exit code 2, since 1 means findings."""

from __future__ import annotations

from typing import Any

import click

from cloud_audit_tui.commands.options import Mistake


class InterruptibleGroup(click.Group):
    """A group whose commands end with exit code 2 when they are interrupted; click's own code is 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; raises `Mistake` for Ctrl+C."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Mistake("Interrupted.") from None
