"""Remembers the user's choices for the next run."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.app.remembered_view import RememberedView, save
from cloud_audit_tui.app.serial_task import SerialTask
from cloud_audit_tui.app.session import Session
from cloud_audit_tui.app.view_state import ViewState

if TYPE_CHECKING:
    from pathlib import Path

    from textual.message import Message

    from cloud_audit_tui.app.host import Host

PAUSE = 0.2
"""Seconds from a choice until it is written; later choices in that time are written with it."""


OF_A_RUN = ("profiles", "regions")
"""The fields of a view that the command line can set for one run."""
CHOICES = tuple(
    each.name
    for each in dataclasses.fields(ViewState)
    if each.name in RememberedView.__struct_fields__ and each.name not in OF_A_RUN
)
"""The fields of a view that are always remembered."""


def view_from(remembered: RememberedView, profiles: tuple[str, ...], regions: tuple[str, ...]) -> ViewState:
    """Return the first view: the remembered choices with the profiles and regions of this run."""
    return ViewState(profiles, regions, **{name: getattr(remembered, name) for name in CHOICES})


class ViewMemory:
    """Listens to a session and writes each choice to a file.

    Profiles and regions from the command line apply to this run only: they are not remembered until the user
    chooses others in the app.
    """

    def __init__(self, session: Session, host: Host, path: Path, remembered: RememberedView) -> None:
        self._session = session
        self._host = host
        self._path = path
        self._file_view = remembered
        self._of_this_run = {name: getattr(session.view, name) for name in OF_A_RUN}
        self._theme = remembered.theme, remembered.theme_over
        self._writing = SerialTask(self._write)
        self._stopped = False

    def post_message(self, message: Message) -> bool:
        """Write the choices after a message of the session about a change."""
        if isinstance(message, Session.ViewChanged | Session.ColumnsChanged):
            self._start()
        return True

    def remember_theme(self, theme: str, over: str) -> None:
        """Remember a theme that was chosen while ``over`` was the theme of the settings."""
        self._theme = theme, over
        self._start()

    async def stop(self) -> None:
        """Write the newest choices, and ignore later ones."""
        if not self._stopped:
            self._start()
            await self._writing.wait()
            self._stopped = True

    def _start(self) -> None:
        if not self._stopped and self._current() != self._file_view:
            self._writing.start()

    async def _write(self) -> bool:
        if self._current() == self._file_view:
            return False
        await asyncio.sleep(PAUSE)
        view = self._current()
        self._file_view = view
        try:
            await asyncio.to_thread(save, self._path, view)
        except OSError as error:
            self._host.report_error(error)
        return True

    def _current(self) -> RememberedView:
        view = self._session.view
        for name, first in list(self._of_this_run.items()):
            if getattr(view, name) != first:
                del self._of_this_run[name]
        user_choices = [name for name in OF_A_RUN if name not in self._of_this_run]
        theme, theme_over = self._theme
        return msgspec.structs.replace(
            self._file_view,
            **{name: getattr(view, name) for name in (*CHOICES, *user_choices)},
            theme=theme,
            theme_over=theme_over,
        )
