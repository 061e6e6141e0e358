"""Lets the user show, hide and resize columns, and sort by the column beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.app.dialogs.column_picker import ColumnPicker
from cloud_audit_tui.app.host import push_once

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cloud_audit_tui.app.host import Host
    from cloud_audit_tui.app.session import Session
    from cloud_audit_tui.app.widgets.columns import Column


def choose_columns(session: Session, host: Host, placed: Callable[[], tuple[Column, ...]]) -> None:
    """Open the list of columns; each change is on the table at once. ``placed`` are those of the table."""
    push_once(host, ColumnPicker(session, placed))


def sort_by_neighbour(session: Session, placed: Sequence[Column], columns: int) -> None:
    """Sort by the column some places to the right of the current one, in its own order."""
    sorts = [column.sort for column in placed]
    if sorts:
        at = sorts.index(session.view.sort) if session.view.sort in sorts else -1
        session.sort_by(sorts[(at + columns) % len(sorts)], descending=False)
