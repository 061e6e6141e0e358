"""Which checks have the proof that their script mends what it is for, told after the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud_audit_tui.checks.catalogue import all_checks

if TYPE_CHECKING:
    from collections.abc import Iterable

PROPERTY = "mended"


def mended(properties: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """Return the checks that were proved, with how, from the properties of the tests that ran."""
    return {check_id: how for name, pairs in properties if name == PROPERTY for check_id, how in pairs}


def unproven() -> dict[str, str]:
    """Return the checks that cannot be proved here, with the reason."""
    # Most runs prove nothing, and need not import what makes the faults.
    from closed_loop import faults  # noqa: F401
    from closed_loop.fault import UNPROVEN

    return UNPROVEN


def counts(proved: dict[str, str]) -> str:
    """Return one line on how many checks were proved and how many cannot be."""
    return (
        f"{len(proved)} of {len(all_checks())} checks: what a user copies was run and mends the fault; "
        f"{len(unproven())} cannot be run here"
    )


def table(proved: dict[str, str]) -> list[str]:
    """Return a line for each check: how it was proved, or why not."""
    from closed_loop.document import COLUMNS

    lines = []
    reasons = unproven()
    for check_id in all_checks():
        how = proved.get(check_id) or f"not here: {reasons.get(check_id, 'its test did not run, or failed')}"
        more = "; ".join(f"{column.COLUMN}: {column.cell(check_id)}" for column in COLUMNS)
        lines.append(f"{check_id:<20} {how}; {more}")
    return lines
