"""``cloud-audit-tui history`` and ``compare``: list the stored scans, and compare two of them."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import click
import msgspec

from cloud_audit_tui.aws.profiles import list_profiles
from cloud_audit_tui.commands.app_store import app_store, note_unknown_profiles
from cloud_audit_tui.commands.options import (
    Mistake,
    is_typed,
    mistakes_in_words,
    profile_option,
    text_or_json_option,
)
from cloud_audit_tui.commands.output import write_stdout, write_text
from cloud_audit_tui.commands.retention_options import retention, retention_options
from cloud_audit_tui.commands.user_settings import profiles_named
from cloud_audit_tui.plural import plural
from cloud_audit_tui.reports.json_text import json_text
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence, Set

    from cloud_audit_tui.store.comparison import Change, Comparison
    from cloud_audit_tui.store.history import ScanInfo
    from cloud_audit_tui.store.view import Counts, Row

_ADVICE = "Scan in the app first."


@click.command()
@profile_option
@text_or_json_option
@click.option("--prune", is_flag=True, help="First drop the scans that are not kept.")
@retention_options
@click.pass_context
def history(
    context: click.Context,
    profiles: tuple[str, ...],
    form: str,
    keep_scans: int | None,
    keep_days: int | None,
    *,
    prune: bool,
) -> None:
    """List the stored scans, the newest first.

    With --prune, the scans that --keep-scans and --keep-days do not keep are dropped first. Current findings
    stay, each with the day on which it was first seen. This is for the scans of every account, so it takes
    no --profile.
    """
    if not prune and any(map(partial(is_typed, context), ("keep_scans", "keep_days"))):
        raise Mistake("--keep-scans and --keep-days drop scans only with --prune: add it, or omit them.")
    if prune and profiles:
        raise Mistake("--prune drops the old scans of every account: omit --profile, or --prune.")
    with mistakes_in_words(), app_store(_ADVICE) as store:
        names = _names(profiles)
        if prune:
            dropped = store.prune(retention(keep_scans, keep_days), now=datetime.now(UTC).isoformat())
            click.echo(f"{dropped} {plural(dropped, 'scan')} dropped.", err=True)
        scans, counts = store.scans(names), store.scan_counts(names)
        if profiles and scans:
            note_unknown_profiles(store, names)
    if form == "json":
        write_stdout(json_text([_scan(scan, counts.get(scan.scan_id)) for scan in scans]).encode())
    elif scans:
        write_text("\n".join(_scan_line(scan, counts.get(scan.scan_id)) for scan in scans))
    elif prune:
        click.echo("The store holds no scan of the configured profiles.", err=True)
    else:
        raise Mistake(f"The store holds no scan of these profiles. {_ADVICE}")


@click.command()
@click.argument("older", default="")
@click.argument("newer", default="")
@profile_option
@text_or_json_option
def compare(older: str, newer: str, profiles: tuple[str, ...], form: str) -> None:
    """Show the changes between two stored scans.

    OLDER and NEWER are ids from `history`, or the beginning of one. NEWER defaults to the last scan; without
    both, the last scan is compared with the one before. Scans that could use no profile are compared only if
    they are named.

    Exit code 0: no finding is new or reopened. 1: at least one is. 2: the scans cannot be compared.
    """
    with mistakes_in_words(), app_store(_ADVICE) as store:
        names = _names(profiles)
        accounts = {info.account_id for info in store.profiles(names).values()}
        pair = _pair(older, newer, store.scans(names), names, accounts)
        if profiles:
            note_unknown_profiles(store, names)
        try:
            comparison = store.compare(*pair)
        except LookupError:
            raise Mistake("Another program has just dropped one of the scans. Compare again.") from None
        rows = {row.row_id: row for row in store.rows([change.row_id for change in comparison.changes])}
    if not comparison.older.accounts and not comparison.newer.accounts:
        raise Mistake("Neither scan could use a profile, so there is nothing to compare. Name another scan.")
    changes = [(change, rows[change.row_id]) for change in comparison.changes if change.row_id in rows]
    if form == "json":
        write_stdout(json_text(_document(comparison, changes)).encode())
    else:
        write_text("\n".join(_lines(comparison, changes)))
    sys.exit(int(any(change.kind.value in {"new", "reopened"} for change, _ in changes)))


def _names(profiles: Sequence[str]) -> list[str]:
    return profiles_named(profiles) or [profile.name for profile in list_profiles(os.environ)]


def _pair(
    older: str, newer: str, scans: Sequence[ScanInfo], profiles: Sequence[str], accounts: Set[str]
) -> tuple[str, str]:
    """Return the ids of the two scans; by default the last ones that read one of the accounts."""
    ids = [scan.scan_id for scan in scans]
    readers = [scan.scan_id for scan in scans if not accounts.isdisjoint(scan.accounts)]
    if not (older and newer) and len(readers) < (1 if older else 2):
        raise Mistake(
            "A comparison needs two scans, and the store has fewer of these profiles. Scan again in the app."
        )
    if not newer and ids[0] != readers[0]:
        unusable = ", ".join(name for name in scans[0].unusable_profiles if name in profiles)
        click.echo(plain(f"The last scan {ids[0]} is not compared: it could not use {unusable}."), err=True)
    return (
        _full_id(older, ids) if older else readers[1],
        _full_id(newer, ids) if newer else readers[0],
    )


def _full_id(start: str, ids: Sequence[str]) -> str:
    fitting = [scan_id for scan_id in ids if scan_id.startswith(start)]
    if start in ids:
        return start
    if not fitting:
        raise Mistake(f"No scan id begins with {plain(start)!r}. `cloud-audit-tui history` lists the ids.")
    if len(fitting) > 1:
        raise Mistake(f"{len(fitting)} scan ids begin with {plain(start)!r}: give more characters.")
    return fitting[0]


def _scan(scan: ScanInfo, counts: Counts | None) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.to_builtins(scan)
    return document | {"counts": msgspec.to_builtins(counts)}


def _scan_line(scan: ScanInfo, counts: Counts | None) -> str:
    numbers = ""
    if counts is not None:
        numbers = f"{counts.total_failed} failed, {counts.not_assessed} not assessed, {counts.passed} passed"
        numbers += f", {counts.muted} muted" if counts.muted else ""
    where = f"{', '.join(scan.accounts)} in {', '.join(scan.regions)}" if scan.accounts else "no account"
    if scan.unusable_profiles:
        where += f", without {', '.join(scan.unusable_profiles)}"
    return plain(f"{scan.scan_id}  {scan.started_at}  {scan.result:<11}  {numbers}  {where}")


def _lines(comparison: Comparison, changes: Sequence[tuple[Change, Row]]) -> Iterator[str]:
    from cloud_audit_tui.store.comparison import counts  # noqa: PLC0415

    for change, row in changes:
        where = " ".join(part for part in (row.region, row.account_id) if part)
        reason = f": {change.reason}" if change.reason else ""
        name = row.resource_name or row.resource_id
        yield plain(
            f"{change.kind.label:<11}  {row.severity.upper():<8}  {row.check_id}  {name}  {where}{reason}"
        )
    numbers = [f"{number} {kind.label}" for kind, number in counts(comparison).items()]
    numbers.append(f"{comparison.unchanged} still failing")
    yield f"{comparison.older.started_at} to {comparison.newer.started_at}: {', '.join(numbers)}"
    for scan in (comparison.older, comparison.newer):
        if not scan.is_complete:
            yield plain(f"The scan {scan.scan_id} is {scan.outcome}.")
    if comparison.note_on_checks:
        yield plain(comparison.note_on_checks)


def _counts(comparison: Comparison) -> dict[str, int]:
    from cloud_audit_tui.store.comparison import counts  # noqa: PLC0415

    numbers = {kind.value: number for kind, number in counts(comparison).items()}
    return numbers | {"still failing": comparison.unchanged}


def _document(comparison: Comparison, changes: Sequence[tuple[Change, Row]]) -> dict[str, Any]:
    return {
        "older": msgspec.to_builtins(comparison.older),
        "newer": msgspec.to_builtins(comparison.newer),
        "counts": _counts(comparison),
        "changed_checks": comparison.changed_checks,
        "changes": [
            {
                "change": change.kind.value,
                "cause": change.cause.value if change.cause else "",
                "reason": change.reason,
                "check_id": row.check_id,
                "severity": row.severity.value,
                "title": row.title,
                "account_id": row.account_id,
                "region": row.region,
                "resource_id": row.resource_id,
                "resource_name": row.resource_name,
                "first_seen": row.first_seen_at,
            }
            for change, row in changes
        ],
    }
