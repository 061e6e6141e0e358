"""The file of mutes, as the app reads and changes it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cloud_audit_tui.config.audit_file import AuditFile, add_mutes, load, remove_mutes
from cloud_audit_tui.config.mutes import ActiveMutes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cloud_audit_tui.config.mutes import Mute
    from cloud_audit_tui.store.store import Store


class MuteFile:
    """Applies ``.cloud-audit.yml`` to the store; every method may block, so call it in a thread.

    A file that cannot be read changes nothing: the mutes of the last successful read stay.
    """

    def __init__(self, path: Path, store: Store, clock: Callable[[], float]) -> None:
        self.path = path
        self.file = AuditFile(path)
        self._store = store
        self._clock = clock

    @property
    def active(self) -> ActiveMutes:
        """The mutes that are in force today, in UTC."""
        return ActiveMutes(self.file.mutes, datetime.fromtimestamp(self._clock(), UTC).date())

    def reload(self) -> int:
        """Read the file again and mute the findings that it covers; return how many changed.

        Raises `AuditFileError` and `StoreError`.
        """
        self.file = load(self.path)
        return self._store.mute(self.active)

    def add(self, mutes: Sequence[Mute]) -> int:
        """Add mutes to the file; raises as `reload`, and `OSError` when the file cannot be written."""
        add_mutes(self.path, mutes)
        return self.reload()

    def remove(self, mutes: Sequence[Mute]) -> int:
        """Remove mutes from the file; raises as `add`."""
        remove_mutes(self.path, mutes)
        return self.reload()
