"""The keys of the app, declared once for the footer, the help, the command palette and user keymaps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textual.actions import parse
from textual.binding import Binding
from textual.keys import KEY_NAME_REPLACEMENTS, Keys, format_key, key_to_character

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from textual.screen import Screen


@dataclass(frozen=True, slots=True)
class Key:
    """An action of a context and the keys that run it.

    ``id`` is its name in a user's keymap; ``keys`` are Textual key names, separated by commas; ``label`` is
    for the footer, ``tooltip`` describes it in help and palette, and ``group`` is its heading in the help.
    ``show`` puts it into the footer; ``priority`` runs it before the focused widget sees the key. With
    ``needs_scans``, an opened report refuses it: it is not offered there, and its key says why.
    """

    id: str
    keys: str
    action: str
    label: str
    tooltip: str
    group: str
    show: bool = True
    priority: bool = False
    needs_scans: bool = False


COPY = "Copy the fix"
FORM = "Values"
SCAN = "Scan"
FIND = "Find"
VIEW = "View"
MARK = "Mark"
MOVE = "Move"
APP = "App"


_MOVES = {
    "up": ("up", "k", "Up", "One {one} up"),
    "down": ("down", "j", "Down", "One {one} down"),
    "page_up": ("pageup", "ctrl+u", "Page up", "{page} up"),
    "page_down": ("pagedown", "ctrl+d", "Page down", "{page} down"),
    "first": ("home", "", "First", "The first {one}"),
    "last": ("end", "G", "Last", "The last {one}"),
}
"""The key, the second key, the label and the description of each move."""


def _moves(
    context: str,
    one: str,
    actions: Mapping[str, str],
    *,
    page: str = "One page",
    second_keys: bool = True,
    priority: bool = False,
) -> Iterator[Key]:
    """Yield the keys of `_MOVES` that have one of these ``actions``; ``one`` and ``page`` are the units.

    Without ``second_keys`` the letters go to a text field.
    """
    for name, action in actions.items():
        key, second, label, tooltip = _MOVES[name]
        keys = f"{key},{second}" if second_keys and second else key
        words = tooltip.format(one=one, page=page)
        yield Key(f"{context}.{name}", keys, action, label, words, MOVE, show=False, priority=priority)


def _list_moves(context: str, thing: str, *, priority: bool = False) -> Iterator[Key]:
    """Return the keys that move the cursor of a list while letters go to a text field."""
    actions = {"up": "cursor_up", "down": "cursor_down", "page_up": "page_up", "page_down": "page_down"}
    return _moves(context, thing, actions, second_keys=False, priority=priority)


def _text_moves(
    context: str,
    first: tuple[str, str] = ("first", "To the beginning"),
    last: tuple[str, str] = ("last", "To the end"),
) -> Iterator[Key]:
    """Yield the keys that scroll the text of a screen; ``first`` and ``last`` are names and descriptions."""
    for name, keys, where, label, tooltip in (
        ("up", "up,k", "up", "Up", "One line up"),
        ("down", "down,j", "down", "Down", "One line down"),
        ("page_up", "pageup,ctrl+u", "page_up", "Page up", "One page up"),
        ("page_down", "pagedown,ctrl+d,space", "page_down", "Page down", "One page down"),
        (first[0], "home", "home", "Top", first[1]),
        (last[0], "end,G", "end", "End", last[1]),
    ):
        yield Key(f"{context}.{name}", keys, f"scroll_text('{where}')", label, tooltip, MOVE, show=False)


def _screen_key(
    name: str,
    keys: str,
    label: str,
    tooltip: str,
    group: str,
    *,
    show: bool = True,
    needs_scans: bool = False,
) -> Key:
    """Return the key that opens the screen registered as ``name`` in `cloud_audit_tui.app.screens`."""
    action = f"app.open_screen('{name}')"
    return Key(f"open_{name}", keys, action, label, tooltip, group, show, needs_scans=needs_scans)


def _tab_keys(prefix: str, why: str) -> Iterator[Key]:
    """Yield the keys of the detail's tabs; ``prefix`` begins their ids, ``why`` explains the first."""
    for key, tab, label, tooltip in (
        ("1", "explanation", "Why", why),
        ("2", "cli", "CLI", "The fix as AWS CLI commands"),
        ("3", "terraform", "Terraform", "The fix in Terraform"),
        ("4", "evidence", "Evidence", "The facts read from AWS"),
    ):
        yield Key(f"{prefix}show_{tab}", key, f"show_tab('{tab}')", label, tooltip, VIEW, show=False)


