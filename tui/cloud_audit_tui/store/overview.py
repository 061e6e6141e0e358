"""The totals of the current findings of some profiles, and the gaps of their scans.

Every function only reads, through one connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cloud_audit_tui.model import OWN_SCAN, PROFILE_ACCESS, Disposition, Severity, Status
from cloud_audit_tui.scan.events import Outcome
from cloud_audit_tui.store.queries import IN_SCOPE, scope_of
from cloud_audit_tui.store.severity_order import meaning_of, ranks_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator


class Tally(msgspec.Struct, frozen=True):
    """The number of current findings with the same check, region, verdict and disposition.

    ``service`` is empty for a check that was never in the catalogue, ``region`` for a subject without one.
    """

    check_id: str
    service: str
    region: str
    status: Status
    severity: Severity
    disposition: Disposition
    number: int


class Gap(msgspec.Struct, frozen=True):
    """The number of current findings that could not be assessed for one reason.

    ``unread`` is the kind of the reason (`cloud_audit_tui.aws.errors.Unread`) and ``permission`` the IAM
    action that was denied; both may be empty. ``reason`` is one of the reasons, which may quote AWS.
    """

    unread: str
    permission: str
    check_id: str
    region: str
    account_id: str
    reason: str
    number: int


class AccountScope(msgspec.Struct, frozen=True):
    """The scope of the complete scans of an account, and its enabled regions."""

    account_id: str
    alias: str
    enabled_regions: list[str]
    scanned_regions: list[str]
    checks: list[str]


class Overview(msgspec.Struct, frozen=True):
    """The totals of some profiles' current findings, and the scope of their scans.

    ``reported_checks`` are those whose verdicts are from another scanner's report, which tells of no check
    where it ran without a verdict.
    """

    tallies: list[Tally]
    gaps: list[Gap]
    accounts: list[AccountScope]
    reported_checks: frozenset[str] = frozenset()


_TALLIES = (
    "SELECT finding.check_id, coalesce(check_info.service, ''), region, rank, disposition, count(*) "  # noqa: S608
    "FROM finding LEFT JOIN check_info ON check_info.check_id = finding.check_id "
    f"WHERE current = 1 AND {IN_SCOPE} GROUP BY finding.check_id, region, rank, disposition"
)
_GAPS = (
    "SELECT unread, permission, check_id, region, account_id, min(reason), count(*) FROM ("  # noqa: S608
    "SELECT coalesce(evidence ->> '$.unread', '') AS unread, "
    "coalesce(evidence ->> '$.missing_permission', '') AS permission, check_id, region, account_id, reason "
    "FROM (SELECT check_id, region, account_id, reason, CAST(evidence AS TEXT) AS evidence "
    "FROM finding JOIN own_text ON own_text.id = finding.id "
    f"WHERE current = 1 AND rank IN {tuple(ranks_of(Status.NOT_ASSESSED))} AND disposition = ? "
    f"AND {IN_SCOPE})) GROUP BY unread, permission, check_id, region, account_id, "
    f"CASE WHEN unread = '' OR check_id = '{PROFILE_ACCESS}' THEN reason "
    # Its first sentence may name the resource, the next one the policy that blocks the read.
    "WHEN unread = 'access_denied' THEN substr(reason, instr(reason || '. ', '. ')) END"
)
_REPORTED = "SELECT DISTINCT check_id FROM topic WHERE source <> ?"
_SCANNED = (
    "SELECT scan_account.account, scan_account.regions, scan.checks FROM scan_account "
    "JOIN scan ON scan.id = scan_account.scan WHERE scan.outcome = ? "
    "AND scan_account.account IN (SELECT value FROM json_each(?))"
)


def overview(connection: sqlite3.Connection, profiles: Iterable[str]) -> Overview:
    """Return the totals of these profiles' current rows, and the scope of the complete scans."""
    scope = scope_of(connection, profiles)
    return Overview(
        tallies=[
            Tally(
                check_id,
                service,
                region,
                *meaning_of(rank),
                msgspec.convert(disposition, Disposition),
                number,
            )
            for check_id, service, region, rank, disposition, number in connection.execute(
                _TALLIES, scope.parameters
            )
        ],
        gaps=[
            Gap(*row)
            for row in connection.execute(_GAPS, (Disposition.OPEN.value, *scope.parameters)).fetchall()
        ],
        accounts=list(_accounts(connection, scope.accounts)),
        reported_checks=frozenset(check_id for (check_id,) in connection.execute(_REPORTED, (OWN_SCAN,))),
    )


def _accounts(connection: sqlite3.Connection, accounts: str) -> Iterator[AccountScope]:
    regions: dict[int, set[str]] = {}
    checks: dict[int, set[str]] = {}
    for account, scanned, ran in connection.execute(_SCANNED, (Outcome.COMPLETE.value, accounts)):
        regions.setdefault(account, set()).update(_names(scanned))
        checks.setdefault(account, set()).update(_names(ran))
    for number, account_id, alias, enabled in connection.execute(
        "SELECT id, account_id, alias, enabled_regions FROM account "
        "WHERE id IN (SELECT value FROM json_each(?)) ORDER BY account_id, partition",
        (accounts,),
    ).fetchall():
        yield AccountScope(
            account_id,
            alias,
            sorted(_names(enabled)),
            sorted(regions.get(number, ())),
            sorted(checks.get(number, ())),
        )


def _names(value: Any) -> list[str]:
    return msgspec.json.decode(value, type=list[str])
