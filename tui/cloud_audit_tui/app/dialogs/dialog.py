"""The frame of every modal dialog."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.screen import ModalScreen

from cloud_audit_tui.app.dismissal import DismissedOnce
from cloud_audit_tui.app.keymap import DIALOG_KEYS, bindings

if TYPE_CHECKING:
    from textual.binding import BindingType

Answer = TypeVar("Answer")


class Dialog(DismissedOnce, ModalScreen[Answer]):
    """A framed box in the middle; its child with the class ``frame`` contains everything else.

    On a ``-short`` terminal the frame has the whole height and no blank lines.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(DIALOG_KEYS)]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (22, "-tall")]  # noqa: RUF012 - declared so by Textual

    DEFAULT_CSS: ClassVar[str] = """
    Dialog {
        align: center middle;

        .frame {
            width: 90%;
            max-width: 112;
            height: auto;
            max-height: 100%;
            background: $surface;
            border: round $primary 70%;
            border-title-color: $text;
            border-title-style: bold;
            border-subtitle-color: $text-muted;
            padding: 0 1;
        }
        .note {
            width: 1fr;
            height: auto;
            color: $text-muted;
        }
        .fault {
            width: 1fr;
            height: auto;
            color: $text-error;
            display: none;
        }
        .fault.-visible {
            display: block;
        }
        Input {
            border: none;
            height: 1;
            padding: 0 1;
            background: $boost;
        }
        Input:focus {
            border: none;
        }
        &.-short .frame { max-height: 100%; margin: 0; padding-top: 0; }
        &.-short Input { margin: 0; }
        &.-short #about { display: none; }
        &.-short KeyBar { margin-top: 0; }
    }
    """