MAIN_KEYS: tuple[Key, ...] = (
    Key("copy_cli", "c", "copy('cli')", "CLI", "Copy the fix as AWS CLI commands", COPY),
    Key("copy_terraform", "t", "copy('terraform')", "TF", "Copy the fix in Terraform", COPY),
    Key("verify", "v", "verify", "Verify", "Verify: read the resource again after the fix", SCAN),
    Key(
        "pick_profiles",
        "p",
        "pick_profiles",
        "Profile",
        "Choose the profiles to show",
        SCAN,
        needs_scans=True,
    ),
    Key(
        "group",
        "g",
        "group",
        "Group",
        "Group by check, service, resource, account, region or nothing, in turn",
        VIEW,
    ),
    Key("scan", "r", "scan", "Scan", "Scan the chosen profiles and regions", SCAN, needs_scans=True),
    Key(
        "log_in",
        "L",
        "log_in",
        "Log in",
        "Log in to the chosen profiles whose login has expired, then scan",
        SCAN,
        show=False,
    ),
    Key("filter", "slash", "filter", "Find", "Filter the findings by words", FIND),
    _screen_key("help", "question_mark,f1", "Help", "Show every key", APP),
    Key("quit", "q,ctrl+q", "app.quit", "Quit", "Quit; all findings are kept", APP),
    Key("save", "w", "save", "Save", "Write the fixes to a file", COPY),
    Key("copy_arn", "y", "copy('arn')", "ARN", "Copy the ARN of the resource", COPY),
    _screen_key("checks", "b", "Checks", "Browse the checks: what each finds, and why", FIND),
    Key(
        "mute",
        "m",
        "mute",
        "Mute",
        "Mute or unmute the finding or the group",
        FIND,
        needs_scans=True,
    ),
    _screen_key(
        "mutes",
        "ctrl+o",
        "Mutes",
        "List the mutes: expired, unused and too wide ones",
        FIND,
        show=False,
        needs_scans=True,
    ),
    Key("toggle_muted", "M", "toggle_muted", "Muted", "Show or hide what is muted", VIEW, show=False),
    Key(
        "export",
        "x",
        "export",
        "Export",
        "Export findings as a report: JSON, SARIF, CSV, HTML, …",
        COPY,
        show=False,
    ),
    _screen_key("overview", "0", "Overview", "Overview: heat, trend and gaps", FIND, show=False),
    _screen_key("history", "h", "History", "List the stored scans and compare them", FIND, show=False),
    _screen_key("timings", "T", "Timings", "Show the timings of the scan's AWS calls", SCAN, show=False),
    Key("sort", "s", "sort", "Sort", "Choose the column to sort by", VIEW),
    Key(
        "sort_next",
        "greater_than_sign",
        "sort_on(1)",
        "Sort right",
        "Sort by the next column",
        VIEW,
        show=False,
    ),
    Key(
        "sort_previous",
        "less_than_sign",
        "sort_on(-1)",
        "Sort left",
        "Sort by the previous column",
        VIEW,
        show=False,
    ),
    Key("sort_reverse", "S", "sort_reverse", "Reverse", "Reverse the order", VIEW, show=False),
    Key("columns", "C", "columns", "Columns", "Show, hide and resize columns", VIEW, show=False),
    Key("copy_field", "Y", "copy_field", "Field", "Copy any field of the finding", COPY, show=False),
    Key(
        "open_console",
        "o",
        "open_console",
        "Console",
        "Open the resource in the AWS console",
        FIND,
        show=False,
    ),
    Key(
        "back",
        "backspace",
        "back",
        "Go back",
        "Go back to the previous view, where the filter came from",
        FIND,
        show=False,
    ),
    Key("toggle_passes", "a", "toggle_passes", "Passes", "Show or hide what passed", VIEW),
    Key(
        "toggle_unassessed",
        "u",
        "toggle_unassessed",
        "Not assessed",
        "Show or hide what was not assessed",
        VIEW,
    ),
    Key(
        "fix_check",
        "F",
        "fix_check",
        "Fix check",
        "Mark all failures of this check and copy their fixes",
        COPY,
    ),
    Key(
        "pick_regions",
        "R",
        "pick_regions",
        "Region",
        "Choose the regions to scan",
        SCAN,
        needs_scans=True,
    ),
    Key(
        "cancel",
        "escape",
        "cancel",
        "Back",
        "Back from the detail to the table, clear the marks, go back, clear the filter, stop the scan",
        SCAN,
        show=False,
    ),
    Key(
        "show_errors",
        "exclamation_mark",
        "show_errors",
        "Failures",
        "Show in full, or in one line, why profiles cannot be used",
        VIEW,
        show=False,
    ),
    Key("show_notes", "n", "show_notes", "Notes", "Unfold or fold the notes below a fix", VIEW, show=False),
    *_tab_keys("", "Why the finding matters"),
    Key("focus_next", "tab", "app.focus_next", "Next pane", "Go to the next pane", VIEW, show=False),
    Key(
        "focus_previous",
        "shift+tab",
        "app.focus_previous",
        "Previous pane",
        "Go to the previous pane",
        VIEW,
        show=False,
    ),
)
"""Keys of the main screen, whichever widget has the focus (a text field takes letters first)."""

