"""The keys of the filter language: one table. A new key is one more entry of `KEYS`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cloud_audit_tui.compliance.catalogue import frameworks
from cloud_audit_tui.filters.expression import And, Expression, Flag, Like, Not, OneOf, Or, Pattern, Since
from cloud_audit_tui.filters.fields import Field
from cloud_audit_tui.model import Category, Disposition, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class ValueNotAllowedError(ValueError):
    """The key does not allow the value; the message says what it allows."""


@dataclass(frozen=True)
class Key:
    """A key: its meaning with a value, and what the completion offers.

    ``meaning`` raises `ValueNotAllowedError`. ``values`` are those that are the same in every store. An empty
    ``default`` means that the key needs a value; ``example`` is shown where it is missing.
    """

    name: str
    description: str
    example: str
    meaning: Callable[[Pattern], Expression]
    values: tuple[str, ...] = ()
    default: str = ""


def _whole(*fields: Field) -> Callable[[Pattern], Expression]:
    """Compare the fields with the value as a whole; a ``*`` in it stands for any text."""
    return lambda pattern: Like(fields, pattern)


def _part(*fields: Field) -> Callable[[Pattern], Expression]:
    """Look for the value in the fields."""
    return lambda pattern: Like(fields, _within(pattern))


def _within(pattern: Pattern) -> Pattern:
    first, last = pattern.pieces[0], pattern.pieces[-1]
    before = ("",) if first else ()
    after = ("",) if last else ()
    return Pattern((*before, *pattern.pieces, *after))


def _with_prefix(prefix: str, field: Field) -> Callable[[Pattern], Expression]:
    """Compare the field with the value, with and without an optional prefix."""

    def meaning(pattern: Pattern) -> Expression:
        prefixed = Pattern((prefix + pattern.pieces[0], *pattern.pieces[1:]))
        return Or((Like((field,), pattern), Like((field,), prefixed)))

    return meaning


def _resource_type(pattern: Pattern) -> Expression:
    """Compare the type, or its last part, with the value: ``AWS::S3::Bucket``, ``bucket``."""
    last_part = Pattern(("", "::" + pattern.pieces[0], *pattern.pieces[1:]))
    fields = (Field.TYPE,)
    return Or((Like(fields, pattern), Like(fields, last_part)))


_CONTROL_SEPARATORS = (".", "(", "-")


def _control(framework: str) -> Callable[[Pattern], Expression]:
    """Look for a control of a framework, or one under it: 2.1.4 is under 2.1, and 2.10 is not."""

    def meaning(pattern: Pattern) -> Expression:
        control = Pattern((f"{framework} {pattern.pieces[0]}", *pattern.pieces[1:]))
        under = [
            Pattern((*control.pieces[:-1], control.pieces[-1] + mark, "")) for mark in _CONTROL_SEPARATORS
        ]
        return Or(tuple(Like((Field.COMPLIANCE,), each) for each in (control, *under)))

    return meaning


def _word(pattern: Pattern, allowed: tuple[str, ...]) -> str:
    """Return the allowed word that the pattern equals in any letter case."""
    word = "*".join(pattern.pieces).lower()
    if not pattern.is_exact or word not in allowed:
        raise ValueNotAllowedError(f"Use one of {', '.join(allowed)}.")
    return word


_SEVERITIES = tuple(severity.value for severity in Severity)
_SEVERITY_VALUES = (*_SEVERITIES, *(f"{name}+" for name in _SEVERITIES[1:]))


def _severity(pattern: Pattern) -> Expression:
    """Compare with the severity, or with ``+`` also with every worse one."""
    text = "*".join(pattern.pieces).lower()
    name = text.removesuffix("+")
    if name not in _SEVERITIES:
        raise ValueNotAllowedError(f"Use one of {', '.join(_SEVERITIES)}; add + for it and everything worse.")
    end = _SEVERITIES.index(name) + 1
    return OneOf(Field.SEVERITY, _SEVERITIES[:end] if text.endswith("+") else (name,))


def _while_open(status: Status) -> Expression:
    return And((OneOf(Field.STATUS, (status,)), OneOf(Field.DISPOSITION, (Disposition.OPEN,))))


_STATES: dict[str, Expression] = {
    "fail": _while_open(Status.FAIL),
    "pass": _while_open(Status.PASS),
    "unassessed": _while_open(Status.NOT_ASSESSED),
    **{each.value: OneOf(Field.DISPOSITION, (each,)) for each in Disposition if each is not Disposition.OPEN},
}
"""Every finding is in exactly one of these states: a muted failure is not also a failure."""
_OTHER_WORDS = {
    "failed": "fail",
    "passed": "pass",
    "not_assessed": "unassessed",
    "not-assessed": "unassessed",
    "not assessed": "unassessed",
}


def _state(pattern: Pattern) -> Expression:
    if pattern.is_exact and (word := pattern.pieces[0].lower()) in _OTHER_WORDS:
        pattern = Pattern((_OTHER_WORDS[word],))
    return _STATES[_word(pattern, tuple(_STATES))]


_CATEGORIES = tuple(category.value for category in Category)


def _category(pattern: Pattern) -> Expression:
    return OneOf(Field.CATEGORY, (_word(pattern, _CATEGORIES),))


def _new(pattern: Pattern) -> Expression:
    is_new = Flag(Field.NEW)
    return is_new if _word(pattern, ("yes", "no")) == "yes" else Not(is_new)


_SPAN = re.compile(r"(\d{1,4})([mhdw])", re.ASCII | re.IGNORECASE)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[tT]\d{2}:\d{2}(?::\d{2})?(?:[zZ]|[+-]\d{2}:\d{2})?)?", re.ASCII)


def _since(pattern: Pattern) -> Expression:
    text = "*".join(pattern.pieces)
    if span := _SPAN.fullmatch(text):
        return Since(Field.FIRST_SEEN, timedelta(**{_UNITS[span[2].lower()]: int(span[1])}))
    if _DATE.fullmatch(text):
        try:
            moment = datetime.fromisoformat(text.upper())
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return Since(Field.FIRST_SEEN, moment.astimezone(UTC))
        except (ValueError, OverflowError):
            pass
    raise ValueNotAllowedError(
        "Use a span such as 30m, 12h, 7d or 2w, or a day or time in UTC such as 2026-01-31."
    )


def _framework_keys() -> Iterator[Key]:
    """Yield the key of every framework, with one of its controls as the example."""
    for framework in frameworks().values():
        example = next((control.id for control in framework.controls if control.checks), "")
        description = f"Control of {framework.name} {framework.version}"
        yield Key(framework.filter_key, description, example, _control(framework.id))


KEYS: dict[str, Key] = {
    key.name: key
    for key in (
        Key("severity", "How bad a failure is; with + this and worse", "high+", _severity, _SEVERITY_VALUES),
        Key("status", "Result of the check, or what was done about it", "fail", _state, tuple(_STATES)),
        Key("service", "AWS service of the check", "s3", _whole(Field.SERVICE)),
        Key("region", "Region code", "eu-*", _whole(Field.REGION)),
        Key(
            "account",
            "Account id or alias",
            "111122223333",
            _whole(Field.ACCOUNT, Field.ALIAS),
        ),
        Key("profile", "AWS profile that leads to the account", "prod", _whole(Field.PROFILE)),
        Key("check", "Check id, with or without aws-", "iam-*", _with_prefix("aws-", Field.CHECK)),
        Key("title", "Words of the check's title", "encrypt", _part(Field.TITLE)),
        Key("reason", "Words of the reason", "denied", _part(Field.REASON)),
        Key(
            "resource",
            "Part of the resource's name or ARN",
            "backup",
            _part(Field.RESOURCE, Field.RESOURCE_ID),
        ),
        Key("type", "CloudFormation type, or its last part", "bucket", _resource_type),
        Key("category", "What a failure affects", "security", _category, _CATEGORIES),
        Key("new", "First seen by the last scan", "yes", _new, ("yes", "no"), default="yes"),
        Key(
            "since", "First seen within this span or since this day", "7d", _since, ("1h", "24h", "7d", "30d")
        ),
        Key("source", "Own scan, or the kind of report it came from", "scan", _whole(Field.SOURCE)),
        *_framework_keys(),
    )
}
