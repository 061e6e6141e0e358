"""Asks the user the questions of waiting scanners: one at a time, and never over another dialog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.screen import ModalScreen
from textual.widgets import Input

from cloud_audit_tui.app.actions.log_in import run_login
from cloud_audit_tui.app.dialogs.expired_credentials import ExpiredCredentials
from cloud_audit_tui.app.dialogs.mfa import MfaPrompt
from cloud_audit_tui.scan.events import InputKind
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from textual.screen import Screen

    from cloud_audit_tui.app.host import Host
    from cloud_audit_tui.app.session import Session
    from cloud_audit_tui.scan.events import InputNeeded

GO_ON = "renewed"
"""The answer to a scanner that waits for renewed credentials; it accepts any non-empty text."""
SECONDS = 10
"""Seconds for which the notification about a waiting profile stays."""


class Questions:
    """Queues the questions of scanners and asks them in order.

    A question over an open dialog or a text field in use would receive the keys meant for that, and Esc would
    skip the profile. So the question waits, and a notification tells the user.
    """

    def __init__(self, session: Session, host: Host) -> None:
        self._session = session
        self._host = host
        self._waiting: list[InputNeeded] = []
        self._open: tuple[InputNeeded, MfaPrompt | ExpiredCredentials] | None = None
        self._announced: InputNeeded | None = None

    def add(self, needed: InputNeeded) -> None:
        """Queue a question; it is asked once nothing is in the way."""
        self._waiting.append(needed)
        self.update()

    def update(self) -> None:
        """Ask the next question or close one without a job; call this when a screen, focus or job changes."""
        if self._open is not None:
            question, dialog = self._open
            if not self._session.jobs.questions.is_open(question):
                # This does nothing while the dialog is below another one.
                dialog.dismiss(None)
            return
        self._waiting = [needed for needed in self._waiting if self._session.jobs.questions.is_open(needed)]
        if not self._waiting:
            return
        in_the_way = _in_the_way(self._host.screen)
        if in_the_way:
            self._announce(self._waiting[0], in_the_way)
        else:
            self._ask(self._waiting.pop(0))

    def _announce(self, needed: InputNeeded, in_the_way: str) -> None:
        if self._announced is not needed:
            self._announced = needed
            text = f"The scan of {plain(needed.profile)} waits for you. {in_the_way} to answer."
            self._host.notify(text, title="Paused", severity="warning", timeout=SECONDS, markup=False)

    def _ask(self, needed: InputNeeded) -> None:
        if needed.kind is InputKind.MFA_CODE:
            code = MfaPrompt(needed.profile, needed.prompt)
            self._open = needed, code
            self._host.push_screen(code, lambda answer: self._pass_on(needed, answer or ""))
            return
        login = self._session.profiles.login_of(needed.profile)
        expired = ExpiredCredentials(
            needed.profile,
            needed.prompt,
            login,
            lambda: login is not None and run_login(self._session, self._host, login),
        )
        self._open = needed, expired
        self._host.push_screen(expired, lambda go_on: self._pass_on(needed, GO_ON if go_on else ""))

    def _pass_on(self, needed: InputNeeded, value: str) -> None:
        self._open = None
        self._session.answer(needed, value)
        self.update()


def _in_the_way(screen: Screen[Any]) -> str:
    """Return what the user must do before a question can be asked; empty if nothing."""
    if isinstance(screen, ModalScreen):
        return "Close this dialog"
    field = screen.focused
    return "Leave the text field" if isinstance(field, Input) and field.value else ""