GROUP_COMMANDS: tuple[Key, ...] = tuple(
    Key(f"group_by_{name}", "", f"group_by('{name}')", label, tooltip, VIEW, show=False)
    for name, label, tooltip in (
        *(
            (each, f"By {each}", f"Group the findings by {each}")
            for each in ("check", "service", "resource", "account", "region")
        ),
        ("", "No groups", "List the findings without groups"),
    )
)
"""Commands of the palette without a key of their own."""

APP_KEYS: tuple[Key, ...] = (
    Key(
        "app.help",
        "f1",
        "app.open_screen('help')",
        "Help",
        "Show every key, the active ones first",
        APP,
        show=False,
    ),
    Key("palette", "ctrl+p", "app.command_palette", "Commands", "Search every command", APP, show=False),
    Key(
        "toggle_theme",
        "ctrl+t",
        "app.toggle_theme",
        "Theme",
        "Change between dark and light",
        APP,
        show=False,
    ),
    _screen_key("messages", "N", "Messages", "Read the notifications again", APP, show=False),
    Key(
        "dismiss", "z,f8", "app.dismiss_notifications", "Dismiss", "Remove the notifications", APP, show=False
    ),
)
"""Keys of every whole screen (a text field takes letters first)."""

DIALOG_KEYS: tuple[Key, ...] = (
    Key(
        "dialog.help",
        "f1",
        "app.open_screen('help')",
        "Help",
        "Show the keys of this dialog",
        APP,
        show=False,
    ),
    Key(
        "dialog.dismiss",
        "f8",
        "app.dismiss_notifications",
        "Dismiss",
        "Remove the notifications",
        APP,
        show=False,
    ),
)
"""Keys of every dialog."""

TABLE_KEYS: tuple[Key, ...] = (
    Key("table.mark", "space", "mark", "Mark", "Mark or unmark, to copy, save or verify together", MARK),
    Key(
        "table.mark_range",
        "V",
        "mark_range",
        "Range",
        "Mark from the last mark to here",
        MARK,
        show=False,
    ),
    Key("table.mark_down", "shift+down,J", "mark_on(1)", "Mark down", "Mark and move down", MARK, show=False),
    Key("table.mark_up", "shift+up,K", "mark_on(-1)", "Mark up", "Mark and move up", MARK, show=False),
    Key("table.mark_all", "ctrl+a", "mark_all", "All", "Mark every failure of the table", MARK, show=False),
    Key("table.mark_none", "ctrl+n", "mark_none", "None", "Clear all marks", MARK, show=False),
    Key(
        "table.open",
        "enter",
        "open_detail",
        "Open",
        "Read the selected finding, or open its group",
        MOVE,
        show=False,
    ),
    Key("table.fold", "left", "fold", "Fold", "Close the group", MOVE, show=False),
    Key("table.unfold", "right", "unfold", "Unfold", "Open the group", MOVE, show=False),
    Key("table.fold_all", "minus", "fold_all", "Fold all", "Close every group", MOVE, show=False),
    Key("table.unfold_all", "plus", "unfold_all", "Unfold all", "Open every group", MOVE, show=False),
    Key("table.up", "up,k", "cursor_up", "Up", "One finding up", MOVE, show=False),
    Key("table.down", "down,j", "cursor_down", "Down", "One finding down", MOVE, show=False),
    Key("table.page_up", "pageup", "page_up", "Page up", "One page up", MOVE, show=False),
    Key("table.page_down", "pagedown", "page_down", "Page down", "One page down", MOVE, show=False),
    Key("table.half_up", "ctrl+u", "half_page_up", "Half page up", "Half a page up", MOVE, show=False),
    Key(
        "table.half_down", "ctrl+d", "half_page_down", "Half page down", "Half a page down", MOVE, show=False
    ),
    Key("table.first", "home", "cursor_first", "First", "The first finding", MOVE, show=False),
    Key("table.last", "end,G", "cursor_last", "Last", "The last finding", MOVE, show=False),
)
"""Keys of the findings table."""

