"""Tells that a profile's credentials expired during its scan, and offers to renew them."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from cloud_audit_tui.app.dialogs.dialog import Dialog
from cloud_audit_tui.app.keymap import EXPIRED_KEYS, bindings, bound_key
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from cloud_audit_tui.aws.login import Login


class ExpiredCredentials(Dialog[bool]):
    """Asks whether to continue with renewed credentials; False leaves the rest of the profile unread.

    ``log_in`` runs the login and returns whether it succeeded.
    """

    AUTO_FOCUS = "Vertical"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(EXPIRED_KEYS)]
    DEFAULT_CSS: ClassVar[str] = """
    ExpiredCredentials {
        .frame { max-width: 84; padding: 1 2 0 2; }
        .note { margin: 1 0; }
    }
    """

    def __init__(self, profile: str, reason: str, login: Login | None, log_in: Callable[[], bool]) -> None:
        super().__init__()
        self._profile = plain(profile)
        self._reason = plain(reason)
        self._login = login
        self._log_in = log_in

    def compose(self) -> ComposeResult:
        """Lay out what happened, what to do, and the keys."""
        if self._login is None:
            how = f"Renew them where they come from, then press {bound_key(self, 'expired.try_again')}."
        else:
            how = f"{bound_key(self, 'expired.log_in')} runs `{shlex.join(self._login.command)}`."
        with Vertical(classes="frame") as frame:
            frame.border_title = "Paused"
            frame.can_focus = True
            yield Static(
                Content.assemble("The scan of ", (self._profile, "bold"), f" waits. {self._reason}"),
                markup=False,
            )
            yield Static(Content(plain(f"{how} Results so far are kept.")), classes="note", markup=False)
            yield KeyBar([key for key in EXPIRED_KEYS if self._login or key.id != "expired.log_in"])

    def action_log_in(self) -> None:
        """Log in, and continue the scan if that succeeds."""
        if self._login is not None and self._log_in():
            self.dismiss(True)

    def action_try_again(self) -> None:
        """Continue with the current credentials of the profile."""
        self.dismiss(True)

    def action_decline(self) -> None:
        """Leave the rest of the profile unread."""
        self.dismiss(False)
