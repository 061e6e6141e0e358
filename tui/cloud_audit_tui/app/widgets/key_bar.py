"""The line of keys at the bottom of a screen or dialog, in the order of the keymap."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.content import Content
from textual.widget import Widget

from cloud_audit_tui.app.keymap import Key, character_of, key_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.screen import Screen

GAP = 2
ALWAYS = ("open_help", "quit")
"""The ids of the keys that are shown at every width; others are left out from the right."""


class Item(NamedTuple):
    """A key and its label at a column of the line; a click presses the key."""

    start: int
    key: str
    text: Content
    tooltip: str

    @property
    def end(self) -> int:
        """The column right of the item."""
        return self.start + self.text.cell_length


class KeyBar(Widget):
    """Shows those of some keys that work now, as the user's keymap binds them; an item is whole or absent.

    Textual's own footer starts with the keys of a focused text field, in that field's order, and cuts its
    last item.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS: ClassVar[str] = """
    KeyBar {
        width: 1fr;
        height: 1;
        margin-top: 1;
        padding: 0 1;
        pointer: pointer;
    }
    """

    def __init__(self, keys: Sequence[Key]) -> None:
        """Show the keys among these that are meant for the footer."""
        super().__init__()
        self._keys = [key for key in keys if key.show]

    def on_mount(self) -> None:
        """Follow the active keys."""
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_updated)

    def _bindings_updated(self, screen: Screen[object]) -> None:
        if screen is self.screen:
            self.refresh()

    def render(self) -> Content:
        """Return the items that fit."""
        return Content(" " * GAP).join(item.text for item in self.items())

    def items(self) -> list[Item]:
        """Return the items that fit the width, from left to right."""
        bound = self._bound()
        entries = [(key, bound[key.id], _text(key, bound[key.id])) for key in self._keys if key.id in bound]
        room = self.content_size.width + GAP
        room -= sum(text.cell_length + GAP for key, _, text in entries if key.id in ALWAYS)
        items: list[Item] = []
        start = 0
        full = False
        for key, name, text in entries:
            width = text.cell_length + GAP
            if key.id not in ALWAYS:
                full = full or width > room
                if full:
                    continue
                room -= width
            items.append(Item(start, name, text, key.tooltip))
            start += width
        return items

    def _bound(self) -> dict[str, str]:
        """Return the key to press for each binding's id, without keys that a focused text field takes."""
        focused = self.screen.focused
        # Textual collects them again on each access.
        active_bindings = self.screen.active_bindings
        bound: dict[str, str] = {}
        for active in active_bindings.values():
            binding = active.binding
            is_consumed = (
                focused is not None
                and not binding.priority
                and active.node is not focused
                and focused.check_consume_key(binding.key, character_of(binding.key))
            )
            if active.enabled and binding.id and not is_consumed:
                bound.setdefault(binding.id, binding.key)
        for key in self._keys:
            # Textual binds some keys itself, without an id, to the same action: Ctrl+Q.
            own = key.action.removeprefix("app.")
            for name in key.keys.split(","):
                other = active_bindings.get(name)
                if other and other.binding.action == own and not other.binding.id:
                    bound.setdefault(key.id, name)
        return bound

    def _item_at(self, event: events.MouseEvent) -> Item | None:
        offset = event.get_content_offset(self)
        return next((item for item in self.items() if offset and item.start <= offset.x < item.end), None)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Explain the key under the mouse."""
        item = self._item_at(event)
        self.tooltip = item.tooltip if item else None

    def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked."""
        item = self._item_at(event)
        if item is not None:
            self.app.simulate_key(item.key)


def _text(key: Key, name: str) -> Content:
    """Return the display name of a key that is bound as ``name``, and the label."""
    return Content.assemble((key_names(name)[0], "bold $text-primary"), " ", (key.label, "$foreground-muted"))