DETAIL_KEYS: tuple[Key, ...] = (
    Key("detail.leave", "escape", "screen.leave_detail", "To the table", "Back to the table", MOVE),
    *_moves(
        "detail",
        "line",
        {"up": "scroll_up", "down": "scroll_down", "page_up": "page_up", "page_down": "page_down"},
    ),
    Key("detail.first", "home", "scroll_home", "Top", "To the beginning", MOVE, show=False),
    Key("detail.last", "end,G", "scroll_end", "End", "To the end", MOVE, show=False),
)
"""Keys of the detail pane."""

FILTER_KEYS: tuple[Key, ...] = (
    Key(
        "filter.apply",
        "enter,down",
        "leave_filter",
        "To the table",
        "Keep the filter, go to the table",
        FIND,
        priority=True,
    ),
    Key("filter.clear", "escape", "clear_filter", "Clear", "Clear the filter, show all findings", FIND),
)
"""Keys of the filter's text field."""

PICKER_KEYS: tuple[Key, ...] = (
    Key(
        "picker.take",
        "enter",
        "take",
        "Choose",
        "Choose the marked rows, or this one",
        "Choose",
        priority=True,
    ),
    Key(
        "picker.mark",
        "space",
        "mark",
        "Mark",
        "Mark or unmark this row",
        "Choose",
        priority=True,
    ),
    Key(
        "picker.mark_all",
        "ctrl+a",
        "mark_all",
        "All",
        "Mark every listed row",
        "Choose",
        priority=True,
    ),
    Key("picker.mark_none", "ctrl+n", "mark_none", "None", "Clear all marks", "Choose", priority=True),
    Key("picker.leave", "escape", "leave", "Back", "Close without a change", "Choose"),
    *_list_moves("picker", "row", priority=True),
)
"""Keys of the profile and region pickers; every letter goes to their filter."""

PROFILE_KEYS: tuple[Key, ...] = (
    Key(
        "profiles.log_in",
        "ctrl+l",
        "log_in",
        "Log in",
        "Log in to the profile under the cursor",
        "Choose",
        show=False,
        priority=True,
    ),
)
"""Keys of the profile picker alone."""

UNIT_KEYS: tuple[Key, ...] = tuple(
    Key(f"profiles.{name}", keys, name, label, tooltip, MOVE, show=False, priority=True)
    for name, keys, label, tooltip in (
        ("fold", "left", "Fold", "Close the unit of this row"),
        ("unfold", "right", "Unfold", "Open the unit"),
        ("fold_all", "minus", "Fold all", "Close every unit"),
        ("unfold_all", "plus", "Unfold all", "Open every unit"),
    )
)
"""Keys of the profile picker that fold organizational units, as long as nothing is typed into its filter."""

FORM_KEYS: tuple[Key, ...] = (
    Key(
        "form.take",
        "enter",
        "take",
        "Next",
        "Use the row, go to the next field, and copy after the last",
        FORM,
        priority=True,
    ),
    Key("form.copy", "ctrl+y", "copy", "Copy", "Copy with these values", FORM, priority=True),
    Key(
        "form.variables",
        "ctrl+n",
        "copy_with_variables",
        "With variables",
        "Copy without values: the script stops until its variables are set",
        FORM,
        priority=True,
    ),
    Key("form.leave", "escape", "leave", "Back", "Copy nothing", FORM),
    Key("form.next", "tab", "app.focus_next", "Next field", "Go to the next field", MOVE, show=False),
    Key(
        "form.previous",
        "shift+tab",
        "app.focus_previous",
        "Previous field",
        "Go to the previous field",
        MOVE,
        show=False,
    ),
    *_list_moves("form", "row"),
)
"""Keys of the form that asks for a remediation's inputs; letters go to its fields."""

CHECKS_KEYS: tuple[Key, ...] = (
    Key(
        "checks.take", "enter", "take", "Its findings", "Show the findings of this check", FIND, priority=True
    ),
    Key("checks.read", "tab", "read", "Read", "Read the explanation, and back", VIEW, priority=True),
    Key("checks.leave", "escape", "leave", "Back", "Back to the list, then to the findings", APP),
    *_list_moves("checks", "check"),
)
"""Keys of the check browser; letters go to its filter, or scroll the focused explanation."""

