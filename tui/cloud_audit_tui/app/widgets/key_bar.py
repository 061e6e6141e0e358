"""The line of keys at the bottom of a dialog, in the order of the keymap."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from cloud_audit_tui.app.keymap import Key, key_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.screen import Screen


class KeyButton(Static):
    """A key and its label; a click presses the key."""

    ALLOW_SELECT = False
    DEFAULT_CSS: ClassVar[str] = """
    KeyButton {
        width: auto;
        height: 1;
        margin-right: 2;
        pointer: pointer;
    }
    KeyButton:hover {
        background: $foreground 10%;
    }
    """

    def __init__(self, bound_to: str, label: str, tooltip: str) -> None:
        """Show a key by its Textual name."""
        super().__init__(
            Content.assemble(
                (key_names(bound_to)[0], "bold $text-primary"), " ", (label, "$foreground-muted")
            ),
            markup=False,
        )
        self._bound_to = bound_to
        self.tooltip = tooltip

    def on_click(self) -> None:
        """Press the key."""
        self.app.simulate_key(self._bound_to)


class KeyBar(Horizontal):
    """Those of some keys that are active now, as the user's keymap binds them.

    Textual's own footer starts with the keys of a focused text field, in that field's order.
    """

    DEFAULT_CSS: ClassVar[str] = """
    KeyBar {
        width: 1fr;
        height: 1;
        margin-top: 1;
        padding: 0 1;
        overflow: hidden;
    }
    """

    def __init__(self, keys: Sequence[Key]) -> None:
        """Show the keys among these that are meant for the footer."""
        super().__init__()
        self._keys = [key for key in keys if key.show]

    def compose(self) -> ComposeResult:
        """Lay out the keys side by side."""
        bound = {
            active.binding.id: active.binding.key
            for active in reversed(self.screen.active_bindings.values())
            if active.enabled
        }
        for key in self._keys:
            if key.id in bound:
                yield KeyButton(bound[key.id], key.label, key.tooltip)

    def on_mount(self) -> None:
        """Follow the active keys."""
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_updated)

    def _bindings_updated(self, screen: Screen[object]) -> None:
        if self.is_attached and screen is self.screen:
            self.call_after_refresh(self.recompose)
