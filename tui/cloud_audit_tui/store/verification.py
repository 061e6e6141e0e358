"""What a verification of single resources changes in the store, beside what every scan does.

It says nothing of a profile's last scan and touches no row but those that it is about. Every function runs
inside the caller's transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cloud_audit_tui.checks.selection import is_listing
from cloud_audit_tui.model import Finding, Status
from cloud_audit_tui.store.severity_order import rank_of
from cloud_audit_tui.store.storable_text import storable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

_GONE = """
    SELECT id, check_id, region FROM finding
    WHERE current = 1 AND target = :target AND scan < :scan AND account_id IN (:account_id, '')
    AND check_id IN (SELECT value FROM json_each(:checks))
    AND (region = '' OR region IN (SELECT value FROM json_each(:regions))
         OR check_id IN (SELECT value FROM json_each(:global_checks)))
    AND (resource_id IN (SELECT value FROM json_each(:only))
         OR resource_id = '' AND resource_name IN (SELECT value FROM json_each(:only)))
"""
"""Rows that a complete verification was about and did not see again."""

_RELATIVES = """
    SELECT min(place) FROM finding
    WHERE current = 1 AND target = ? AND check_id = ? AND account_id = ? AND resource_id = ?
"""
"""Where the same resource stands in a region that the check named before, such as a trail's home."""


class Reached(msgspec.Struct, frozen=True):
    """A profile that a verification could use: its target's number, its account, and where it looked."""

    target: int
    account_id: str
    regions: list[str]


class OpenScan(msgspec.Struct, frozen=True):
    """A scan that has begun and not ended; ``judges`` is false for one that only identifies profiles.

    ``only`` are the resources that it verifies, empty for a whole scan. Of a verification it is known
    here which profiles it reached, and at which checks of which profile and region it could not look.
    """

    number: int
    scan_id: str
    started_at: str
    checks: list[str]
    only: frozenset[str]
    reached: tuple[Reached, ...] = ()
    blind: frozenset[tuple[str, str, str]] = frozenset()

    @property
    def judges(self) -> bool:
        """Whether results may follow."""
        return bool(self.checks)


def without_listings(results: dict[str, Finding], scan: OpenScan) -> tuple[dict[str, Finding], OpenScan]:
    """Return the results without those of listings that failed, and the scan that knows of them.

    A view shows what is known of resources; that a verification could not look adds no row to it, unless
    it was the listing that was asked about.
    """
    wanted, blind = {}, set(scan.blind)
    for key, finding in results.items():
        listing = is_listing(finding.status, finding.resource_id, finding.resource_type)
        if listing and not {finding.resource_id, finding.resource_name} & scan.only:
            blind.add((storable(finding.profile), finding.check_id, finding.region))
        else:
            wanted[key] = finding
    return wanted, msgspec.structs.replace(scan, blind=frozenset(blind))


def place_of(
    connection: sqlite3.Connection, finding: Finding, target: int, row_id: int, scan: OpenScan
) -> int:
    """Return the rank to show a row at: a verification that finds no failure leaves it where it is.

    ``row_id`` is that of the finding's current row, 0 when it has none.
    """
    rank = rank_of(finding.status, finding.severity)
    if not scan.only or finding.status is Status.FAIL:
        return rank
    if row_id:
        found = connection.execute("SELECT place FROM finding WHERE id = ?", (row_id,)).fetchone()
    else:
        said = (target, finding.check_id, finding.account_id, finding.resource_id)
        found = connection.execute(_RELATIVES, said).fetchone()
    return rank if found[0] is None else int(found[0])


def mark_as_verified(connection: sqlite3.Connection, rows: Iterable[int], at: str) -> None:
    """Note when rows were verified; a whole scan, without a time, puts them back where they belong."""
    if at:
        connection.executemany(
            "INSERT OR REPLACE INTO verified (id, at) VALUES (?, ?)", [(row_id, at) for row_id in rows]
        )
        return
    if connection.execute("SELECT 1 FROM verified LIMIT 1").fetchone() is None:
        return
    for row_id in rows:
        if connection.execute("DELETE FROM verified WHERE id = ?", (row_id,)).rowcount:
            connection.execute("UPDATE finding SET place = rank WHERE id = ?", (row_id,))


def gone(
    connection: sqlite3.Connection, scan: OpenScan, reached: Reached, global_checks: Iterable[str]
) -> list[tuple[int]]:
    """Return the ids of the rows that a complete verification was about and did not see again.

    Rows of a check that could not look there are not among them. ``global_checks`` are those of the
    scan's checks whose findings may be in regions that it does not name.
    """
    anywhere = set(global_checks)
    [(profile,)] = connection.execute("SELECT profile FROM target WHERE id = ?", (reached.target,)).fetchall()
    unseen = connection.execute(
        _GONE,
        {
            "scan": scan.number,
            "target": reached.target,
            "account_id": reached.account_id,
            "checks": _json(scan.checks),
            "regions": _json(reached.regions),
            "global_checks": _json(sorted(anywhere)),
            "only": _json(sorted(scan.only)),
        },
    ).fetchall()
    blind = {(check_id, region) for name, check_id, region in scan.blind if name == profile}
    blind_anywhere = {check_id for check_id, _ in blind} & anywhere
    return [
        (row_id,)
        for row_id, check_id, region in unseen
        if (check_id, region) not in blind and check_id not in blind_anywhere
    ]


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
