"""Finds the app's stylesheets: inside the package in a wheel, at the top of a checkout."""

from __future__ import annotations

from pathlib import Path, PurePath

FIRST_FRAME = "first_frame.tcss"
"""The one stylesheet that the first frame waits for."""
_PACKAGE = Path(__file__).resolve().parents[2]
_PLACES = (_PACKAGE / "styles", _PACKAGE.parent.parent / "styles")


def first_stylesheets() -> list[str | PurePath]:
    """Return the absolute path of the stylesheet of the first frame; raises like `later_stylesheets`."""
    return [path for path in _stylesheets() if path.name == FIRST_FRAME]


def later_stylesheets() -> list[str | PurePath]:
    """Return the absolute paths of the other ``*.tcss`` files, in the order of their names.

    Raises `FileNotFoundError` when the program was installed without them.
    """
    return [path for path in _stylesheets() if path.name != FIRST_FRAME]


def _stylesheets() -> list[Path]:
    for place in _PLACES:
        sheets = sorted(place.glob("*.tcss"))
        if sheets:
            return sheets
    raise FileNotFoundError(
        f"The stylesheets are in none of {', '.join(map(str, _PLACES))}. Install cloud-audit-tui again."
    )
