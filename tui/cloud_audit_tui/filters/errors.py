"""The one error of the filter language."""

from __future__ import annotations


class FilterError(ValueError):
    """An invalid filter: what is wrong, what is allowed, and where.

    ``position`` is the index of the first wrong character in the filter's text, its length for "at the end".
    """

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position
