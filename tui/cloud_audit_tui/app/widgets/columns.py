"""Chooses the columns for a width and fits a row's text into them; no Textual here."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len, set_cell_size

from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.app.presentation.column_choices import ColumnChoices
from cloud_audit_tui.app.presentation.severity_badges import FIXED, NOT_ASSESSED, badge
from cloud_audit_tui.store.view import Sort
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from cloud_audit_tui.app.presentation.severity_badges import Badge
    from cloud_audit_tui.store.view import Row

GUTTER = 2
"""Cells left of the first column: the cursor's bar and a space."""
GAP, SHORT_GAP = 2, 1
"""Cells right of a column; the title has the wide gap from `ROOMY` on."""
VAST = 150
"""The width from which nothing is shortened."""
ROOMY = 110
"""The width from which the severity and the account are whole."""
NARROW = 76
"""The width below which the region is left out."""
RESOURCE_SHARE = 0.36
"""The largest share of the resource in the cells of title and resource."""
SEVERITY, SHORT_SEVERITY = 14, 6
"""Cells of the badge with its full word, and with its short word."""
LONGEST_CHECK, LEAST_CHECK = 32, 5
LEAST_TITLE, LEAST_RESOURCE = 8, 6
ACCOUNT, SHORT_ACCOUNT = 12, 6
"""Cells of the account: its whole id, or the end of it."""
LEAST_PROFILE, LONGEST_PROFILE, SHORT_PROFILE = 9, 20, 8
"""Cells of the profile: the least, the most, and the number below `ROOMY`."""
TITLE_BESIDE_PROFILE = 30
"""The width of the title below which the profile column is left out by default."""
LONGEST_RESOURCE = 44
"""The most cells of the resource; the title has the rest."""
TAIL = 0.4
"""The share of the cells that the end of a shortened name gets."""
ELLIPSIS = "…"
SERVICE_PREFIX = "aws-"


class Column(NamedTuple):
    """A column with its position; ``start``, ``width`` and the ``gap`` right of it are in cells.

    A ``short`` column leaves out the common prefix of its texts.
    """

    sort: Sort
    heading: str
    start: int
    width: int
    gap: int
    short: bool = False


class Contents(NamedTuple):
    """The needs of the rows: which values differ between them, and how long texts are.

    Without ``accounts`` all rows are of one account, and without ``profiles`` of one profile, which the
    header names. ``check`` and ``profile`` are the lengths of the longest check id and of the longest
    profile, which set the widths of their columns. The column of ``sort`` is always shown.
    """

    accounts: bool = True
    profiles: bool = False
    check: int = 17
    profile: int = 0
    sort: Sort = Sort.SEVERITY


def columns(
    width: int, contents: Contents | None = None, choices: ColumnChoices | None = None
) -> tuple[Column, ...]:
    """Return the columns for a table of ``width`` cells, in their order.

    ``choices`` are the user's; their widths are ignored if they do not fit. With several profiles, the
    account or the profile is shown by default: beside the account, the profile only if it is whole and the
    title keeps `TITLE_BESIDE_PROFILE` cells.
    """
    contents, choices = contents or Contents(), choices or ColumnChoices()
    placed = _placed(width, contents, choices)
    title = next(column for column in placed if column.sort is Sort.TITLE)
    is_chosen = Sort.PROFILE in choices.added or contents.sort is Sort.PROFILE
    has_room = width >= ROOMY and title.width >= TITLE_BESIDE_PROFILE
    if contents.profiles and contents.accounts and not is_chosen and not has_room:
        return _placed(width, contents._replace(profiles=False), choices)
    return placed


