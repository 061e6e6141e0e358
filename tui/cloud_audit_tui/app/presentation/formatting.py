"""Times, numbers, names and regions as text; texts from AWS pass through `plain` here."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from cloud_audit_tui.plural import plural
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

MINUTE = 60
HOUR = 3_600
DAY = 86_400


def age(scanned_at: str, now: float) -> str:
    """Return the time from an ISO time to ``now`` (seconds since 1970) in words; empty for no time."""
    when = _instant(scanned_at)
    if when is None:
        return ""
    seconds = now - when.timestamp()
    if seconds < MINUTE:
        return "just now"
    if seconds < HOUR:
        return f"{seconds / MINUTE:.0f} min ago"
    if seconds < 2 * DAY:
        return f"{seconds / HOUR:.0f} h ago"
    return f"{seconds / DAY:.0f} days ago"


def moment(at: str, now: float) -> str:
    """Return an ISO time in the local time zone: the minute if today, else the day; empty for no time."""
    when = _instant(at)
    if when is None:
        return ""
    when = when.astimezone()
    today = datetime.fromtimestamp(now).astimezone().date()
    return f"{when:%H:%M}" if when.date() == today else f"{when.day} {when:%b}"


def local_time(at: str) -> str:
    """Return an ISO time in the local time zone, to the minute; empty for no time."""
    when = _instant(at)
    return "" if when is None else f"{when.astimezone():%Y-%m-%d %H:%M}"


def _instant(at: str) -> datetime | None:
    """Return an ISO time; None for none, and for the beginning of 1970, which a report without times has."""
    try:
        when = datetime.fromisoformat(at)
    except ValueError:
        return None
    return when if when.timestamp() else None


def duration(seconds: float) -> str:
    """Return seconds as ``m:ss``, or ``h:mm:ss`` from an hour on."""
    minutes, rest = divmod(int(seconds), MINUTE)
    hours, minutes = divmod(minutes, MINUTE)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def some(names: Sequence[str], limit: int = 2) -> str:
    """Return the first names and how many more there are, such as ``dev, prod +3``."""
    first_names = ", ".join(plain(name) for name in names[:limit])
    return f"{first_names} +{len(names) - limit}" if len(names) > limit else first_names


def regions(names: Sequence[str], limit: int = 2) -> str:
    """Return the chosen regions as text; none means the own region of each profile."""
    if not names:
        return "each profile's own region"
    if list(names) == ["all"]:
        return "all enabled regions"
    return some(names, limit)


def caller(arn: str) -> str:
    """Return the last part of a caller's ARN, such as ``user/alice``."""
    return plain(arn.split(":", 5)[-1])


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun."""
    return f"{number:,} {plural(number, one, many)}"
