"""Finds the app's stylesheets: inside the package in a wheel, at the top of a checkout."""

from __future__ import annotations

from pathlib import Path, PurePath

_PACKAGE = Path(__file__).resolve().parents[2]
_PLACES = (_PACKAGE / "styles", _PACKAGE.parent.parent / "styles")


def stylesheets() -> list[str | PurePath]:
    """Return the absolute paths of every ``*.tcss`` file, in the order of their names.

    Raises `FileNotFoundError` when the program was installed without them.
    """
    for place in _PLACES:
        sheets = sorted(place.glob("*.tcss"))
        if sheets:
            return list(sheets)
    raise FileNotFoundError(
        f"The stylesheets are in none of {', '.join(map(str, _PLACES))}. Install cloud-audit-tui again."
    )
