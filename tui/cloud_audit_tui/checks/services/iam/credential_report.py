"""IAM's credential report: every user's password, MFA and access keys in one read.

AWS generates a report at most every four hours, so it may be that old; it has the time of its generation.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from cloud_audit_tui.aws.errors import ReadError, Unread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud_audit_tui.checks.api import Region

READS = ("iam:GetCredentialReport", "iam:GenerateCredentialReport")
"""The reads that a check that uses the report declares."""

ROOT = "<root_account>"
"""The name of the account's root user in the report."""

NOT_READY = frozenset({"ReportNotPresent", "ReportExpired", "ReportInProgress"})
"""Codes with which GetCredentialReport says that there is no current report."""

NO_DATE = frozenset({"", "N/A", "n/a", "no_information", "not_supported"})
"""Values in the report in place of a date."""

_NEEDED = (
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "mfa_active",
    *(
        f"access_key_{slot}_{fact}"
        for slot in (1, 2)
        for fact in ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
    ),
)


@dataclass(frozen=True)
class Key:
    """One of a user's two access keys; ``used`` is its last use, if any."""

    slot: int
    active: bool
    created: datetime | None
    used: datetime | None
    used_in: str
    used_for: str


@dataclass(frozen=True)
class Credentials:
    """A user's row. ``fault`` is the fault of a row that cannot be read, otherwise empty."""

    user: str
    arn: str
    password: bool = False
    password_used: datetime | None = None
    password_changed: datetime | None = None
    mfa: bool = False
    keys: tuple[Key, ...] = ()
    fault: str = ""

    @property
    def active_keys(self) -> list[Key]:
        """The keys that can be used."""
        return [key for key in self.keys if key.active]


@dataclass(frozen=True)
class Report:
    """The rows of the users, without the root user, and the time of the report in UTC, if AWS returns it."""

    users: list[Credentials]
    generated: datetime | None

    @cached_property
    def users_with_keys(self) -> int:
        """The number of users with an active key; cached, because the verdict on every key needs it."""
        return sum(bool(row.active_keys) for row in self.users)

    @property
    def made_words(self) -> str:
        """The time of the report, for a reason."""
        return f"{self.generated:%Y-%m-%d %H:%M} UTC" if self.generated else "an unknown time"


async def credential_report(region: Region) -> Report:
    """Return the account's credential report, generated if there is none; raises `ReadError`."""
    answer = await region.find("iam", "GetCredentialReport", absent=NOT_READY)
    if answer is None:
        await region.read("iam", "GenerateCredentialReport")
        answer = await region.poll("iam", "GetCredentialReport", pending=NOT_READY)
    content = answer.get("Content") or b""
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)
    generated = answer.get("GeneratedTime")
    return Report(parse(text), generated.astimezone(UTC) if isinstance(generated, datetime) else None)


def parse(text: str) -> list[Credentials]:
    """Return the users' rows of a report; raises `ReadError` if it is not a credential report."""
    header, *rows = list(csv.reader(io.StringIO(text.strip()))) or [[]]
    if header[:2] != ["user", "arn"] or not set(_NEEDED) <= set(header):
        raise ReadError(
            Unread.BAD_RESPONSE,
            "The credential report lacks columns that AWS documents.",
            action="Scan again; if the error persists, this version does not know the report's format.",
        )
    return [credentials for row in rows if row and (credentials := _row(header, row)).user != ROOT]


def _row(header: list[str], row: list[str]) -> Credentials:
    # A comma is legal in a user's name and path; the ARN begins at the first cell with its prefix.
    begins = next((index for index, cell in enumerate(row) if index and cell.startswith("arn:")), 1)
    ends = max(len(row) - (len(header) - 2), begins)
    user, arn = ",".join(row[:begins]), ",".join(row[begins:ends])
    cells = dict(zip(header[2:], row[ends:], strict=False))
    if missing := [name for name in _NEEDED if name not in cells]:
        return Credentials(user, arn, fault=f"the column {missing[0]} is missing")
    try:
        return Credentials(
            user=user,
            arn=arn,
            password=_true(cells, "password_enabled"),
            password_used=_date(cells, "password_last_used"),
            password_changed=_date(cells, "password_last_changed"),
            mfa=_true(cells, "mfa_active"),
            keys=tuple(_key(cells, slot) for slot in (1, 2)),
        )
    except ValueError as error:
        return Credentials(user, arn, fault=str(error))


def _key(cells: Mapping[str, str], slot: int) -> Key:
    name = f"access_key_{slot}"
    region, service = cells[f"{name}_last_used_region"], cells[f"{name}_last_used_service"]
    return Key(
        slot=slot,
        active=_true(cells, f"{name}_active"),
        created=_date(cells, f"{name}_last_rotated"),
        used=_date(cells, f"{name}_last_used_date"),
        used_in="" if region in NO_DATE else region,
        used_for="" if service in NO_DATE else service,
    )


def _true(cells: Mapping[str, str], name: str) -> bool:
    cell = cells[name].strip().lower()
    if cell not in ("true", "false", "not_supported", "n/a", ""):
        raise ValueError(f"{name} is neither true nor false")
    return cell == "true"


def _date(cells: Mapping[str, str], name: str) -> datetime | None:
    cell = cells[name].strip()
    if cell in NO_DATE:
        return None
    try:
        date = datetime.fromisoformat(cell)
    except ValueError:
        raise ValueError(f"{name} is no date") from None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