HEAT_KEYS: tuple[Key, ...] = (
    *_moves("heat", "row", {"up": "move(-1, 0)", "down": "move(1, 0)"}),
    Key("heat.left", "left,h", "move(0, -1)", "Left", "One column to the left", MOVE, show=False),
    Key("heat.right", "right,l", "move(0, 1)", "Right", "One column to the right", MOVE, show=False),
    *_moves(
        "heat",
        "row",
        {
            "page_up": "move(-8, 0)",
            "page_down": "move(8, 0)",
            "first": "move(-999, 0)",
            "last": "move(999, 0)",
        },
        page="Eight rows",
    ),
)
"""Keys of a heat table."""

LIST_KEYS: tuple[Key, ...] = (
    *_moves(
        "list",
        "row",
        {
            "up": "move(-1)",
            "down": "move(1)",
            "page_up": "page(-1)",
            "page_down": "page(1)",
            "first": "edge(False)",
            "last": "edge(True)",
        },
    ),
)
"""Keys of a list on a screen with several."""

OVERVIEW_KEYS: tuple[Key, ...] = (
    Key("overview.open", "enter", "open", "Its findings", "Show the findings of this cell or row", FIND),
    Key("overview.next", "tab", "app.focus_next", "Next part", "Go to the next table or list", MOVE),
    Key(
        "overview.previous",
        "shift+tab",
        "app.focus_previous",
        "Previous part",
        "Go to the previous table or list",
        MOVE,
        show=False,
    ),
    Key(
        "overview.statement",
        "y",
        "copy_statement",
        "IAM statement",
        "Copy the IAM statement that allows what was denied",
        COPY,
    ),
    Key("overview.help", "question_mark", "app.open_screen('help')", "Help", "Show every key", APP),
    Key("overview.leave", "escape,q,0", "leave", "Back", "Back to the findings", APP),
)
"""Keys of the overview."""

HISTORY_KEYS: tuple[Key, ...] = (
    Key(
        "history.open",
        "enter",
        "open",
        "Compare",
        "Compare the scan with the marked one or the previous one; read a change",
        FIND,
    ),
    Key("history.mark", "space", "mark", "Mark", "Mark the scan to compare another one with", MARK),
    Key(
        "history.kind",
        "f",
        "next_kind",
        "Kind",
        "Show only new, reopened, fixed, gone or not scanned ones in turn",
        VIEW,
    ),
    Key(
        "history.copy_cli",
        "c",
        "copy('cli')",
        "CLI",
        "Copy the fix of the change as AWS CLI commands",
        COPY,
        show=False,
    ),
    Key(
        "history.copy_terraform",
        "t",
        "copy('terraform')",
        "TF",
        "Copy the fix of the change in Terraform",
        COPY,
        show=False,
    ),
    *_tab_keys("history.", "Why the change that is read matters"),
    Key(
        "history.show_notes",
        "n",
        "show_notes",
        "Notes",
        "Unfold or fold the notes below a fix",
        VIEW,
        show=False,
    ),
    Key("history.next", "tab", "app.focus_next", "Next part", "Go to the other list", MOVE, show=False),
    Key(
        "history.previous",
        "shift+tab",
        "app.focus_previous",
        "Previous part",
        "Go to the other list",
        MOVE,
        show=False,
    ),
    Key("history.help", "question_mark", "app.open_screen('help')", "Help", "Show every key", APP),
    Key("history.leave", "escape,q,h", "leave", "Back", "Back to the scans, then to the findings", APP),
)
"""Keys of the history."""

TIMINGS_KEYS: tuple[Key, ...] = (
    Key(
        "timings.sort",
        "s",
        "next_order",
        "Sort",
        "Sort by waiting, queued, CPU, throttled or calls, in turn",
        VIEW,
    ),
    Key("timings.help", "question_mark", "app.open_screen('help')", "Help", "Show every key", APP),
    Key("timings.leave", "escape,q,T", "leave", "Back", "Back to the findings", APP),
)
"""Keys of the timings of AWS calls."""

EXPORT_KEYS: tuple[Key, ...] = (
    Key("export.write", "enter", "write", "Write", "Write the file", "File", priority=True),
    Key(
        "export.complete", "tab", "complete", "Complete", "Complete the folder's name", "File", priority=True
    ),
    Key(
        "export.scope",
        "ctrl+s",
        "next_scope",
        "Scope",
        "What is shown, the marked ones, or everything",
        "File",
        priority=True,
    ),
    Key(
        "export.fixes",
        "ctrl+r",
        "toggle_fixes",
        "Fixes",
        "Include the fixes, where optional",
        "File",
        priority=True,
    ),
    Key("export.leave", "escape", "leave", "Back", "Write nothing", "File"),
    *_list_moves("export", "format", priority=True),
)
"""Keys of the export dialog; letters go to the name of the file."""

