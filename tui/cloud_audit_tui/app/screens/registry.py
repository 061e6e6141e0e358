"""The screens that a key opens by name: a new screen is registered here and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from cloud_audit_tui.app.keymap import rebound_contexts
from cloud_audit_tui.app.screens.check_browser import CheckBrowser
from cloud_audit_tui.app.screens.help import HelpScreen
from cloud_audit_tui.app.screens.history import HistoryScreen
from cloud_audit_tui.app.screens.mutes import MutesScreen
from cloud_audit_tui.app.screens.overview import OverviewScreen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from textual.screen import Screen

    from cloud_audit_tui.app.session import Session


def _no_result(_session: Session, _result: Any) -> None:
    """Ignore what a screen answers."""


class ScreenEntry(NamedTuple):
    """How a screen is made, and what becomes of its answer (None is never passed on)."""

    make: Callable[[Session], Screen[Any]]
    use_result: Callable[[Session, Any], None] = _no_result


def _check_browser(session: Session) -> CheckBrowser:
    return CheckBrowser(session.selected_row.check_id if session.selected_row else "")


def _filter_by_check(session: Session, check_id: str) -> None:
    session.filter_by(f"check:{check_id}")


def _filter_by(session: Session, text: str) -> None:
    session.filter_by(text)


SCREENS: Mapping[str, ScreenEntry] = {
    "checks": ScreenEntry(_check_browser, _filter_by_check),
    "history": ScreenEntry(HistoryScreen),
    "mutes": ScreenEntry(MutesScreen),
    "overview": ScreenEntry(OverviewScreen, _filter_by),
    "help": ScreenEntry(lambda session: HelpScreen(rebound_contexts(session.keymap))),
}
