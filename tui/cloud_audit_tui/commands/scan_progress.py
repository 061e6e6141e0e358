"""Progress of the scan command on stderr."""

from __future__ import annotations

import sys

import click

from cloud_audit_tui.scan.events import (
    AnyEvent,
    InputKind,
    InputNeeded,
    ProfileFailed,
    Progress,
    ScanFinished,
)
from cloud_audit_tui.standard_streams import obeys_escapes
from cloud_audit_tui.text import plain

_CLEAR_LINE = "\r\x1b[K"


class ScanProgress:
    """Reports failed profiles, why a scan is incomplete and, on a terminal, updates one progress line."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._is_live = not quiet and obeys_escapes(sys.stderr)
        self._waits_for_answer = False

    def show(self, event: AnyEvent) -> None:
        """Show an event, if it is meant for people."""
        match event:
            case ProfileFailed():
                self._waits_for_answer = False
                self.tell(plain(f"{event.profile}: {event.words}"))
            case ScanFinished() if event.message:
                # A report in a file says it too, but the user sees the terminal.
                self.tell(plain(event.message))
            case InputNeeded(kind=InputKind.MFA_CODE):
                # The prompt occupies the progress line until the profile is ready.
                self._waits_for_answer = True
            case Progress() if self._is_live and not self._waits_for_answer:
                line = f"{event.done}/{event.total} checks · {event.calls} calls · {event.elapsed:.0f} s"
                click.echo(f"{_CLEAR_LINE}{line}", nl=False, err=True)
            case _:
                pass

    def tell(self, text: str) -> None:
        """Write a line, unless the command is quiet."""
        if not self._quiet:
            self.clear()
            click.echo(text, err=True)

    def clear(self) -> None:
        """Clear the progress line."""
        if self._is_live:
            click.echo(_CLEAR_LINE, nl=False, err=True)