def _placed(width: int, contents: Contents, choices: ColumnChoices) -> tuple[Column, ...]:
    roomy, vast = width >= ROOMY, width >= VAST
    severity = SEVERITY if roomy else SHORT_SEVERITY
    gap = GAP if vast else SHORT_GAP
    check_cells = max(LEAST_CHECK, min(contents.check - (0 if vast else len(SERVICE_PREFIX)), LONGEST_CHECK))
    profile_cells = max(LEAST_PROFILE, min(contents.profile, LONGEST_PROFILE)) if roomy else SHORT_PROFILE
    by_account = contents.accounts or contents.sort is Sort.ACCOUNT
    by_profile = contents.profiles or contents.sort is Sort.PROFILE
    possible = (
        (Sort.SEVERITY, "Severity" if roomy else "Sev", severity, gap, True),
        (Sort.CHECK, "Check", check_cells, gap, True),
        (Sort.TITLE, "Title", 0, GAP if roomy else SHORT_GAP, True),
        (Sort.RESOURCE, "Resource", 0, gap, True),
        (Sort.REGION, "Region", 14, gap, width >= NARROW),
        (Sort.ACCOUNT, "Account", ACCOUNT if roomy else SHORT_ACCOUNT, gap, by_account),
        (Sort.PROFILE, "Profile", profile_cells, gap, by_profile),
    )
    listed_columns = [
        (sort, heading, choices.widths.get(sort, cells), after)
        for sort, heading, cells, after, by_itself in possible
        if choices.is_listed(sort, by_itself=by_itself)
    ]
    free = (
        width
        - GUTTER
        - sum(cells + after for sort, _, cells, after in listed_columns if sort is not Sort.TITLE)
    )
    free -= next(after for sort, _, _, after in listed_columns if sort is Sort.TITLE)
    resource = 0
    if any(sort is Sort.RESOURCE and not cells for sort, _, cells, _ in listed_columns):
        resource = max(LEAST_RESOURCE, min(round(free * RESOURCE_SHARE), LONGEST_RESOURCE))
    title = free - resource
    if title < LEAST_TITLE and choices.widths:
        return _placed(width, contents, ColumnChoices(choices.hidden, choices.added))
    shares = {Sort.TITLE: max(LEAST_TITLE, title), Sort.RESOURCE: resource}
    placed: list[Column] = []
    start = GUTTER
    for sort, heading, fixed, after in listed_columns:
        cells = shares[Sort.TITLE] if sort is Sort.TITLE else fixed or shares[sort]
        placed.append(Column(sort, heading, start, cells, after, short=sort is Sort.CHECK and not vast))
        start += cells + after
    return tuple(placed)


def resized(
    placed: tuple[Column, ...], choices: ColumnChoices, sort: Sort, cells: int
) -> ColumnChoices | None:
    """Return the choices with a column of ``placed`` wider by some cells; None if the title has no room.

    The title takes the cells from the resource, every other column takes them from the title.
    """
    widths = {column.sort: column.width for column in placed}
    if sort is Sort.TITLE:
        sort, cells = Sort.RESOURCE, -cells
    if sort not in widths or widths[Sort.TITLE] - cells < LEAST_TITLE:
        return None
    return choices.resized(sort, widths[sort] + cells)


def fit(text: str, cells: int) -> str:
    """Return the text in exactly this many cells: padded, or cut with an ellipsis."""
    if cell_len(text) <= cells:
        return set_cell_size(text, cells)
    return set_cell_size(text, cells - 1) + ELLIPSIS


def fit_ends(text: str, cells: int) -> str:
    """Return the text in this many cells, cut in the middle, because names often differ only at their end."""
    if cell_len(text) <= cells:
        return set_cell_size(text, cells)
    tail_cells = int((cells - 1) * TAIL)
    tail = text[len(text) - tail_cells :]
    while cell_len(tail) > tail_cells:
        tail = tail[1:]
    return set_cell_size(set_cell_size(text, cells - 1 - cell_len(tail)) + ELLIPSIS + tail, cells)


def fit_end(text: str, cells: int) -> str:
    """Return the text in this many cells; a longer text keeps its end, where numbers differ."""
    return text.ljust(cells) if len(text) <= cells else ELLIPSIS + text[len(text) - cells + 1 :]


def badge_of(row: Row) -> Badge:
    """Return the badge of a row's verdict."""
    return badge(row.status, row.severity, verified=bool(row.verified_at))


def cell(row: Row, column: Column, now: float = 0.0) -> str:
    """Return a row's text in a column, in exactly its cells; ``now`` is in seconds since 1970."""
    match column.sort:
        case Sort.SEVERITY:
            verdict = badge_of(row)
            word = verdict.word if column.width >= SEVERITY else verdict.short
            return fit(f"{verdict.sign} {word}", column.width)
        case Sort.CHECK:
            check_id = plain(row.check_id)
            return fit(check_id.removeprefix(SERVICE_PREFIX) if column.short else check_id, column.width)
        case Sort.TITLE:
            return fit(_title_prefix(row, now) + plain(row.title), column.width)
        case Sort.RESOURCE:
            return fit_ends(plain(row.resource_name or row.resource_id) or "–", column.width)
        case Sort.REGION:
            return fit(plain(row.region) or "–", column.width)
        case Sort.ACCOUNT:
            if row.account_id:
                return fit_end(plain(row.account_id), column.width)
            return fit(plain(row.profile), column.width)
        case Sort.PROFILE:
            return fit_ends(plain(row.profile), column.width)


def _title_prefix(row: Row, now: float) -> str:
    """Return the prefix of a title for other verdicts than a failure, which the title alone states."""
    verdict = badge_of(row)
    if verdict is NOT_ASSESSED:
        return "Not assessed: "
    return f"Fixed {formatting.moment(row.verified_at, now)}: " if verdict is FIXED else ""
