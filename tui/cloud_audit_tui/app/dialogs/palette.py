"""The command palette: searches the actions of the keymap that can run now, and runs one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from cloud_audit_tui.app.dialogs.search_list import SearchList
from cloud_audit_tui.app.keymap import APP, PALETTE_KEYS, SCAN, bindings, key_names, keys_by_id
from cloud_audit_tui.app.presentation.formatting import some
from cloud_audit_tui.app.presentation.themes import theme_names
from cloud_audit_tui.app.widgets.pick_list import Cell, Column, Row
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.binding import BindingType
    from textual.dom import DOMNode
    from textual.screen import Screen

WITHOUT_COMMAND = ("palette", "app.help")
"""The ids of keys that are no commands: that of the palette itself, and a second key of the help."""
COLUMNS = (Column("Command", 24, 60), Column("Key", 5, 14), Column("Group", 6, 14, gives_way=1))


class Command(NamedTuple):
    """An action that can run now; ``node`` is the widget, screen or app that defines it."""

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
    """Return a command of the app for each of the user's groups of profiles and each theme."""
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


class CommandPalette(SearchList[Command]):
    """Lists commands that contain every typed word; answers one, or None when the user leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(PALETTE_KEYS)]
    DEFAULT_CSS: ClassVar[str] = """
    CommandPalette {
        align: center top;
        .frame { max-width: 84; margin-top: 2; max-height: 80%; }
        #filter { margin: 0 0 1 0; }
    }
    """
    columns = COLUMNS
    keys = PALETTE_KEYS
    noun = ("command", "commands")
    most_rows = 16

    def __init__(self, commands: Sequence[Command]) -> None:
        self._commands = {command.id: command for command in commands}
        super().__init__(
            "Commands",
            [
                Row(
                    command.id,
                    (Cell(command.tooltip, "strong"), Cell(command.key), Cell(command.group, "muted")),
                    markable=False,
                )
                for command in commands
            ],
        )

    def search_text(self, row: Row) -> str:
        """Return the description, the label, the key and the group of a command."""
        command = self._commands[row.key]
        return f"{command.tooltip} {command.label} {command.key} {command.group}"

    def answer_of(self, row: Row) -> Command:
        """Return the command of a row."""
        return self._commands[row.key]
