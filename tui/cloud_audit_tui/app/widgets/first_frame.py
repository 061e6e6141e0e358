"""The first frame, before the session and the main screen are imported: their first and last line."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical

from cloud_audit_tui.app.keymap import MAIN_KEYS, TABLE_KEYS
from cloud_audit_tui.app.widgets.header_line import HeaderLine
from cloud_audit_tui.app.widgets.key_bar import KeyBar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult

    from cloud_audit_tui.app.presentation.header_line import Identity


class FirstFrame(Vertical):
    """The header and the keys where the main screen has them a moment later.

    `KeyOrder` keeps the keys pressed meanwhile for the main screen.
    """

    DEFAULT_CSS: ClassVar[str] = """
    FirstFrame {
        background: $background;

        KeyBar { dock: bottom; margin-top: 0; background: $surface; }
    }
    """

    def __init__(self, identity: Identity, keymap: Mapping[str, str]) -> None:
        super().__init__()
        self._identity = identity
        self._keymap = keymap

    def compose(self) -> ComposeResult:
        """Lay out both lines."""
        header = HeaderLine()
        header.identity = self._identity
        yield header
        yield _FirstKeys(self._keymap, is_report=bool(self._identity.opened))


class _FirstKeys(KeyBar):
    """The keys by their declared names, because the widgets that bind them are not mounted yet."""

    def __init__(self, keymap: Mapping[str, str], *, is_report: bool) -> None:
        keys = (*MAIN_KEYS, *TABLE_KEYS)
        super().__init__([key for key in keys if not (is_report and key.needs_scans)])
        self._keymap = keymap

    def _bound(self) -> dict[str, str]:
        names = {key.id: self._keymap.get(key.id, key.keys).partition(",")[0] for key in self._keys}
        return {key_id: name for key_id, name in names.items() if name}
