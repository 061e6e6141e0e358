"""The command palette: searches the actions of the keymap that can run now, and runs one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from textual.containers import Vertical
from textual.widgets import Input

from cloud_audit_tui.app.dialogs.dialog import Dialog
from cloud_audit_tui.app.keymap import APP, PALETTE_KEYS, SCAN, bindings, key_names, keys_by_id
from cloud_audit_tui.app.presentation.formatting import some
from cloud_audit_tui.app.presentation.themes import theme_names
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.pick_list import Cell, Column, ListMoves, PickList, Row
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.dom import DOMNode
    from textual.screen import Screen

MAX_ROWS = 16
AROUND_THE_ROWS = 7
"""The lines of the frame that are not rows: border, filter, headings and keys."""
WITHOUT_COMMAND = ("palette", "app.help")
"""The ids of keys that are no command of their own: that of the palette, and a second key of the help."""
COLUMNS = (Column("Command", 24, 60), Column("Key", 5, 14), Column("Group", 6, 14, gives_way=1))


class Command(NamedTuple):
    """An action that can run now; ``node`` is the widget, screen or app that has it."""

    id: str
    action: str
    label: str
    tooltip: str
    key: str
    group: str
    node: DOMNode


def commands_of(screen: Screen[Any]) -> list[Command]:
    """Return the actions of the keymap that can run on a screen now, in the order of the keymap."""
    declared = keys_by_id()
    active: dict[str, Command] = {}
    for binding in screen.active_bindings.values():
        key = declared.get(binding.binding.id or "")
        if key is not None and binding.enabled and key.id not in active and key.id not in WITHOUT_COMMAND:
            name = key_names(binding.binding.key)[0]
            active[key.id] = Command(
                key.id, binding.binding.action, key.label, key.tooltip, name, key.group, binding.node
            )
    without_key = [
        Command(key.id, key.action, key.label, key.tooltip, "", key.group, screen)
        for key in getattr(screen, "COMMANDS_WITHOUT_KEY", ())
    ]
    return [active[id_] for id_ in declared if id_ in active] + without_key


def choices_of(app: DOMNode, profile_groups: Mapping[str, Sequence[str]]) -> list[Command]:
    """Return a command for each theme and for each of the user's groups of profiles; the app has both."""
    themes = [
        Command(f"theme:{name}", f"use_theme({name!r})", name, f"Use the theme {name}", "", APP, app)
        for name in theme_names()
    ]
    groups = [
        Command(
            f"group:{name}",
            f"use_profile_group({number})",
            plain(name),
            f"Show the profiles of {plain(name)}: {some(profiles, 4)}",
            "",
            SCAN,
            app,
        )
        for number, (name, profiles) in enumerate(profile_groups.items())
    ]
    return [*groups, *themes]


class CommandPalette(ListMoves, Dialog[Command | None]):
    """Lists commands that contain every typed word; answers one, or None when the user leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(PALETTE_KEYS)]
    DEFAULT_CSS: ClassVar[str] = """
    CommandPalette {
        align: center top;
        .frame { max-width: 84; margin-top: 2; max-height: 80%; }
        #filter { margin: 0 0 1 0; }
    }
    """

    def __init__(self, commands: Sequence[Command]) -> None:
        super().__init__()
        self._commands = {command.id: command for command in commands}
        self._rows = [
            Row(
                command.id,
                (Cell(command.tooltip, "strong"), Cell(command.key), Cell(command.group, "muted")),
                markable=False,
            )
            for command in commands
        ]

    def compose(self) -> ComposeResult:
        """Lay out the filter, the list and the keys."""
        with Vertical(classes="frame") as frame:
            frame.border_title = "Commands"
            field = Input(placeholder="Type to search commands", id="filter", select_on_focus=False)
            field.cursor_blink = False
            yield field
            yield PickList(COLUMNS, empty="No command matches.", id="rows")
            yield KeyBar(PALETTE_KEYS)

    def on_mount(self) -> None:
        """Fill the list and focus the filter."""
        self.query_one(PickList).show_rows(self._rows)
        self.query_one(".frame").styles.height = min(len(self._rows), MAX_ROWS) + AROUND_THE_ROWS
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show the commands that match."""
        event.stop()
        words = event.value.lower().split()
        rows = [
            row for row in self._rows if all(word in _search_text(self._commands[row.key]) for word in words)
        ]
        self.query_one(PickList).show_rows(rows, from_the_top=True)

    def on_pick_list_moved(self, event: PickList.Moved) -> None:
        """Keep the message from other screens."""
        event.stop()

    def on_pick_list_pressed(self, event: PickList.Pressed) -> None:
        """Run the command that was clicked."""
        event.stop()
        if not event.twice:
            self.action_take()

    def action_take(self) -> None:
        """Answer the command under the cursor."""
        row = self.query_one(PickList).highlighted
        if row is None:
            self.app.bell()
        else:
            self.dismiss(self._commands[row.key])

    def action_leave(self) -> None:
        """Close the palette."""
        self.dismiss(None)


def _search_text(command: Command) -> str:
    return f"{command.tooltip} {command.label} {command.key} {command.group}".lower()
