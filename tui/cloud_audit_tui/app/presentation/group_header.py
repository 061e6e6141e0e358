"""The header line of a group of findings: its label, and its counts by severity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.app.presentation.severity_badges import NOT_ASSESSED, PASSED, SEVERITY_BADGES, Badge
from cloud_audit_tui.store.folding import Grouping
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud_audit_tui.store.groups import Group

OPEN, CLOSED = "▾", "▸"
NAMELESS = "–"
LEAST_LABEL = 12
"""The fewest cells of the label; beyond that, the counts are cut."""
ELLIPSIS = "…"

Piece = tuple[str, str]
"""A text and the name of its style; an empty name is the normal style."""


def header_pieces(group: Group, *, is_open: bool, width: int) -> list[Piece]:
    """Return the pieces of the line, exactly ``width`` cells, with the counts at the right."""
    counts = _counts(group)
    right = sum(cell_len(text) for text, _ in counts)
    room = max(width - right - 1, LEAST_LABEL)
    sign = f"{OPEN if is_open else CLOSED} "
    label, note = plain(group.label) or NAMELESS, plain(group.note)
    left = f"{sign}{label}"
    if cell_len(left) > room:
        left, note = set_cell_size(left, room - 1) + ELLIPSIS, ""
    if note:
        note = f"  {note}"
        free = room - cell_len(left)
        if cell_len(note) > free:
            note = set_cell_size(note, free - 1) + ELLIPSIS if free > LEAST_LABEL else ""
    gap = max(width - right - cell_len(left) - cell_len(note), 1)
    return [(left, "title"), (note, "dim"), (" " * gap, ""), *counts]


def group_hint(
    group: Group, grouping: Grouping | None, key_name: Callable[[str], str], *, can_mute: bool
) -> Content:
    """Return what the keys do on the header of a group; ``key_name`` returns the user's key of an action."""
    opening, fold, unfold = map(key_name, ("table.open", "table.fold_all", "table.unfold_all"))
    is_check = grouping is Grouping.CHECK
    muting = f"{key_name('mute')} mutes {'the check' if is_check else 'its findings'}" if can_mute else ""
    fixing = f"{key_name('fix_check')} copies all its fixes" if is_check else ""
    keys = "  ".join(filter(None, (muting, fixing)))
    return Content.assemble(
        (plain(group.label) or NAMELESS, "bold"),
        f"  {formatting.count(group.rows, 'finding')}",
        (f"  {opening} opens or closes it, {unfold} and {fold} all  {keys}", "$foreground 60%"),
    )


def _counts(group: Group) -> list[Piece]:
    numbers: list[tuple[Badge, int]] = [
        *zip(SEVERITY_BADGES.values(), group.failed, strict=True),
        (NOT_ASSESSED, group.not_assessed),
        (PASSED, group.passed),
    ]
    pieces: list[Piece] = []
    for badge, number in numbers:
        if number:
            pieces.append((f"{badge.sign} {number:,}  ", badge.color))
    return pieces