SORT_KEYS: tuple[Key, ...] = (
    Key("sort.take", "enter", "take", "Sort", "Sort by this column; press again to reverse", "Choose"),
    Key("sort.leave", "escape,q", "leave", "Back", "Keep the order", "Choose"),
    *_moves("sort", "row", {"up": "cursor_up", "down": "cursor_down"}),
)
"""Keys of the list of columns."""

COLUMNS_KEYS: tuple[Key, ...] = (
    Key("columns.show", "space", "show_or_hide", "Show or hide", "Show or hide the column", "Columns"),
    Key("columns.wider", "plus,right", "resize(1)", "Wider", "Make the column wider", "Columns"),
    Key("columns.narrower", "minus,left", "resize(-1)", "Narrower", "Make the column narrower", "Columns"),
    Key("columns.reset", "r", "reset", "Reset", "Reset every column to its default", "Columns"),
    Key("columns.leave", "escape,enter,q,C", "leave", "Done", "Close and keep the columns", "Columns"),
    *_moves("columns", "row", {"up": "cursor_up", "down": "cursor_down"}),
)
"""Keys of the dialog that shows, hides and resizes columns."""

FIELD_KEYS: tuple[Key, ...] = (
    Key("field.take", "enter", "take", "Copy", "Copy this field", "Choose", priority=True),
    Key("field.leave", "escape", "leave", "Back", "Copy nothing", "Choose"),
    *_list_moves("field", "field", priority=True),
)
"""Keys of the list of a finding's fields; letters go to its filter."""

MESSAGES_KEYS: tuple[Key, ...] = (
    Key("messages.close", "escape,q,N", "close", "Close", "Close the messages", APP),
    *_text_moves("messages", ("home", "To the newest"), ("end", "To the oldest")),
)
"""Keys of the list of notifications."""

COPY_TEXT_KEYS: tuple[Key, ...] = (
    Key("copy_text.bare", "o", "bare", "Bare terminal", "Print the text on the bare terminal", "Text"),
    Key("copy_text.write", "w", "write", "Write to a file", "Write the text to a file", "Text"),
    Key("copy_text.again", "c", "copy", "Copy again", "Copy the text again", "Text"),
    Key("copy_text.close", "escape,q", "close", "Close", "Go back to the findings", "Text"),
    Key(
        "copy_text.select_all",
        "ctrl+a",
        "select_all",
        "Select all",
        "Select all text",
        "Text",
        show=False,
    ),
    *_text_moves("copy_text"),
)
"""Keys of the screen that shows a text for selecting."""

HELP_KEYS: tuple[Key, ...] = (
    Key("help.close", "escape,question_mark,q", "close", "Close", "Close the help", APP),
    *_text_moves("help"),
)
"""Keys of the help."""

SAVE_KEYS: tuple[Key, ...] = (
    Key("save.save", "enter", "save", "Save", "Write the file", "File", priority=True),
    Key("save.leave", "escape", "leave", "Back", "Write nothing", "File"),
)
"""Keys of the dialog that asks for a file name."""

MUTES_KEYS: tuple[Key, ...] = (
    Key("mutes.take_back", "d,delete", "take_back", "Unmute", "Remove the mute from the file", "Mute"),
    Key("mutes.leave", "escape,q", "leave", "Back", "Back to the findings", APP),
)
"""Keys of the list of mutes."""

MUTE_KEYS: tuple[Key, ...] = (
    Key("mute.take", "enter", "take", "Mute", "Write the mute to the file", "Mute", priority=True),
    Key("mute.leave", "escape", "leave", "Back", "Mute nothing", "Mute"),
    *_list_moves("mute", "choice", priority=True),
)
"""Keys of the dialog that asks why a finding is accepted; letters go to its fields."""

LARGE_COPY_KEYS: tuple[Key, ...] = (
    Key("large_copy.copy", "enter,c", "copy", "Copy", "Copy the long text", "Text"),
    Key("large_copy.write", "w", "write", "Write to a file", "Write the text to a file", "Text"),
    Key("large_copy.leave", "escape,q", "leave", "Back", "Copy nothing", "Text"),
)
"""Keys of the question before a long text is copied."""

