"""The user's choices of the last run, in a file beside the store: validated on read, replaced as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.app.presentation.column_choices import ColumnChoices
from cloud_audit_tui.store.folding import Grouping
from cloud_audit_tui.store.view import Sort

if TYPE_CHECKING:
    from pathlib import Path

NAME = "view.json"
"""The name of the file beside the store."""
VERSION = 1
LARGEST = 1_000_000
"""The most bytes of the file; a larger one is not ours."""


class RememberedView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The choices of a run; ``version`` is that of the layout.

    ``theme`` was chosen in the app while ``theme_over`` was the theme of the settings; if that has changed
    since, the theme of the settings wins.
    """

    version: int = VERSION
    profiles: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    filter: str = ""
    sort: Sort = Sort.SEVERITY
    descending: bool = False
    passes: bool = False
    unassessed: bool = False
    muted: bool = False
    grouping: Grouping | None = None
    columns: ColumnChoices = ColumnChoices()
    theme: str = ""
    theme_over: str = ""


def load(path: Path) -> tuple[RememberedView, str]:
    """Return the choices in a file, and a sentence about the part that cannot be used, empty if none.

    A missing file holds no choices; a broken file, or one of another program, is ignored.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise ValueError("it is too large")
        view = msgspec.json.decode(data, type=RememberedView)
        if view.version != VERSION:
            raise ValueError(f"it is of version {view.version}")
    except FileNotFoundError:
        return RememberedView(), ""
    except OSError as error:
        return RememberedView(), f"{path} cannot be read ({error.strerror}): {_NOT_USED}"
    except (ValueError, msgspec.DecodeError, RecursionError) as error:
        return RememberedView(), f"{path} is not a file of this program ({error}): {_NOT_USED}"
    if not view.filter:
        return view, ""
    # Most runs end without a filter, and the first frame waits for what is imported here.
    from cloud_audit_tui.filters.errors import FilterError  # noqa: PLC0415
    from cloud_audit_tui.filters.parse import parse  # noqa: PLC0415

    try:
        parse(view.filter)
    except FilterError:
        note = "The filter of the last run is no longer valid and is left out."
        return msgspec.structs.replace(view, filter=""), note
    return view, ""


_NOT_USED = "the choices of the last run are not used. Your next choice replaces the file."


def save(path: Path, view: RememberedView) -> None:
    """Write the file, whole and readable by its owner alone. Raises `OSError`."""
    from cloud_audit_tui.private_file import write_private  # noqa: PLC0415

    write_private(path, msgspec.json.format(msgspec.json.encode(view)), replace=True)
