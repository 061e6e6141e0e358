"""The text of the header line, without the session, because the first frame is shown before it exists."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual.content import Content

from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SEPARATOR, SHORT_SEPARATOR = "   ", "  "
PIECES = ("profiles", "account", "caller", "regions")
"""The parts of the identity by importance: the last one is left out first."""
LABELS = ("Profiles", "Accounts", "Identity", "Regions")
LEAST_IDENTITY = 20
"""The fewest cells of the identity; beyond that, a long status is cut."""


class Identity(NamedTuple):
    """The profiles, account, caller and regions of the view: the left side of the header."""

    profiles: tuple[str, ...] = ()
    account: str = ""
    caller: str = ""
    regions: str = ""
    opened: str = ""
    """The file name of an opened report."""


class Status(NamedTuple):
    """The progress of the scan or the age of the results, in a long and a short form."""

    long: Content = Content("")
    short: Content = Content("")


def regions_text(selection: Sequence[str], profiles: Sequence[str], own: Sequence[str]) -> str:
    """Return the regions of the next scan as text: the chosen ones, or the ``own`` ones of the profiles."""
    if selection:
        return formatting.regions(selection)
    if not profiles:
        return ""
    return formatting.some(list(dict.fromkeys(filter(None, own)))) or "the profile's own region"


def accounts_text(accounts: Sequence[tuple[str, str]]) -> str:
    """Return accounts (id, alias) as text: one with its alias, or the first and how many more."""
    identified = list(dict.fromkeys((plain(number), plain(alias)) for number, alias in accounts if number))
    if len(identified) == 1 and identified[0][1]:
        return f"{identified[0][0]} {identified[0][1]}"
    return formatting.some([number for number, _ in identified], 1)


def header_line(identity: Identity, status: Status, width: int) -> Content:
    """Return the line in the longest form that fits a width."""
    for left, right in _forms(identity, status):
        if left.cell_length + right.cell_length + len(SHORT_SEPARATOR) <= width:
            break
    else:
        right = right.truncate(max(width - LEAST_IDENTITY, 0), ellipsis=True)
        left = left.truncate(max(width - right.cell_length - 1, 0), ellipsis=True)
    return Content.assemble(left, " " * (width - left.cell_length - right.cell_length), right)


def _forms(identity: Identity, status: Status) -> Iterator[tuple[Content, Content]]:
    """Yield both sides from the longest form to the shortest."""
    yield _identity_text(identity, labels=True), status.long
    for pieces in range(len(PIECES), 1, -1):
        yield _identity_text(identity, pieces), status.long
    for pieces in range(len(PIECES), 0, -1):
        yield _identity_text(identity, pieces), status.short


def _identity_text(identity: Identity, pieces: int = len(PIECES), *, labels: bool = False) -> Content:
    line: list[Content] = []
    # The name of an opened report takes the place of the profiles.
    whose = identity.opened or formatting.some(identity.profiles)
    names = ("Report", *LABELS[1:]) if identity.opened else LABELS
    for name, label in list(zip(PIECES, names, strict=True))[:pieces]:
        value = whose if name == "profiles" else getattr(identity, name)
        if value:
            text = Content.styled(value, "bold $primary" if name == "profiles" else "$foreground")
            line.append(Content.assemble((f"{label} ", "$foreground 55%"), text) if labels else text)
    separator = SEPARATOR if labels else SHORT_SEPARATOR
    return Content(separator).join(line) if line else Content("No profile is chosen")
