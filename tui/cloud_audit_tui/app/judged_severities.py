"""The severities of which an opened report has judged something, read again when its counts change."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud_audit_tui.model import Severity
    from cloud_audit_tui.store.store import Store
    from cloud_audit_tui.store.view import Counts


class JudgedSeverities:
    """Reads them from a store; a report that ``is_selection`` has only some of its findings."""

    def __init__(self, store: Store, *, is_selection: bool) -> None:
        self._store = store
        self._is_selection = is_selection
        self._last: tuple[Counts, frozenset[Severity]] | None = None

    def of(self, profiles: Sequence[str], counts: Counts) -> frozenset[Severity]:
        """Return the severities that are judged in these profiles, whose unfiltered counts are ``counts``.

        Call it in a thread: it may read every finding and the whole catalogue.
        """
        # The catalogue takes long to import, and only opened reports need it here.
        from cloud_audit_tui.app.presentation.overview_sums import judged_severities  # noqa: PLC0415

        if self._last is None or self._last[0] != counts:
            overview = self._store.overview(profiles)
            self._last = counts, judged_severities(overview, is_selection=self._is_selection)
        return self._last[1]
