"""The form that asks for the inputs of a remediation and lists the account's resources to choose from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from cloud_audit_tui.app.dialogs.dialog import Dialog
from cloud_audit_tui.app.errors import notify_on_error
from cloud_audit_tui.app.host import is_open
from cloud_audit_tui.app.keymap import FORM_KEYS, bindings, bound_key
from cloud_audit_tui.app.presentation.formatting import count
from cloud_audit_tui.app.widgets.input_entry import FormField, InputEntry
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.pick_list import Cell, Column, ListMoves, PickList, Row
from cloud_audit_tui.text import plain, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from cloud_audit_tui.app.keymap import Key
    from cloud_audit_tui.scan.events import Choice, ChoicesListed

NOUNS = {
    "bucket": ("bucket", "buckets"),
    "bucket_arn": ("bucket", "buckets"),
    "instance_profile": ("instance profile", "instance profiles"),
    "kms_key": ("KMS key", "KMS keys"),
    "lambda_function": ("Lambda function", "Lambda functions"),
    "role": ("role", "roles"),
    "role_name": ("role", "roles"),
    "security_group": ("security group", "security groups"),
    "sns_topic": ("SNS topic", "SNS topics"),
    "subnet": ("subnet", "subnets"),
}
"""The singular and the plural of each kind of listed resource."""
AROUND, AROUND_IF_SHORT = 7, 4
"""The lines of the frame that are neither fields nor list; a short terminal has no blank ones."""
LEAST_OFFERED, MOST_OFFERED = 6, 14
"""The lines of the list with its heading and the note below it."""
LEAST_LIST = 3
"""The lines that a long note leaves to the heading and the rows."""
COLUMNS = (Column("Name", 14, 60), Column("Id", 14, 60, gives_way=1))

VERBS = {"Copy": "copies", "Save": "saves", "Use": "uses"}
"""What Enter does after the last field, by the verb of the form."""

Place = tuple[str, str]
"""A profile and a region."""


def _list_nothing(_place: Place, _kinds: list[str]) -> None:
    """List nothing: every value is typed."""


class InputForm(ListMoves, Dialog[dict[str, str] | None]):
    """Asks for values; answers them by key, an empty dict to go on with variables, None to do nothing.

    The list shows the resources for the focused field, and the text of the field narrows it. Enter does
    one thing at a time, which the line above the keys names.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(FORM_KEYS)]
    DEFAULT_CSS: ClassVar[str] = """
    InputForm {
        .frame { height: auto; }
        #about { height: 1; margin-bottom: 1; text-overflow: ellipsis; text-wrap: nowrap; }
        #entries { height: auto; scrollbar-size-vertical: 1; }
        #entries { scrollbar-color: $foreground 25%; scrollbar-background: $surface; }
        #offered { display: none; }
        #listed { height: auto; }
        #next { height: 1; text-overflow: ellipsis; text-wrap: nowrap; }

        &.-offering #offered { display: block; }
        #offered.-unlisted #choices { display: none; }
    }
    """

    def __init__(
        self,
        what: str,
        fields: Sequence[FormField],
        *,
        about: str,
        verb: str = "Copy",
        partial: bool = False,
        request_choices: Callable[[Place, list[str]], None] = _list_nothing,
    ) -> None:
        """Ask for the values of ``what``; ``about`` tells their purpose, ``verb`` names the next action.

        ``request_choices`` is called with a place and the kinds of resources to list there when a field of
        that place gets the focus; `add_choices` receives them. With ``partial``, a field may stay empty.
        """
        super().__init__()
        self._what = what
        self._verb = verb
        self._about = plain(about)
        self._partial = partial
        self._request_choices = request_choices
        self._entries = [InputEntry(each) for each in fields]
        self._choice_lists: dict[tuple[Place, str], ChoicesListed] = {}
        self._requested: set[Place] = set()
        self._moved = False
        self._offered_lines = LEAST_OFFERED

    def _kinds(self, place: Place) -> list[str]:
        """Return the kinds of resources to list in a place, without duplicates."""
        entries = (entry for entry in self._entries if entry.form_field.place == place)
        return list(dict.fromkeys(kind for entry in entries if (kind := entry.needed.kind.candidates)))

    @property
    def _has_lists(self) -> bool:
        return any(entry.needed.kind.candidates for entry in self._entries)

    def compose(self) -> ComposeResult:
        """Lay out the subject, the fields, the list, what Enter does, and the keys."""
        with Vertical(classes="frame") as frame:
            frame.border_title = Content(f"{self._verb} {self._what}")
            yield Static(Content(self._about), id="about", classes="note", markup=False)
            with VerticalScroll(id="entries", can_focus=False):
                yield from self._entries
            with Vertical(id="offered"):
                yield PickList(COLUMNS, empty="", id="choices")
                yield Static(id="listed", classes="note", markup=False)
            yield Static(id="next", markup=False)
            yield KeyBar([self._labelled(key) for key in FORM_KEYS])

    def _labelled(self, key: Key) -> Key:
        """Return a key, with the verb of the form as the label of its main key."""
        return replace(key, label=self._verb) if key.id == "form.copy" else key

    def on_mount(self) -> None:
        """Focus the first field that needs a value."""
        self.set_class(self._has_lists, "-offering")
        unfilled = [entry for entry in self._entries if entry.fault]
        (unfilled or self._entries)[0].field.focus()
        self._offer()
        self.call_after_refresh(self._fit)

    def on_resize(self) -> None:
        """Share the height between the fields and the list."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        """Give the list the height that the fields leave; where that is too little, the fields scroll."""
        entries = self.query_one("#entries")
        room = self.size.height - (AROUND_IF_SHORT if self.has_class("-short") else AROUND)
        if self._has_lists:
            remainder = room - entries.virtual_size.height
            lines = max(LEAST_OFFERED, min(MOST_OFFERED, remainder))
            self.query_one("#offered").styles.height = self._offered_lines = lines
            room -= lines
            self._fit_note()
        entries.styles.max_height = max(room, 1)
        self.call_after_refresh(self._scroll_to_entry)

    def _scroll_to_entry(self) -> None:
        """Scroll to the focused input; where not all of it has room, its field and its fault are shown."""
        entry = self._entry
        for part in (entry, *entry.query(".fault.-visible"), entry.field):
            part.scroll_visible(animate=False, immediate=True)

    def _fit_note(self) -> None:
        """Give the note the lines that the list leaves: all of them where nothing could be listed."""
        is_alone = self.query_one("#offered").has_class("-unlisted")
        self.query_one("#listed").styles.max_height = self._offered_lines - (0 if is_alone else LEAST_LIST)

    def add_choices(self, place: Place, choice_list: ChoicesListed) -> None:
        """Show the resources of one kind in one place."""
        self._choice_lists[place, choice_list.kind] = choice_list
        if is_open(self):
            self._offer()

    @property
    def _entry(self) -> InputEntry:
        """The input whose field has the focus."""
        return next((entry for entry in self._entries if entry.has_focus_within), self._entries[0])

    def _choice_list(self, entry: InputEntry) -> ChoicesListed | None:
        return self._choice_lists.get((entry.form_field.place, entry.needed.kind.candidates))

    def _request_lists(self, place: Place) -> None:
        if place not in self._requested and (kinds := self._kinds(place)):
            self._requested.add(place)
            self._request_choices(place, kinds)

    # The list

    @notify_on_error
    def _offer(self) -> None:
        """List the resources for the focused field, narrowed by its text."""
        entry = self._entry
        kind = entry.needed.kind.candidates
        self._request_lists(entry.form_field.place)
        picks = self.query_one(PickList)
        offered = self.query_one("#offered")
        offered.visible = bool(kind)
        choices = self._choices(entry)
        offered.set_class(not choices and self._reason(entry) != "", "-unlisted")
        self._fit_note()
        values = {choice.value for choice in choices}
        words = [] if entry.input_text in values else entry.input_text.lower().split()
        matches = [choice for choice in choices if all(word in _search_text(choice) for word in words)]
        picks.set_empty_text(self._empty_text(entry, has_choices=bool(choices)))
        several = entry.needed.kind.several
        picks.show_rows([_row(choice, markable=several) for choice in matches])
        picks.show_marks(frozenset(entry.parts) & values if several else frozenset())
        if entry.input_text in values and not self._moved:
            picks.move_to(entry.input_text)
        if kind:
            self.query_one("#listed", Static).update(Content(self._list_note(entry, len(choices))))
        self._show_next()

    def _empty_text(self, entry: InputEntry, *, has_choices: bool) -> str:
        choice_list = self._choice_list(entry)
        if choice_list is None:
            return "Reading…" if entry.needed.kind.candidates else ""
        if has_choices:
            return "Nothing matches."
        return "Nothing."

    def _reason(self, entry: InputEntry) -> str:
        """Return why there is no list for a field, or why it has not everything; empty for neither."""
        choice_list = self._choice_list(entry)
        return "" if choice_list is None else quoted(choice_list.reason)

    def _choices(self, entry: InputEntry) -> list[Choice]:
        choice_list = self._choice_list(entry)
        unsuitable = entry.form_field.unsuitable
        usable = {
            each.value: each
            for each in (choice_list.choices if choice_list else ())
            if each.value not in unsuitable and entry.is_valid(each.value)
        }
        return list(usable.values())

    def _list_note(self, entry: InputEntry, number: int) -> str:
        kind = entry.needed.kind.candidates
        one, several = NOUNS.get(kind, (kind, kind))
        where = plain(", ".join(filter(None, entry.form_field.place)))
        if self._choice_list(entry) is None:
            return f"Reading the {several} ({where})… You can type a value meanwhile."
        reason = self._reason(entry)
        if number:
            return f"{count(number, one, several)} ({where}). {reason}".rstrip()
        if reason:
            return f"The {several} cannot be listed: {reason} Type a value."
        return f"There are no suitable {several} ({where}). Type a value."

    # What Enter does

    def _row_to_take(self) -> Row | None:
        """Return the row that Enter puts into the field, None if Enter does something else."""
        entry = self._entry
        row = self.query_one(PickList).highlighted if entry.needed.kind.candidates else None
        if row is None or (not self._moved and not entry.fault):
            return None
        return row

    def _unfilled(self) -> list[InputEntry]:
        """Return the inputs that still need a value, those after the focused one first.

        Where fields may stay empty, those before the focused one have been skipped.
        """
        here = self._entries.index(self._entry)
        before = [] if self._partial else self._entries[: here + 1]
        return [entry for entry in self._entries[here + 1 :] + before if entry.fault]

    def _may_stay(self, entry: InputEntry) -> bool:
        """Return whether a field can be left as it is."""
        return not entry.fault or (self._partial and not entry.value)

    def _show_next(self) -> None:
        entry, row, unfilled = self._entry, self._row_to_take(), self._unfilled()
        does, what = "", ""
        if row is not None:
            does = "removes" if entry.needed.kind.several and row.key in entry.parts else "uses"
            what = row.key
        elif not entry.value and not self._may_stay(entry):
            self.query_one("#next", Static).update(Content.styled("Type a value", "$foreground-muted"))
            return
        elif not self._may_stay(entry):
            does = "shows the valid values"
        elif unfilled:
            does, what = "goes to", unfilled[0].display_name
        else:
            does, what = VERBS[self._verb], self._what
        line = Content.assemble(
            (f"{bound_key(self, 'form.take')} {does} ", "$foreground-muted"), (plain(what), "bold")
        )
        self.query_one("#next", Static).update(line)

    def action_take(self) -> None:
        """Use the row under the cursor, or go to the next field, or copy when every value is valid."""
        entry, row = self._entry, self._row_to_take()
        if row is not None:
            self._take(row.key)
        elif not self._may_stay(entry):
            self._show_fault_of(entry)
        elif unfilled := self._unfilled():
            unfilled[0].field.focus()
        else:
            self.action_copy()

    def _take(self, value: str) -> None:
        self._moved = False
        self._entry.put(value)

    def _show_fault_of(self, entry: InputEntry) -> None:
        entry.show_fault(entry.fault)
        self.call_after_refresh(self._fit)
        self.app.bell()

    def action_copy(self) -> None:
        """Answer the values if all are valid; else show which are not, and why."""
        faulty = [entry for entry in self._entries if not self._may_stay(entry)]
        if not faulty:
            self.dismiss({entry.form_field.key: entry.value for entry in self._entries if entry.value})
            return
        for entry in self._entries:
            entry.show_fault(entry.fault if entry in faulty else "")
        if self._entry not in faulty:
            faulty[0].field.focus()
        self._show_fault_of(self._entry)

    def action_copy_with_variables(self) -> None:
        """Answer an empty dict: the script keeps its variables."""
        self.dismiss({})

    def action_leave(self) -> None:
        """Copy nothing."""
        self.dismiss(None)

    # Typing and moving

    def on_input_changed(self, event: Input.Changed) -> None:
        """Clear the fault and narrow the list."""
        event.stop()
        self._moved = False
        entry = self._entry
        if event.input is entry.field and entry.show_fault(""):
            self.call_after_refresh(self._fit)
        self._offer()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """List the resources for the field that is focused now."""
        self._moved = False
        self.call_after_refresh(self._scroll_to_entry)
        self._offer()

    def on_pick_list_moved(self, event: PickList.Moved) -> None:
        """Show what Enter does now."""
        event.stop()
        self._show_next()

    @notify_on_error
    def on_pick_list_pressed(self, event: PickList.Pressed) -> None:
        """Use the row that was clicked."""
        event.stop()
        self._take(event.key)

    def move_cursor(self, rows: int) -> None:
        """Move the cursor of the list; Enter then uses its row, also for a field with a value."""
        picks = self.query_one(PickList)
        if picks.highlighted is None:
            self.app.bell()
            return
        self._moved = True
        picks.move_by(rows)
        self._show_next()


def _row(choice: Choice, *, markable: bool) -> Row:
    short = plain(choice.value.rpartition(":")[2] if choice.value.startswith("arn:") else choice.value)
    label = plain(choice.label)
    cells = (
        (Cell(label, "strong"), Cell(short, "muted")) if label != short else (Cell(label, "strong"), Cell(""))
    )
    return Row(choice.value, cells, markable=markable)


def _search_text(choice: Choice) -> str:
    return f"{choice.label} {choice.value}".lower()