EXPIRED_KEYS: tuple[Key, ...] = (
    Key("expired.log_in", "L", "log_in", "Log in", "Log in with the AWS CLI, then continue", "Code"),
    Key("expired.try_again", "r,enter", "try_again", "Go on", "Continue with renewed credentials", "Code"),
    Key("expired.decline", "escape", "decline", "Skip", "Continue without this profile", "Code"),
)
"""Keys of the question after a profile's credentials have ended."""

MFA_KEYS: tuple[Key, ...] = (
    Key("mfa.give", "enter", "give", "Send", "Send the six digits to AWS", "Code", priority=True),
    Key("mfa.decline", "escape", "decline", "Skip", "Continue without this profile", "Code"),
)
"""Keys of the dialog that asks for an MFA code."""

WELCOME_KEYS: tuple[Key, ...] = (
    Key("welcome.demo", "d", "demo", "Demo", "Explore a demo AWS; no account needed", APP),
    Key("welcome.close", "escape,q", "close", "Close", "Close this page", APP),
)
"""Keys of the page for a machine without credentials."""

PALETTE_KEYS: tuple[Key, ...] = (
    Key("palette.run", "enter", "take", "Run", "Run this command", "Choose", priority=True),
    Key("palette.leave", "escape,ctrl+p", "leave", "Back", "Close the palette", "Choose", priority=True),
    *_list_moves("palette", "command", priority=True),
)
"""Keys of the command palette; letters go to its filter."""

ONLY_MOVING = ("cursor_", "half_page_", "move(", "page(", "page_", "scroll_")
"""Prefixes of the actions that only move a cursor or scroll."""

CONTEXTS: tuple[tuple[str, tuple[Key, ...]], ...] = (
    ("Everywhere", MAIN_KEYS),
    ("Every screen", APP_KEYS),
    ("Findings", TABLE_KEYS),
    ("Detail", DETAIL_KEYS),
    ("Filter", FILTER_KEYS),
    ("Profiles and regions", PICKER_KEYS),
    ("Profiles", (*PROFILE_KEYS, *UNIT_KEYS)),
    ("Inputs of a fix", FORM_KEYS),
    ("Checks", CHECKS_KEYS),
    ("Overview", OVERVIEW_KEYS),
    ("Heat table", HEAT_KEYS),
    ("List", LIST_KEYS),
    ("History", HISTORY_KEYS),
    ("Timings", TIMINGS_KEYS),
    ("Export", EXPORT_KEYS),
    ("Order", SORT_KEYS),
    ("Columns", COLUMNS_KEYS),
    ("Fields", FIELD_KEYS),
    ("Messages", MESSAGES_KEYS),
    ("Dialogs", DIALOG_KEYS),
    ("Commands", PALETTE_KEYS),
    ("Text", COPY_TEXT_KEYS),
    ("Save", SAVE_KEYS),
    ("Long text", LARGE_COPY_KEYS),
    ("Help", HELP_KEYS),
    ("Mute", MUTE_KEYS),
    ("Mutes", MUTES_KEYS),
    ("MFA code", MFA_KEYS),
    ("Credentials", EXPIRED_KEYS),
    ("Welcome", WELCOME_KEYS),
)
"""Every context with its name, in the order of the help."""


def bindings(keys: Iterable[Key]) -> list[Binding]:
    """Return the Textual bindings of some keys, in the same order."""
    return [
        Binding(
            key.keys,
            key.action,
            description=key.label,
            tooltip=key.tooltip,
            id=key.id,
            show=key.show,
            priority=key.priority,
        )
        for key in keys
    ]


def needs_scans(action: str, parameters: tuple[object, ...]) -> bool:
    """Return whether an opened report refuses the action of this name with these parameters."""
    return (action, parameters) in _NEEDS_SCANS


_NEEDS_SCANS = frozenset(parse(key.action)[1:] for _, keys in CONTEXTS for key in keys if key.needs_scans)


def keys_by_id() -> dict[str, Key]:
    """Return every key by its id."""
    return {key.id: key for _, keys in CONTEXTS for key in keys}


def rebound(keys: Iterable[Key], keymap: Mapping[str, str]) -> tuple[Key, ...]:
    """Return the keys with the changes of a user's keymap, which maps ids to key names."""
    return tuple(replace(key, keys=keymap.get(key.id) or key.keys) for key in keys)


def key_names(keys: str) -> list[str]:
    """Return the display names of comma-separated keys, such as ``^d`` or ``↑``."""
    names = []
    for key in keys.split(","):
        *modifiers, last = key.strip().split("+")
        name = _PLAIN_NAMES.get(last) or format_key(last)
        if "ctrl" in modifiers:
            name = f"^{name}"
        names.append("+".join([*(m for m in modifiers if m != "ctrl"), name]))
    return names


