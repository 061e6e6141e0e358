"""The help: every key, generated from the keymap."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from cloud_audit_tui.app.dialogs.dialog import Dialog
from cloud_audit_tui.app.keymap import HELP_KEYS, Key, bindings, key_names
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.scrolling import TextMoves

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.dom import DOMNode
    from textual.screen import Screen

KEY_WIDTH = 11
HERE = " · here"
"""The mark after the name of a context whose keys work now."""

Context = tuple[str, tuple[Key, ...]]


class HelpScreen(TextMoves, Dialog[None]):
    """The keys of some contexts, each under its name and group; closes with Esc, ``?`` or ``q``.

    The contexts whose keys work now come first and are marked.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(HELP_KEYS)]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - declared so by Textual
    DEFAULT_CSS: ClassVar[str] = """
    HelpScreen {
        .frame { height: 90%; }
        #keys { height: 1fr; scrollbar-size-vertical: 1; scrollbar-gutter: stable; background: $surface; }
        #keys { scrollbar-color: $foreground 25%; scrollbar-background: $surface; }
        .columns { height: auto; }
        .column { width: 1fr; height: auto; padding: 0 1; }
        &.-narrow .columns { layout: vertical; }
    }
    """

    def __init__(self, contexts: Sequence[tuple[str, Sequence[Key]]]) -> None:
        """Show these contexts, in this order."""
        super().__init__()
        self._contexts = [(name, tuple(keys)) for name, keys in contexts if keys]

    def compose(self) -> ComposeResult:
        """Lay out the contexts in two columns of similar height, which a narrow screen stacks."""
        left, right = in_two_columns(self._contexts)
        with Vertical(classes="frame") as frame:
            frame.border_title = "Keys"
            with VerticalScroll(id="keys", can_focus=False), Horizontal(classes="columns"):
                yield KeyTable(left)
                yield KeyTable(right)
            yield KeyBar(HELP_KEYS)

    def action_close(self) -> None:
        """Close the help."""
        self.dismiss(None)


class KeyTable(Static):
    """The keys of some contexts, each with its description beside it."""

    def __init__(self, contexts: Sequence[Context]) -> None:
        """Show these contexts."""
        super().__init__(classes="column", markup=False)
        self._contexts = contexts
        self._wrapped_width = 0

    def on_resize(self) -> None:
        """Wrap the lines for the new width."""
        width = self.content_size.width
        if width != self._wrapped_width:
            self._wrapped_width = width
            lines = (line for name, keys in self._contexts for line in context_lines(name, keys, width))
            self.update(Content("\n").join(lines))


def context_lines(name: str, keys: Sequence[Key], width: int) -> list[Content]:
    """Return the lines of a context, at most ``width`` cells wide: its name, and its keys by group."""
    lines = [Content.assemble((name, "bold $text-primary"))]
    groups: dict[str, list[Key]] = {}
    for key in keys:
        groups.setdefault(key.group, []).append(key)
    for group, members in groups.items():
        if len(groups) > 1:
            lines.append(Content.assemble((f"  {group}", "$foreground-muted")))
        for key in members:
            names = " ".join(key_names(key.keys)).ljust(KEY_WIDTH)
            for line in textwrap.wrap(key.tooltip, max(16, width - KEY_WIDTH - 3)):
                lines.append(Content.assemble("  ", (names, "bold"), " ", line))
                names = " " * len(names)
    return [*lines, Content("")]


def in_two_columns(contexts: Sequence[Context]) -> tuple[Sequence[Context], Sequence[Context]]:
    """Return the contexts in two columns, in order, split where the taller column is shortest."""
    heights = [2 + len({key.group for key in keys}) + len(keys) for _, keys in contexts]
    cut = min(range(len(contexts) + 1), key=lambda at: max(sum(heights[:at]), sum(heights[at:])))
    return contexts[:cut], contexts[cut:]


def from_here(screen: Screen[Any], contexts: Sequence[Context]) -> list[Context]:
    """Return the contexts, first those whose keys work on a screen now, from the focused widget outwards."""
    chain: list[DOMNode] = list((screen.focused or screen).ancestors_with_self)
    distance = {
        active.binding.id: chain.index(active.node)
        for active in reversed(screen.active_bindings.values())
        if active.binding.id and active.node in chain
    }
    away = len(chain)
    nearest = {
        name: min((distance.get(key.id, away) for key in keys), default=away) for name, keys in contexts
    }
    ranks = [(nearest[name], name + HERE if nearest[name] < away else name, keys) for name, keys in contexts]
    return [(name, keys) for _, name, keys in sorted(ranks, key=lambda each: each[0])]
