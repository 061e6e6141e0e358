"""What is painted before the main screen is imported: its first and its last line."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical

from cloud_audit_tui.app.keymap import MAIN_KEYS, TABLE_KEYS
from cloud_audit_tui.app.widgets.audit_header import AuditHeader
from cloud_audit_tui.app.widgets.key_bar import KeyBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from cloud_audit_tui.app.session import Session


class FirstFrame(Vertical):
    """The header and the keys where the main screen has them a moment later.

    A key that is pressed meanwhile is kept for the main screen by `KeyOrder`.
    """

    DEFAULT_CSS: ClassVar[str] = """
    FirstFrame {
        background: $background;

        KeyBar { dock: bottom; margin-top: 0; background: $surface; }
    }
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def compose(self) -> ComposeResult:
        """Lay out both lines."""
        yield AuditHeader(self._session)
        yield _FirstKeys(self._session)


class _FirstKeys(KeyBar):
    """The keys as they are named, since the widgets that bind them are not there yet."""

    def __init__(self, session: Session) -> None:
        super().__init__((*MAIN_KEYS, *TABLE_KEYS))
        self._keymap = session.keymap

    def _bound(self) -> dict[str, str]:
        names = {key.id: self._keymap.get(key.id, key.keys).partition(",")[0] for key in self._keys}
        return {key_id: name for key_id, name in names.items() if name}
