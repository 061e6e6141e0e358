"""Asks for the code of an MFA device."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from cloud_audit_tui.app.dialogs.dialog import Dialog
from cloud_audit_tui.app.keymap import MFA_KEYS, bindings
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.text_field import TextField
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

CODE = re.compile(r"[0-9]{6}")


class MfaPrompt(Dialog[str | None]):
    """Asks for six digits; answers them, or None to continue without the profile."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(MFA_KEYS)]
    DEFAULT_CSS: ClassVar[str] = """
    MfaPrompt {
        .frame { max-width: 64; padding: 1 2 0 2; }
        #code { margin: 1 0; width: 20; }
    }
    """

    def __init__(self, profile: str, prompt: str) -> None:
        """Ask for the code of this profile; ``prompt`` names the device."""
        super().__init__()
        self._profile = plain(profile)
        self._prompt = plain(prompt)

    def compose(self) -> ComposeResult:
        """Lay out the question, the field and the keys."""
        with Vertical(classes="frame") as frame:
            frame.border_title = "MFA code"
            yield Static(
                Content.assemble("Profile ", (self._profile, "bold"), " needs a code."), markup=False
            )
            yield Static(Content(self._prompt), classes="note", markup=False)
            yield TextField(placeholder="six digits", restrict=r"[0-9 ]*", max_length=12, id="code")
            yield Static(id="fault", classes="fault", markup=False)
            yield KeyBar(MFA_KEYS)

    def on_mount(self) -> None:
        """Focus the field."""
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Clear the fault when the user types."""
        event.stop()
        self.query_one("#fault").remove_class("-visible")

    def action_give(self) -> None:
        """Answer the code, without spaces, if it has six digits."""
        code = self.query_one(Input).value.replace(" ", "")
        if CODE.fullmatch(code):
            self.dismiss(code)
            return
        fault = self.query_one("#fault", Static)
        fault.update(Content("The code has six digits. Type the one that the device shows now."))
        fault.add_class("-visible")

    def action_decline(self) -> None:
        """Continue without the profile."""
        self.dismiss(None)
