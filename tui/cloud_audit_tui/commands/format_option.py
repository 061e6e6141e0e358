"""The type of ``--format``: the name of a report format or, for a scan, ``events``."""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import CompletionItem

EVENTS = "events"
"""The event stream: the only format that does not need the report modules."""


class FormatName(click.ParamType[str]):
    """A format name; no format is imported to validate it."""

    name = "format"

    def __init__(self, *, events: bool = True) -> None:
        self._has_events = events

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """Return the names for the help."""
        return f"[{'|'.join(self._names())}]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the name of a format; fails for one that does not exist."""
        name = str(value).lower()
        if self._has_events and name == EVENTS:
            return name
        if name not in self._names():
            self.fail(f"{value!r} is not one of {', '.join(map(repr, self._names()))}.", param, ctx)
        return name

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the formats whose names begin with the text."""
        return [CompletionItem(name) for name in self._names() if name.startswith(incomplete.lower())]

    def _names(self) -> list[str]:
        from cloud_audit_tui.reports.format_registry import names  # noqa: PLC0415

        return [*names(), EVENTS] if self._has_events else names()
