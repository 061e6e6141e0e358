"""Asks for the reason, the owner, the expiry and the reach of a mute."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from cloud_audit_tui.app.dialogs.dialog import Dialog
from cloud_audit_tui.app.keymap import MUTE_KEYS, bindings
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.pick_list import Cell, Column, ListMoves, PickList, Row
from cloud_audit_tui.app.widgets.text_field import TextField
from cloud_audit_tui.config.mutes import expiry
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from textual.app import ComposeResult
    from textual.binding import BindingType

DEFAULT_SPAN = "90d"


class Reach(StrEnum):
    """The findings that a mute accepts."""

    FINDING = "finding"
    REGION = "region"
    ACCOUNT = "account"
    EVERYWHERE = "everywhere"


class Extent(NamedTuple):
    """A reach in words: its ``label`` in the list, and a sentence that names the findings it ``accepts``."""

    label: str
    accepts: str


@dataclass(frozen=True)
class Decision:
    """The user's decision; ``expires`` is the last day, ``None`` for no expiry."""

    reason: str
    owner: str
    expires: date | None
    reach: Reach


class MuteDialog(ListMoves, Dialog[Decision | None]):
    """Answers a decision, or None when the user leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(MUTE_KEYS)]
    DEFAULT_CSS: ClassVar[str] = """
    MuteDialog {
        .frame { max-width: 84; padding: 1 2 0 2; }
        .field { height: 1; margin-bottom: 1; }
        .field Static { width: 10; color: $text-muted; }
        .field Input { width: 1fr; }
        #accepts { height: auto; padding: 0 0 0 4; color: $text-muted; }
        .note { margin-top: 1; }
        #fault { margin: 1 0 0 0; }
        &.-short .field { margin-bottom: 0; }
        &.-short #fault { margin: 0; }
    }
    """

    def __init__(
        self, title: str, note: str, reaches: Mapping[Reach, Extent], owner: str, today: date
    ) -> None:
        """Ask about findings; ``reaches`` are the choices, the first is the default."""
        super().__init__()
        self._title = plain(title)
        self._note = plain(note)
        self._reaches = reaches
        self._owner = owner
        self._today = today

    def compose(self) -> ComposeResult:
        """Lay out the fields, the reaches and the keys."""
        fields = (
            ("reason", "Reason", "", "Why this is accepted"),
            ("owner", "Owner", self._owner, "Who accepts it"),
            ("expires", "Until", DEFAULT_SPAN, "2026-12-31, 90d, or empty for no expiry"),
        )
        with Vertical(classes="frame") as frame:
            frame.border_title = Content(self._title)
            for name, label, value, placeholder in fields:
                with Horizontal(classes="field"):
                    yield Static(label)
                    yield TextField(value, placeholder=placeholder, select_on_focus=False, id=name)
            picks = PickList((Column("Accept", 20, 60),), empty="", id="reach")
            picks.styles.height = len(self._reaches) + 1
            yield picks
            yield Static(id="accepts", markup=False)
            yield Static(Content(self._note), id="about", classes="note", markup=False)
            yield Static(id="fault", classes="fault", markup=False)
            yield KeyBar(MUTE_KEYS)

    def on_mount(self) -> None:
        """Show the choices and focus the reason."""
        rows = [
            Row(reach, (Cell(plain(extent.label)),), markable=False)
            for reach, extent in self._reaches.items()
        ]
        self.query_one(PickList).show_rows(rows)
        self._show_extent()
        self.query_one("#reason", Input).focus()

    def on_pick_list_moved(self, event: PickList.Moved) -> None:
        """Show which findings the choice under the cursor accepts."""
        event.stop()
        self._show_extent()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Clear the fault when the user types."""
        event.stop()
        self.query_one("#fault").remove_class("-visible")

    def action_take(self) -> None:
        """Answer the decision, or show what is missing."""
        reason = self._value("reason")
        if not reason:
            self._show_fault("Write why this is accepted.", "reason")
            return
        try:
            expires = expiry(self._value("expires"), self._today)
        except ValueError as error:
            self._show_fault(str(error), "expires")
            return
        self.dismiss(Decision(reason, self._value("owner"), expires, self._reach))

    def action_leave(self) -> None:
        """Mute nothing."""
        self.dismiss(None)

    @property
    def _reach(self) -> Reach:
        row = self.query_one(PickList).highlighted
        return Reach(row.key) if row is not None else next(iter(self._reaches))

    def _show_extent(self) -> None:
        self.query_one("#accepts", Static).update(Content(plain(self._reaches[self._reach].accepts)))

    def _value(self, name: str) -> str:
        return self.query_one(f"#{name}", Input).value.strip()

    def _show_fault(self, text: str, name: str) -> None:
        fault = self.query_one("#fault", Static)
        fault.update(Content(plain(text)))
        fault.add_class("-visible")
        self.query_one(f"#{name}", Input).focus()
