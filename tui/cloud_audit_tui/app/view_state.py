"""Which findings the user wants to see, and in which order."""

from __future__ import annotations

from dataclasses import dataclass, field

from cloud_audit_tui.app.presentation.column_choices import ColumnChoices
from cloud_audit_tui.app.table_page import Query
from cloud_audit_tui.filters.expression import keys_of
from cloud_audit_tui.filters.parse import parse
from cloud_audit_tui.model import Status
from cloud_audit_tui.store.folding import Folding, Grouping
from cloud_audit_tui.store.view import Sort, View

EVERYTHING = (Status.FAIL, Status.NOT_ASSESSED, Status.PASS)


@dataclass
class ViewState:
    """The chosen profiles and regions, the filter and the order; `Session` changes it and tells screens.

    ``filter`` is the text of the last filter that could be understood.
    """

    profiles: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    filter: str = ""
    sort: Sort = Sort.SEVERITY
    descending: bool = False
    passes: bool = False
    unassessed: bool = False
    muted: bool = False
    """Whether passes, what was not assessed and what is muted are listed beside the failures."""
    grouping: Grouping | None = None
    folding: Folding = field(default_factory=Folding)
    columns: ColumnChoices = field(default_factory=ColumnChoices)

    @property
    def _by_status(self) -> bool:
        """Whether the filter names a status, and so decides itself what is listed."""
        return "status" in keys_of(parse(self.filter))

    @property
    def statuses(self) -> tuple[Status, ...]:
        """What is listed; a filter that names a status decides itself."""
        if self._by_status:
            return EVERYTHING
        is_listed = {Status.FAIL: True, Status.NOT_ASSESSED: self.unassessed, Status.PASS: self.passes}
        return tuple(status for status in EVERYTHING if is_listed[status])

    @property
    def query(self) -> Query:
        """The state as a query of the store."""
        return Query(
            View(
                profiles=self.profiles,
                statuses=self.statuses,
                sort=self.sort,
                descending=self.descending,
                muted=self.muted or self._by_status,
            ),
            self.filter,
            self.grouping,
            self.folding if self.grouping else Folding(),
        )
