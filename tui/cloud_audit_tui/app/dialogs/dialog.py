"""The frame of every modal dialog."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.screen import ModalScreen

from cloud_audit_tui.app.dismissal import DismissedOnce
from cloud_audit_tui.app.keymap import DIALOG_KEYS, bindings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.binding import BindingType
    from textual.message_pump import MessagePump

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

    def after_typing(self, act: Callable[[], object]) -> None:
        """Act once the focused field has taken every key that was typed before.

        A key with priority would overtake the letters before it: a device that types six digits and Enter at
        once would send none of them. The action takes the way of a letter: by the dialog's queue to the
        field's, and with the news of the change up to the dialog again.
        """
        field = self.focused
        if field is None:
            act()
            return
        above = takewhile(lambda node: node is not self, field.ancestors)
        self._pass_on([self, field, field, *above, self], act)

    def _pass_on(self, queues: Sequence[MessagePump], act: Callable[[], object]) -> None:
        if queues:
            queues[0].call_later(self._pass_on, queues[1:], act)
        else:
            act()
