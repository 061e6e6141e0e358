"""The checks whose script is proved to fix its fault, for the summary after the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud_audit_tui.checks.catalogue import all_checks

if TYPE_CHECKING:
    from collections.abc import Iterable

PROPERTY = "mended"


def proof_kinds(properties: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """Return the kind of proof of each check, from the properties of the tests that ran."""
    return {check_id: how for name, pairs in properties if name == PROPERTY for check_id, how in pairs}


def unproven() -> dict[str, str]:
    """Return the checks that cannot be proved here, with the reason."""
    # Most runs prove nothing, and need not import the modules of the faults.
    from closed_loop import faults  # noqa: F401
    from closed_loop.fault import UNPROVEN

    return UNPROVEN


def counts(kinds: dict[str, str]) -> str:
    """Return one line on how many checks were proved and how many cannot be."""
    return (
        f"{len(kinds)} of {len(all_checks())} checks: what a user copies was run and mends the fault; "
        f"{len(unproven())} cannot be run here"
    )


def table(kinds: dict[str, str]) -> list[str]:
    """Return a line for each check: the kind of its proof, or why there is none."""
    from closed_loop.document import COLUMNS

    lines = []
    reasons = unproven()
    for check_id in all_checks():
        how = kinds.get(check_id) or f"not here: {reasons.get(check_id, 'its test did not run, or failed')}"
        more = "; ".join(f"{column.COLUMN}: {column.cell(check_id)}" for column in COLUMNS)
        lines.append(f"{check_id:<20} {how}; {more}")
    return lines
