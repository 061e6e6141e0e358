"""Accepted findings: which findings a mute covers, until when, and which mutes need review. No I/O."""

from __future__ import annotations

import fnmatch
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_ANY = "*"
_GLOB = re.compile(r"[*?\[]")


class Subject(Protocol):
    """What a mute is compared with: a `Finding`, or a row of the store with the same names."""

    @property
    def check_id(self) -> str:
        """The check's id."""

    @property
    def account_id(self) -> str:
        """The account's number."""

    @property
    def region(self) -> str:
        """The region's code."""

    @property
    def resource_id(self) -> str:
        """The resource's ARN or id."""

    @property
    def resource_name(self) -> str:
        """The resource's name."""


@dataclass(frozen=True)
class Mute:
    """One entry of ``suppressions``: the findings of a check that somebody accepts, and why.

    ``check`` is a check's id or a glob. ``resource`` is a glob for the resource's id or name, ``account`` and
    ``region`` are globs for the place; ``None`` matches every one. ``owner`` is who accepted the findings.
    The last day of the mute is ``expires``. The rules of matching are those of cloud-audit 2.5
    (`fnmatch.fnmatchcase`, expiry after the day); ``account`` and ``region`` are ours, and that program
    ignores them.
    """

    check: str
    reason: str
    resource: str | None = None
    account: str | None = None
    region: str | None = None
    owner: str = ""
    expires: date | None = None

    def is_expired(self, today: date) -> bool:
        """Whether the last day of the mute has passed."""
        return self.expires is not None and today > self.expires

    def covers(self, finding: Subject) -> bool:
        """Whether the finding is one of those that the mute accepts, expired or not."""
        return (
            fnmatch.fnmatchcase(finding.check_id, self.check)
            and _matches(self.account, finding.account_id)
            and _matches(self.region, finding.region)
            and _matches(self.resource, finding.resource_id, finding.resource_name)
        )

    @property
    def terms(self) -> str:
        """Who accepted the findings and until when, as in `` by ops until 2026-12-31``."""
        owner = f" by {self.owner}" if self.owner else ""
        return owner + (f" until {self.expires}" if self.expires else "")

    @property
    def is_for_one_resource(self) -> bool:
        """Whether the resource is named without a glob."""
        return self.resource is not None and _GLOB.search(_without_escapes(self.resource)) is None

    def matching_checks(self, check_ids: Iterable[str]) -> list[str]:
        """Return the checks whose findings the mute covers."""
        return [check_id for check_id in check_ids if fnmatch.fnmatchcase(check_id, self.check)]


def _matches(pattern: str | None, *values: str) -> bool:
    return pattern is None or any(fnmatch.fnmatchcase(value, pattern) for value in values)


def _without_escapes(pattern: str) -> str:
    return re.sub(r"\[[*?\[]\]", "", pattern)


def literal(text: str) -> str:
    """Return the glob that matches this text alone."""
    return _GLOB.sub(lambda match: f"[{match[0]}]", text)


def mute_for(finding: Subject, *, reason: str, owner: str = "", expires: date | None = None) -> Mute:
    """Return the mute for exactly one finding: its check, resource, account and region."""
    return Mute(
        check=literal(finding.check_id),
        reason=reason,
        resource=literal(finding.resource_id) if finding.resource_id else None,
        account=finding.account_id or None,
        region=literal(finding.region) if finding.region else None,
        owner=owner,
        expires=expires,
    )


class MutesByCheck:
    """Mutes indexed by check id, because most mutes name one check."""

    def __init__(self, mutes: Iterable[Mute]) -> None:
        self._mutes = list(mutes)
        self._by_check: dict[str, list[Mute]] = {}

    def __bool__(self) -> bool:
        """Whether there is any mute."""
        return bool(self._mutes)

    def for_check(self, check_id: str) -> list[Mute]:
        """Return the mutes that may cover a finding of this check."""
        if check_id not in self._by_check:
            self._by_check[check_id] = [
                mute for mute in self._mutes if fnmatch.fnmatchcase(check_id, mute.check)
            ]
        return self._by_check[check_id]

    def covering(self, finding: Subject) -> Iterator[Mute]:
        """Yield the mutes that cover the finding, in the order of the file."""
        return (mute for mute in self.for_check(finding.check_id) if mute.covers(finding))


class ActiveMutes(MutesByCheck):
    """The mutes that have not expired on a day."""

    def __init__(self, mutes: Iterable[Mute], today: date) -> None:
        super().__init__(mute for mute in mutes if not mute.is_expired(today))

    def of(self, finding: Subject) -> Mute | None:
        """Return the first mute that covers the finding, ``None`` if there is none."""
        return next(self.covering(finding), None)


_SPAN = re.compile(r"(?P<number>\d{1,4})(?P<unit>[dwmy])", re.ASCII | re.IGNORECASE)
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}


def expiry(text: str, today: date) -> date | None:
    """Return the last day that a text such as ``90d``, ``2w`` or ``2026-12-31`` names; ``None`` if empty.

    Raises `ValueError`, with what to write instead, also for a day in the past.
    """
    text = text.strip()
    if not text:
        return None
    try:
        if span := _SPAN.fullmatch(text):
            day = today + timedelta(days=int(span["number"]) * _DAYS[span["unit"].lower()])
        else:
            day = date.fromisoformat(text)
    except (ValueError, OverflowError):
        raise ValueError("Write a day such as 2026-12-31, a span such as 90d, or nothing.") from None
    if day < today:
        raise ValueError(f"{day} has passed; name a later day.")
    return day


@dataclass(frozen=True)
class MuteReview:
    """The mutes that need review, and how many findings each mute covers.

    ``counts`` is in the order of the mutes. ``unused`` holds mutes that cover no finding of the scans in the
    store, so also a mute for an account that was not scanned. ``too_wide`` holds those that cover several
    checks without a resource: they also mute findings that do not exist yet.
    """

    mutes: tuple[Mute, ...]
    counts: tuple[int, ...]
    expired: tuple[Mute, ...] = field(default=())
    unused: tuple[Mute, ...] = field(default=())
    too_wide: tuple[Mute, ...] = field(default=())

    def faults(self, mute: Mute) -> list[str]:
        """Return why a mute needs review; empty if it does not."""
        reviewed = (("expired", self.expired), ("unused", self.unused), ("too wide", self.too_wide))
        return [name for name, mutes in reviewed if mute in mutes]


def review(
    mutes: Sequence[Mute], findings: Iterable[Subject], check_ids: Sequence[str], today: date
) -> MuteReview:
    """Say which mutes have expired, cover nothing or cover too much.

    ``findings`` are the current failures and subjects that were not assessed, muted ones included;
    ``check_ids`` those of the catalogue.
    """
    by_check = MutesByCheck(mutes)
    counts: Counter[Mute] = Counter()
    for finding in findings:
        # Equal mutes cover the same findings, so each finding counts once.
        counts.update(set(by_check.covering(finding)))
    return MuteReview(
        mutes=tuple(mutes),
        counts=tuple(counts[mute] for mute in mutes),
        expired=tuple(mute for mute in mutes if mute.is_expired(today)),
        unused=tuple(mute for mute in mutes if not counts[mute]),
        too_wide=tuple(mute for mute in mutes if _is_too_wide(mute, check_ids)),
    )


def _is_too_wide(mute: Mute, check_ids: Sequence[str]) -> bool:
    names_resource = mute.resource is not None and mute.resource.strip(_ANY) != ""
    return not names_resource and len(mute.matching_checks(check_ids)) > 1
