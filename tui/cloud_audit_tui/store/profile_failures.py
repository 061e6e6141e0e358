"""The profiles that could not be used in each whole scan.

Every function that writes runs inside the caller's transaction.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.model import Disposition
from cloud_audit_tui.store.json_text import json_text
from cloud_audit_tui.store.lifetime import VALID_AT
from cloud_audit_tui.store.view import Failure

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence


class ProfileFailure(msgspec.Struct, frozen=True):
    """A profile that could not be used in a scan, and why.

    ``account`` is the row id of the account to which the profile leads, None if no scan has learned it.
    ``muted`` says that the finding of the failure is muted.
    """

    profile: str
    account: int | None
    failure: Failure
    muted: bool


# Few rows are muted, so these are read once and not for each failure.
_FAILURES = f"""
    WITH muted AS MATERIALIZED (
        SELECT profile, since_scan, ended_scan FROM finding WHERE account IS NULL AND disposition = ?
    )
    SELECT scan, profile.name, profile.account, profile_failure.failure, EXISTS (
        SELECT 1 FROM muted WHERE muted.profile = profile.id AND {VALID_AT.format(scan="scan")}
    ) FROM profile_failure JOIN profile ON profile.id = profile_failure.profile ORDER BY profile.name
"""  # noqa: S608 - a constant


def record(connection: sqlite3.Connection, scan: int, profile: int, reason: str) -> None:
    """Store that a profile could not be used in a scan: its last failure, or the reason if none is stored."""
    connection.execute(
        "INSERT OR REPLACE INTO profile_failure (scan, profile, failure) "
        "SELECT ?, id, coalesce(nullif(failure, 'null'), ?) FROM profile WHERE id = ?",
        (scan, json_text(Failure("", reason)), profile),
    )


def drop(connection: sqlite3.Connection, scan: int, profile: int) -> None:
    """Drop the failure of a profile that can be used in the same scan after all."""
    connection.execute("DELETE FROM profile_failure WHERE scan = ? AND profile = ?", (scan, profile))


def by_scan(connection: sqlite3.Connection) -> Mapping[int, Sequence[ProfileFailure]]:
    """Return the failures of every stored scan by its row id, in the order of the profiles' names."""
    failures: defaultdict[int, list[ProfileFailure]] = defaultdict(list)
    for scan, name, account, failure, muted in connection.execute(_FAILURES, (Disposition.MUTED.value,)):
        decoded = msgspec.json.decode(failure, type=Failure)
        failures[scan].append(ProfileFailure(name, account, decoded, bool(muted)))
    return failures
