"""The changes of a verification of single findings in the store, in addition to those of every scan.

It does not change the last scan of an account, and changes only the rows of its targets. Every function runs
inside the caller's transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.checks.explanation import about_of
from cloud_audit_tui.checks.selection import is_listing, names_of
from cloud_audit_tui.model import Disposition, Finding, Status, SubjectKind
from cloud_audit_tui.store.severity_order import meaning_of, rank_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from cloud_audit_tui.scan.jobs import VerifyTarget
    from cloud_audit_tui.store.open_scan import OpenScan

_UNSEEN = """
    SELECT finding.id, region, account_id, subject_kind, subject_id, subject_name
    FROM topic CROSS JOIN finding ON finding.topic = topic.id JOIN own_text ON own_text.id = finding.id
    WHERE current = 1 AND account = ? AND topic.check_id = ? AND seen < ?
"""
_RELATIVES = """
    SELECT min(display_rank)
    FROM topic CROSS JOIN finding ON finding.topic = topic.id JOIN own_text ON own_text.id = finding.id
    WHERE current = 1 AND account = ? AND topic.check_id = ? AND subject_id = ? AND subject_kind = ?
"""
"""The display rank of the same subject in another region of the check, such as a trail's home."""


NO_LONGER_FIXED = f"disposition = replace(disposition, '{Disposition.FIXED}', '{Disposition.OPEN}')"
"""The assignment of an UPDATE that reopens rows that a verification had found fixed."""


class Standing(msgspec.Struct, frozen=True):
    """How a view shows a row: its display rank and its disposition."""

    display_rank: int
    disposition: Disposition


def is_target(finding: Finding, scan: OpenScan) -> bool:
    """Say whether a finding is a target of a verification, by its id or name."""
    names = finding.resource_id, finding.resource_name
    return any(
        target.check_id == finding.check_id
        and _names(target, finding.subject_kind, *names, finding.region, finding.account_id)
        for target in scan.targets
    )


def is_unwanted(finding: Finding, scan: OpenScan) -> bool:
    """Say whether a result of a verification gets no row: a failed listing that is not a target.

    A verification that could not list resources adds nothing to the view.
    """
    return bool(scan.targets) and is_listing(finding.status, finding.subject) and not is_target(finding, scan)


def standing_of(
    connection: sqlite3.Connection,
    finding: Finding,
    account: int | None,
    before: Standing | None,
    scan: OpenScan,
) -> Standing:
    """Return how to show a row, which a verification that finds no failure leaves in its place.

    ``before`` is that of the finding's current row, if it has one. A muted finding stays muted until it
    passes.
    """
    rank = rank_of(finding.status, finding.severity)
    disposition = before.disposition if before is not None else Disposition.OPEN
    if disposition is Disposition.FIXED or finding.status is Status.PASS:
        disposition = Disposition.OPEN
    if not scan.targets or finding.status is Status.FAIL:
        return Standing(rank, disposition)
    if before is not None:
        rank = before.display_rank
    else:
        subject = account, finding.check_id, finding.resource_id, finding.subject_kind.value
        [(relative,)] = connection.execute(_RELATIVES, subject).fetchall()
        rank = rank if relative is None else int(relative)
    stands_as, _ = meaning_of(rank)
    if finding.status is Status.PASS and stands_as is not Status.PASS and disposition is Disposition.OPEN:
        disposition = Disposition.FIXED
    return Standing(rank, disposition)


def mark_as_verified(connection: sqlite3.Connection, rows: Iterable[int], at: str) -> None:
    """Store when rows were verified; a whole scan, without a time, resets them to their own rank."""
    if at:
        connection.executemany(
            "INSERT OR REPLACE INTO verified (id, at) VALUES (?, ?)", [(row_id, at) for row_id in rows]
        )
        return
    if connection.execute("SELECT 1 FROM verified LIMIT 1").fetchone() is None:
        return
    for row_id in rows:
        if connection.execute("DELETE FROM verified WHERE id = ?", (row_id,)).rowcount:
            connection.execute(
                f"UPDATE finding SET display_rank = rank, {NO_LONGER_FIXED} WHERE id = ?",  # noqa: S608
                (row_id,),
            )


def gone(connection: sqlite3.Connection, scan: OpenScan) -> set[int]:
    """Return the ids of the target rows that a complete verification did not see again.

    Rows of a failed listing are not among them.
    """
    return {row_id for target in scan.targets for row_id in _gone(connection, scan, target)}


def _gone(connection: sqlite3.Connection, scan: OpenScan, target: VerifyTarget) -> Iterator[int]:
    account, own_region = scan.usable_profiles.get(target.profile, (0, ""))
    regions = scan.regions.get(account)
    if regions is None:
        return
    anywhere = is_about_any_region(target.check_id, scan)
    for row_id, region, account_id, kind, subject_id, subject_name in connection.execute(
        _UNSEEN, (account, target.check_id, scan.number)
    ):
        if target.account_id not in {"", account_id}:
            continue
        in_region = anywhere or not region or (region == (target.region or own_region) and region in regions)
        if (
            in_region
            and _names(target, kind, subject_id, subject_name, region, account_id)
            and not could_not_look(scan, account, target.check_id, region)
        ):
            yield row_id


def _names(
    target: VerifyTarget, kind: str, subject_id: str, subject_name: str, region: str, account_id: str
) -> bool:
    """Say whether a target names a subject."""
    resource = target.resource
    match msgspec.convert(kind, SubjectKind):
        case SubjectKind.RESOURCE:
            return resource in names_of(subject_id, subject_name)
        case SubjectKind.REGION:
            return resource == region
        case SubjectKind.ACCOUNT:
            return resource == account_id
        case SubjectKind.PROFILE:
            return False


def could_not_look(scan: OpenScan, account: int, check_id: str, region: str) -> bool:
    """Say whether a listing failed from which a finding of this region may come."""
    if (account, check_id, region) in scan.blind:
        return True
    is_from_elsewhere = region != "" and region not in scan.regions.get(account, ())
    return (is_from_elsewhere or is_about_any_region(check_id, scan)) and any(
        blind[:2] == (account, check_id) for blind in scan.blind
    )


def is_about_any_region(check_id: str, scan: OpenScan) -> bool:
    """Say whether a finding's region can differ from the region in which the check ran."""
    if check_id in scan.global_checks:
        return True
    about = about_of(check_id)
    return about is not None and about.is_about_any_region
