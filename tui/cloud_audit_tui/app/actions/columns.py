"""Lets the user show, hide and resize columns, and sort by a neighboring column."""

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
    """Open the list of columns; a change applies at once. ``placed`` returns the table's columns."""
    push_once(host, ColumnPicker(session, placed))


def sort_by_neighbor(session: Session, placed: Sequence[Column], columns: int) -> None:
    """Sort ascending by the column this many places to the right of the current one."""
    sorts = [column.sort for column in placed]
    if sorts:
        at = sorts.index(session.view.sort) if session.view.sort in sorts else -1
        session.sort_by(sorts[(at + columns) % len(sorts)], descending=False)
