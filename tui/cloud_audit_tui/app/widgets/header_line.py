"""The first line of the screen as a widget: the identity at the left, and the status at the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.reactive import reactive
from textual.widget import Widget

from cloud_audit_tui.app.presentation.header_line import Identity, Status, header_line

if TYPE_CHECKING:
    from textual.content import Content


class HeaderLine(Widget):
    """One line: the identity at the left, the progress of the scan or the age of the results at the right."""

    identity: reactive[Identity] = reactive(Identity())
    status: reactive[Status] = reactive(Status())

    def render(self) -> Content:
        """Return the line in the longest form that fits the width."""
        return header_line(self.identity, self.status, self.content_size.width)
