"""Facts that scans read about accounts, for analyses over findings and facts.

`facts` only reads; the other functions run inside the caller's transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cloud_audit_tui.model import Fact, FactKind
from cloud_audit_tui.scan.events import Outcome
from cloud_audit_tui.store.json_text import json_text
from cloud_audit_tui.text import storable_all

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from cloud_audit_tui.store.open_scan import OpenScan

_COVERED = "(region = '' OR region IN (SELECT value FROM json_each(:regions)))"

_SUPERSEDED = f"""
    DELETE FROM fact WHERE account = :account AND scan < :scan AND (
        :every_check AND {_COVERED}
        OR (kind, region, type, fact_id) IN (
            SELECT kind, region, type, fact_id FROM fact WHERE account = :account AND scan = :scan
        )
    )
"""  # noqa: S608 - constants
"""Older facts that a complete scan replaces: all in its regions, or those that it read again."""

_LATE = f"DELETE FROM fact WHERE account = :account AND scan = :own AND {_COVERED}"  # noqa: S608


def facts(
    connection: sqlite3.Connection, account_id: str, kind: FactKind | None = None, partition: str = "aws"
) -> list[Fact]:
    """Return the facts about an account, all or those of one kind, ordered by kind, region, type and id.

    They are from its last complete scan of every check, and from later narrower scans that read them again.
    """
    rows = connection.execute(
        "SELECT fact.kind, account.account_id, account.partition, region, type, fact_id, name, data "
        "FROM fact JOIN account ON account.id = fact.account JOIN scan ON scan.id = fact.scan "
        "WHERE account.account_id = ? AND account.partition = ? AND scan.outcome = ? "
        "AND fact.kind IN (SELECT value FROM json_each(?)) "
        "ORDER BY fact.kind, region, type, fact_id",
        (
            account_id,
            partition,
            Outcome.COMPLETE.value,
            json_text([each.value for each in (FactKind if kind is None else (kind,))]),
        ),
    )
    return [
        Fact(
            msgspec.convert(fact_kind, FactKind),
            *(account, account_partition, region, resource_type, fact_id, name),
            msgspec.json.decode(data),
        )
        for fact_kind, account, account_partition, region, resource_type, fact_id, name, data in rows
    ]


def add(connection: sqlite3.Connection, scan: int, recorded: Iterable[tuple[int, Fact]]) -> None:
    """Add the facts of a scan, each with its account's row id; they are valid once the scan is complete."""
    connection.executemany(
        "INSERT OR REPLACE INTO fact (account, scan, kind, region, type, fact_id, name, data) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [(account, scan, *_values(fact)) for account, fact in recorded],
    )


def settle(connection: sqlite3.Connection, scan: OpenScan, *, complete: bool) -> None:
    """Replace older facts by those of a complete scan, or drop those of a scan that did not complete."""
    if not complete:
        connection.execute("DELETE FROM fact WHERE scan = ?", (scan.number,))
        return
    for account, regions in scan.regions.items():
        connection.execute(
            _SUPERSEDED,
            {
                "account": account,
                "scan": scan.number,
                "every_check": scan.every_check,
                "regions": json_text(regions),
            },
        )
        for (later_regions,) in connection.execute(
            "SELECT regions FROM scan_account JOIN scan ON scan.id = scan_account.scan "
            "WHERE account = ? AND scan > ? AND outcome = ? AND every_check",
            (account, scan.number, Outcome.COMPLETE.value),
        ).fetchall():
            # A scan that began later completed before this one, so its facts are newer.
            connection.execute(_LATE, {"account": account, "own": scan.number, "regions": later_regions})


def _values(fact: Fact) -> tuple[Any, ...]:
    try:
        msgspec.json.encode(fact)
    except UnicodeEncodeError:
        fact = storable_all(fact)
    data = msgspec.json.encode(fact.data)
    return fact.kind.value, fact.region, fact.type, fact.id, fact.name, data