def first_key(key_id: str, keymap: Mapping[str, str] | None = None) -> str:
    """Return the display name of the first key of an action in a user's keymap."""
    return key_names((keymap or {}).get(key_id) or keys_by_id()[key_id].keys)[0]


def key_in_text(key_id: str, keymap: Mapping[str, str] | None = None) -> str:
    """Return the first key of an action in a user's keymap, as a sentence names it: ``r``, ``Esc``."""
    return _in_text(first_key(key_id, keymap))


def bound_key(screen: Screen[Any], key_id: str) -> str:
    """Return the key that runs an action on a screen, as a sentence names it."""
    bound = (each.binding for each in screen.active_bindings.values() if each.binding.id == key_id)
    binding = next(bound, None)
    return key_in_text(key_id) if binding is None else _in_text(key_names(binding.key)[0])


def _in_text(name: str) -> str:
    return name.capitalize() if len(name) > 1 and name.isalpha() else name


def character_of(key: str) -> str | None:
    """Return the character that a Textual key name types into a text field, None for no character."""
    return key if len(key) == 1 else _CHARACTERS.get(key)


_CHARACTERS = {
    "question_mark": "?",
    "exclamation_mark": "!",
    "slash": "/",
    "space": " ",
    "minus": "-",
    "plus": "+",
    "less_than_sign": "<",
    "greater_than_sign": ">",
}
_PLAIN_NAMES = {
    "escape": "esc",
    "enter": "enter",
    "pageup": "pgup",
    "pagedown": "pgdn",
    **{name: character for name, character in _CHARACTERS.items() if name != "space"},
}


_MODIFIERS = frozenset({"alt", "ctrl", "hyper", "meta", "shift", "super"})
_NAMED_KEYS = frozenset({key.value for key in Keys} | {*KEY_NAME_REPLACEMENTS.values()})
"""The keys that are no character, and the characters that Textual names otherwise than Unicode."""


def keymap_faults(
    keymap: Mapping[str, str], contexts: Sequence[tuple[str, Sequence[Key]]] = CONTEXTS
) -> list[tuple[str, str]]:
    """Return the faults of a user's keymap: the id of each faulty entry, and its fault."""
    ids = {key.id for _, keys in contexts for key in keys}
    faults = [(id_, "there is no such action; leave it out") for id_ in keymap if id_ not in ids]
    faults += [
        (id_, 'it has no key; name at least one, such as "ctrl+k"')
        for id_, keys in keymap.items()
        if not all(key.strip() for key in keys.split(","))
    ]
    faults += [
        (id_, f'there is no key {one!r}; write it like "k", "ctrl+k", "f5" or "slash"')
        for id_, keys in keymap.items()
        for one in _normalized(keys)
        if not _is_key(one)
    ]
    for context, keys in contexts:
        owner: dict[str, str] = {}
        for key in rebound(keys, keymap):
            for one in _normalized(key.keys):
                other = owner.setdefault(one, key.id)
                if other != key.id:
                    entry = key.id if key.id in keymap else other
                    clash = f"in {context!r}, {one!r} would run both {other!r} and {key.id!r}"
                    faults.append((entry, f"{clash}; choose another key for one of them"))
    return faults


def rebound_contexts(keymap: Mapping[str, str]) -> list[tuple[str, tuple[Key, ...]]]:
    """Return every context with the changes of a user's keymap."""
    return [(name, rebound(keys, keymap)) for name, keys in CONTEXTS]


def _normalized(keys: str) -> list[str]:
    """Return the long names of comma-separated keys: ``?`` and ``question_mark`` are the same key."""
    return [binding.key for binding in Binding.make_bindings([Binding(keys, "")])] if keys.strip(", ") else []


def _is_key(name: str) -> bool:
    """Return whether a long name is that of a key, as far as Textual tells: a terminal may not send it."""
    *modifiers, key = name.split("+")
    return _MODIFIERS.issuperset(modifiers) and (key in _NAMED_KEYS or key_to_character(key) is not None)


def moving_keys(keymap: Mapping[str, str]) -> frozenset[str]:
    """Return the keys that only move a cursor or scroll outside of a text field, in a user's keymap."""
    uses: dict[bool, set[str]] = {True: set(), False: set()}
    for _, declared in CONTEXTS:
        for each in declared if declared is not FILTER_KEYS else ():
            keys = keymap.get(each.id, each.keys)
            uses[each.action.startswith(ONLY_MOVING)].update(name.strip() for name in keys.split(","))
    return frozenset(uses[True] - uses[False])
