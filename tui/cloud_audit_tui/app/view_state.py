"""Which findings the user wants to see, and in which order."""

from __future__ import annotations

from dataclasses import dataclass

from cloud_audit_tui.model import Status
from cloud_audit_tui.store.view import Sort, View

PROBLEMS = (Status.FAIL, Status.NOT_ASSESSED)
EVERYTHING = (*PROBLEMS, Status.PASS)


@dataclass
class ViewState:
    """The chosen profiles and regions, the filter and the order; `Session` changes it and tells screens."""

    profiles: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    text: str = ""
    sort: Sort = Sort.SEVERITY
    descending: bool = False
    passes: bool = False

    @property
    def view(self) -> View:
        """The state as a query of the store."""
        return View(
            profiles=self.profiles,
            text=self.text,
            statuses=EVERYTHING if self.passes else PROBLEMS,
            sort=self.sort,
            descending=self.descending,
        )
