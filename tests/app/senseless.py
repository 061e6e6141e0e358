"""A failure that nobody foresaw, to put in the place of a function of the app."""

from __future__ import annotations

from typing import Any


def fails(*_: Any, **__: Any) -> Any:
    """Raise an error whose text is also markup."""
    raise TypeError("these data [/x] make no sense")
