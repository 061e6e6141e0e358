"""The screens that a key opens by name; a new screen is registered only here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from cloud_audit_tui.app.keymap import rebound_contexts
from cloud_audit_tui.app.screens.check_browser import CheckBrowser
from cloud_audit_tui.app.screens.help import HelpScreen, from_here
from cloud_audit_tui.app.screens.history import HistoryScreen
from cloud_audit_tui.app.screens.messages import MessagesScreen
from cloud_audit_tui.app.screens.mutes import MutesScreen
from cloud_audit_tui.app.screens.overview import OverviewScreen
from cloud_audit_tui.app.screens.timings import TimingsScreen
from cloud_audit_tui.filters.edit import term

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from textual.screen import Screen

    from cloud_audit_tui.app.session import Session
    from cloud_audit_tui.app.trail import Walk


def _no_result(_session: Session, _result: Any) -> None:
    """Ignore the answer of a screen."""


class ScreenEntry(NamedTuple):
    """Functions that create a screen, given the current one, and that use its answer unless it is None."""

    make: Callable[[Session, Screen[Any]], Screen[Any]]
    use_result: Callable[[Session, Any], None] = _no_result


def _check_browser(session: Session, _current: Screen[Any]) -> CheckBrowser:
    return CheckBrowser(session.selected_row.check_id if session.selected_row else "")


def _filter_by_check(session: Session, check_id: str) -> None:
    session.walk_to(term("check", check_id), "checks")


def _filter_from_overview(session: Session, walk: Walk) -> None:
    session.walk_to(walk.filter, "overview", walk.place)


def _help(session: Session, current: Screen[Any]) -> HelpScreen:
    contexts = rebound_contexts(session.keymap)
    if session.opened is not None:
        contexts = [(name, tuple(key for key in keys if not key.needs_scans)) for name, keys in contexts]
    return HelpScreen(from_here(current, contexts))


SCREENS: Mapping[str, ScreenEntry] = {
    "checks": ScreenEntry(_check_browser, _filter_by_check),
    "history": ScreenEntry(lambda session, _: HistoryScreen(session)),
    "mutes": ScreenEntry(lambda session, _: MutesScreen(session)),
    "overview": ScreenEntry(lambda session, _: OverviewScreen(session), _filter_from_overview),
    "timings": ScreenEntry(lambda session, _: TimingsScreen(session)),
    "messages": ScreenEntry(lambda session, _: MessagesScreen(session)),
    "help": ScreenEntry(_help),
}
