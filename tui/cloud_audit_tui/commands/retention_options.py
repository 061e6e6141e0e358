"""``--keep-scans`` and ``--keep-days``: which scans the store keeps."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cloud_audit_tui.commands.options import mistakes_in_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud_audit_tui.store.retention import Retention

SCANS_VARIABLE, DAYS_VARIABLE = "CLOUD_AUDIT_TUI_KEEP_SCANS", "CLOUD_AUDIT_TUI_KEEP_DAYS"
F = TypeVar("F", bound="Callable[..., Any]")


def retention_options(function: F) -> F:
    """Add the options to a command; their values are given to `retention`."""
    for name, variable, text in (
        (
            "--keep-days",
            DAYS_VARIABLE,
            "Keep only the scans of the last N days; by default scans of any age.",
        ),
        ("--keep-scans", SCANS_VARIABLE, "Keep this many scans of each account; by default 20."),
    ):
        function = click.option(
            name, type=click.IntRange(min=1), envvar=variable, show_envvar=True, metavar="N", help=text
        )(function)
    return function


def retention(scans: int | None, days: int | None) -> Retention:
    """Return the retention of the options, else of the settings, else the default; raises `Mistake`."""
    # The store imports the checks, which the help does not need.
    from cloud_audit_tui.commands.user_settings import settings_path  # noqa: PLC0415
    from cloud_audit_tui.config.settings import load  # noqa: PLC0415
    from cloud_audit_tui.store.retention import KEPT_SCANS, Retention  # noqa: PLC0415

    with mistakes_in_words():
        settings = load(settings_path())
    # SQLite has no larger number, and no store has as many scans.
    most_scans = min(scans or settings.keep_scans or KEPT_SCANS, sys.maxsize)
    return Retention(most_scans, days or settings.keep_days)
