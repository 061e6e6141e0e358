"""The user's choices of the findings to show and of their order."""

from __future__ import annotations

from dataclasses import dataclass, field

from cloud_audit_tui.app.presentation.column_choices import ColumnChoices
from cloud_audit_tui.app.table_page import Query
from cloud_audit_tui.filters.expression import keys_of
from cloud_audit_tui.filters.parse import parse
from cloud_audit_tui.model import Status
from cloud_audit_tui.store.folding import Folding, Grouping
from cloud_audit_tui.store.view import Sort, View

# A finding that a verification found fixed stays among the failures.
_STATES = {Status.FAIL: "fail,fixed", Status.NOT_ASSESSED: "unassessed", Status.PASS: "pass"}
"""The states by which a filter names the findings of a status, muted ones aside."""


@dataclass
class ViewState:
    """The chosen profiles and regions, the filter and the order; only `Session` changes it.

    ``filter`` is the text of the last valid filter.
    """

    profiles: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    filter: str = ""
    sort: Sort = Sort.SEVERITY
    descending: bool = False
    passes: bool = False
    unassessed: bool = False
    muted: bool = False
    """Whether passes, "not assessed" and muted findings are listed beside the failures."""
    grouping: Grouping | None = None
    folding: Folding = field(default_factory=Folding)
    columns: ColumnChoices = field(default_factory=ColumnChoices)

    @property
    def _by_status(self) -> bool:
        """Whether the filter names a status, which overrides what is listed otherwise."""
        return "status" in keys_of(parse(self.filter))

    @property
    def statuses(self) -> tuple[Status, ...]:
        """The statuses that are listed; all of them if the filter names a status."""
        if self._by_status:
            return tuple(Status)
        is_listed = {Status.FAIL: True, Status.NOT_ASSESSED: self.unassessed, Status.PASS: self.passes}
        return tuple(status for status in Status if is_listed[status])

    @property
    def filter_of_listed(self) -> str:
        """The filter that matches what is listed, its states included; empty if everything is listed."""
        if self._by_status:
            return self.filter
        states = [_STATES[status] for status in self.statuses]
        if self.muted and len(states) == len(_STATES):
            return self.filter
        if self.muted:
            states.append("muted")
        return f"status:{','.join(states)} {self.filter}".strip()

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
