"""Which findings the user wants to see, and in which order."""

from __future__ import annotations

from dataclasses import dataclass

from cloud_audit_tui.app.table_page import Query
from cloud_audit_tui.filters.expression import keys_of
from cloud_audit_tui.filters.parse import parse
from cloud_audit_tui.model import Status
from cloud_audit_tui.store.view import Sort, View

PROBLEMS = (Status.FAIL, Status.NOT_ASSESSED)
EVERYTHING = (*PROBLEMS, Status.PASS)


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
    muted: bool = False

    @property
    def query(self) -> Query:
        """The state as a query of the store.

        A filter that names a status decides on passes and muted findings itself.
        """
        by_status = "status" in keys_of(parse(self.filter))
        return Query(
            View(
                profiles=self.profiles,
                statuses=EVERYTHING if self.passes or by_status else PROBLEMS,
                sort=self.sort,
                descending=self.descending,
                muted=self.muted or by_status,
            ),
            self.filter,
        )
