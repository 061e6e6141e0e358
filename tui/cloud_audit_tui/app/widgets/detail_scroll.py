"""A text that is scrolled by the keys of the detail pane."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import VerticalScroll

from cloud_audit_tui.app.keymap import DETAIL_KEYS, bindings

if TYPE_CHECKING:
    from textual.binding import BindingType


class DetailScroll(VerticalScroll, can_focus=True):
    """A focusable text."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(DETAIL_KEYS)]
