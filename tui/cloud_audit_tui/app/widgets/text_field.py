"""The text field of every screen and dialog."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from textual.widgets import Input

if TYPE_CHECKING:
    from textual import events


class TextField(Input):
    """A field of one line that takes every line of a pasted text, where Textual's takes only the first."""

    between_lines = " "
    """The text between two pasted lines."""

    def on_paste(self, event: events.Paste) -> None:
        """Join the pasted lines; Textual's own handler then types the result."""
        if len(lines := event.text.splitlines()) > 1:
            ends = f"{string.whitespace}{self.between_lines}"
            event.text = self.between_lines.join(filter(None, (line.strip(ends) for line in lines)))
