"""One input of a remediation in a form: its meaning, its field, and the fault of its value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from cloud_audit_tui.app.widgets.text_field import TextField
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from cloud_audit_tui.remediation.templates import Input as Needed


@dataclass(frozen=True)
class FormField:
    """One value that a form asks for.

    ``key`` is its key in the form's answer, ``name`` its name on the screen. Its choices are those of
    ``profile`` and ``region``, its ARNs those of ``partition``. ``subject`` tells the purpose of the value in
    a form for several findings. ``value`` is the initial value. ``unsuitable`` values are not offered, such
    as the audited bucket as the target of its own logs.
    """

    key: str
    name: str
    needed: Needed
    profile: str = ""
    region: str = ""
    partition: str = ""
    subject: str = ""
    value: str = ""
    unsuitable: frozenset[str] = frozenset()

    @property
    def place(self) -> tuple[str, str]:
        """The profile and the region in which its choices are listed."""
        return self.profile, self.region


class InputEntry(Vertical):
    """The name, the meaning, an example and a field of one input."""

    DEFAULT_CSS: ClassVar[str] = """
    InputEntry {
        height: auto;
        margin-bottom: 1;

        .meaning { height: auto; }
        .note { height: 1; text-overflow: ellipsis; text-wrap: nowrap; }
        .fault { padding: 0 1; }
        Input { background: $foreground 8%; }
        Input:focus { background: $foreground 16%; }
    }
    """

    def __init__(self, form_field: FormField) -> None:
        super().__init__()
        self.form_field = form_field
        self.needed = form_field.needed
        self.display_name = form_field.name
        self._partition = form_field.partition

    def compose(self) -> ComposeResult:
        """Lay out the name with its meaning, the example, the field and the fault."""
        needed = self.needed
        yield Static(
            Content.assemble((self.display_name, "bold $text-primary"), "  ", plain(needed.meaning)),
            classes="meaning",
            markup=False,
        )
        if self.form_field.subject:
            yield Static(Content(plain(self.form_field.subject)), classes="note", markup=False)
        like = f"such as {plain(needed.example)}" if needed.example else needed.kind.valid
        if needed.optional:
            like = f"may stay empty; {like}" if like else "may stay empty"
        if like:
            like = like.replace("PARTITION", self._partition or "aws")
            yield Static(Content(like), classes="note", markup=False)
        field = TextField(self.form_field.value, select_on_focus=False)
        if needed.kind.several:
            field.between_lines = ","
        field.cursor_blink = False
        yield field
        yield Static(classes="fault", markup=False)

    @property
    def field(self) -> Input:
        """The text field."""
        return self.query_one(Input)

    @property
    def value(self) -> str:
        """The text of the field, without surrounding spaces."""
        return self.field.value.strip()

    @property
    def parts(self) -> list[str]:
        """The values in the field: one, or several separated by commas."""
        return [part for part in self.needed.kind.split(self.value) if part]

    @property
    def fault(self) -> str:
        """What is wrong with the value; empty when it is valid."""
        if not self.value and self.needed.optional:
            return ""
        return self.needed.kind.fault(self.value, self._partition)

    def is_valid(self, value: str) -> bool:
        """Return whether a value would be valid."""
        return not self.needed.kind.fault(value, self._partition)

    @property
    def input_text(self) -> str:
        """The value at the end of the field, which the user is typing."""
        return self.needed.kind.split(self.value)[-1].strip()

    def put(self, value: str) -> None:
        """Put a value into the field; a field for several values adds it, or removes it if it has it."""
        if self.needed.kind.several:
            others = [part for part in self.parts if part != value and self.is_valid(part)]
            value = ",".join(others if value in self.parts else [*others, value])
        self.field.value = value
        self.field.cursor_position = len(value)

    def show_fault(self, text: str) -> bool:
        """Show a fault below the field; an empty text clears it. Return whether one is or was there."""
        fault = self.query_one(".fault", Static)
        was_there = fault.has_class("-visible")
        fault.update(Content(text))
        fault.set_class(bool(text), "-visible")
        return was_there or bool(text)
