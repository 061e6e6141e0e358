"""What the Terraform file of each check plans: exactly these changes, written as `str(terraform.Change)`.

The faults of `closed_loop.faults` declare it with their checks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from closed_loop.account import Account
    from cloud_audit_tui.model import Finding

Inputs = dict[str, str]


@dataclass(frozen=True)
class Plan:
    """The changes of a file, and what comes after it.

    ``rest`` is what the explanation leaves to the user after the file, so that the finding stays until then.
    ``in_two_steps``: the file only imports, and the finding goes when its blocks are deleted and applied.
    ``in_group`` has the changes of a fault that another group makes in another way.
    ``inputs`` gives the variables that the script does not ask for; ``secrets`` are those that no form holds.
    """

    changes: tuple[str, ...]
    rest: str = ""
    in_two_steps: bool = False
    in_group: tuple[tuple[str, tuple[str, ...]], ...] = ()
    inputs: Callable[[Account, Finding], Inputs] | None = None
    secrets: Inputs = field(default_factory=dict)

    def changes_of(self, group: str) -> list[str]:
        """Return the changes for the fault of a group, sorted."""
        return sorted(dict(self.in_group).get(group, self.changes))

    @property
    def outcome(self) -> str:
        """Say how much of the fix the file is."""
        if self.in_two_steps:
            return "applied, then its blocks deleted and applied"
        return f"applied; left to do: {self.rest}" if self.rest else "applied"


PLANS: dict[str, Plan] = {}
"""What the files plan that are proven by the program."""
UNPROVEN: dict[str, str] = {}
"""Why a file is not proven."""
NO_FILE: set[str] = set()
"""The checks whose fault no file can repair, which their explanations state."""
