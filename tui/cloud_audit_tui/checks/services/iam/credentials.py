"""IAM users' passwords, MFA and access keys, judged from the credential report.

The report may be four hours old, so a failure is confirmed by one more read where possible: a key that was
deactivated since the report does not fail. Users created since the report are not in it. All checks share one
report.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from cloud_audit_tui.aws.errors import ReadError
from cloud_audit_tui.checks.api import Item, Region, Verdicts, check
from cloud_audit_tui.checks.services.iam import credential_report
from cloud_audit_tui.checks.services.iam.limits import LONGEST_UNUSED, OLDEST_KEY, RECENTLY_USED
from cloud_audit_tui.checks.wording import in_quotes
from cloud_audit_tui.model import Resource, Severity, Status, Verdict
from cloud_audit_tui.plural import plural

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cloud_audit_tui.checks.services.iam.credential_report import Credentials, Key, Report

USER_TYPE, KEY_TYPE = "AWS::IAM::User", "AWS::IAM::AccessKey"

NAMED_USERS = 10
"""The most users with keys for which passing keys are also named by key ID, at one call per user."""

ACTIVE = "Active"


class _OfUser(NamedTuple):
    """A user's row and one of its keys, or no key for the user as a whole."""

    report: Report
    row: Credentials
    key: Key | None = None

    @property
    def named(self) -> bool:
        """Whether the account has so few users with keys that passing keys are looked up too."""
        return self.report.users_with_keys <= NAMED_USERS


@check("aws-iam-002", reads=[*credential_report.READS, "iam:ListVirtualMFADevices"])
def console_user_mfa(region: Region) -> Verdicts:
    """Fail a user who has a password and no MFA device.

    Source: credential report, password_enabled and mfa_active; CIS v3.0.0 1.10. One read for all users
    instead of two for each. As the report may be hours old, a user with a virtual device that was assigned
    since passes; if the list of virtual devices cannot be read, such a user is not assessed.
    """
    return region.judge(_users(region), _resource, partial(_judge_mfa, region))


@check("aws-iam-003", reads=[*credential_report.READS, "iam:ListAccessKeys"], identified_by_judging=True)
def old_access_key(region: Region) -> Verdicts:
    """Fail an active access key that was created more than 90 days ago.

    Source: credential report, access_key_n_active and access_key_n_last_rotated; CIS v3.0.0 1.14, "every 90
    days or less", so the ninetieth day still passes. The report has no key IDs: for a user with an old key,
    ListAccessKeys returns them, and shows whether the key was deactivated or deleted since. If few users have
    keys, passing keys are looked up too, so that a key has the same name in every scan.
    """
    return region.judge(_active_keys(region), _resource, partial(_judge_age, region))


@check("aws-iam-004", reads=[*credential_report.READS, "iam:ListAccessKeys"], identified_by_judging=True)
def unused_credentials(region: Region) -> Verdicts:
    """Fail an active access key or a password that was not used for 45 days or more.

    Source: credential report, access_key_n_last_used_date and password_last_used; CIS v3.0.0 1.12, "unused
    for 45 days or greater". A key that was never used counts from its creation, a password from the day
    on which it was set, so new credentials pass. A password that was set again after its last use counts
    from that day too, because the use was that of the password before. The benchmark covers passwords
    too: a user with a password gets a verdict in addition to those of the keys. A credential that was
    never used is medium, one that was used is low, as in the catalogue.
    """
    return region.judge(_passwords_and_keys(region), _resource, partial(_judge_use, region))


@check("aws-iam-009", reads=[*credential_report.READS, "iam:ListAccessKeys"])
def several_access_keys(region: Region) -> Verdicts:
    """Fail a user with more than one active access key.

    Source: credential report, access_key_1_active and access_key_2_active; CIS v3.0.0 1.13. For a user with
    two, ListAccessKeys confirms it and returns IDs and creation dates, which show the older key.
    """
    return region.judge(_users(region), _resource, partial(_judge_count, region))


async def _users(region: Region) -> AsyncIterator[_OfUser]:
    report = await credential_report.credential_report(region)
    for row in report.users:
        yield _OfUser(report, row)


async def _active_keys(region: Region) -> AsyncIterator[_OfUser]:
    async for entry in _users(region):
        if entry.row.fault:
            yield entry
        for key in entry.row.active_keys:
            yield entry._replace(key=key)


async def _passwords_and_keys(region: Region) -> AsyncIterator[_OfUser]:
    async for entry in _users(region):
        if entry.row.fault or entry.row.password:
            yield entry
        for key in entry.row.active_keys:
            yield entry._replace(key=key)


def _resource(entry: _OfUser) -> Resource:
    row, key = entry.row, entry.key
    if key is None:
        return Resource(row.arn, row.user, USER_TYPE)
    return Resource(_key_identity(row, key), f"{row.user}/access key {key.slot}", KEY_TYPE)


def _key_identity(row: Credentials, key: Key) -> str:
    """Return the identity of a key in every scan: its user and the second of its creation.

    The key ID would identify it, but the credential report lacks it and ListAccessKeys may be denied. The
    slot is added if two keys share the second or lack it.
    """
    created = _second(key.created)
    alone = sum(_second(other.created) == created for other in row.keys if other.created) == 1
    return f"{row.arn}/access-key/{created if created and alone else f'{created}#{key.slot}'}"


def _unreadable(entry: _OfUser) -> Verdict:
    reason = f"The row of user {in_quotes(entry.row.user)} in the credential report: {entry.row.fault}."
    return Verdict(Status.NOT_ASSESSED, _resource(entry), reason)


async def _judge_mfa(region: Region, entry: _OfUser) -> Verdict:
    row = entry.row
    if row.fault:
        return _unreadable(entry)
    evidence = {"user_name": row.user, "password": row.password, "mfa": row.mfa, **_report_date(entry.report)}
    user = f"User {in_quotes(row.user)}"
    if not row.password:
        reason = f"{user} has no password for the console."
        return Verdict(Status.PASS, _resource(entry), reason, evidence)
    if row.mfa or row.arn in await _users_with_virtual_device(region):
        reason = f"{user} has a password and an MFA device."
        return Verdict(Status.PASS, _resource(entry), reason, {**evidence, "mfa": True})
    reason = (
        f"{user} has a password and no MFA device, says the credential report of {entry.report.made_words}."
    )
    return Verdict(Status.FAIL, _resource(entry), reason, evidence)


async def _users_with_virtual_device(region: Region) -> set[str]:
    """Return the ARNs of users with a virtual device; raises `ReadError`."""
    return {
        str((device.get("User") or {}).get("Arn") or "")
        async for device in region.items("iam", "ListVirtualMFADevices", AssignmentStatus="Assigned")
    }


async def _judge_age(region: Region, entry: _OfUser) -> Verdict | None:
    row, key = entry.row, entry.key
    if key is None:
        return _unreadable(entry)
    if key.created is None:
        reason = f"AWS does not say when {_of(entry)} was made."
        return Verdict(Status.NOT_ASSESSED, _resource(entry), reason)
    age = _days_since(key.created)
    evidence = {**_key_facts(entry), "age_days": age, "limit_days": OLDEST_KEY}
    if age <= OLDEST_KEY:
        reason = f"{_of(entry, begin=True)} is {_days(age)} old."
        return await _passed(region, entry, reason, evidence)
    live = await _still_active(region, row, key)
    if live is None:
        return None
    key_of_user = f"Access key {in_quotes(live)} of user {in_quotes(row.user)}"
    reason = f"{key_of_user} is {_days(age)} old, more than {OLDEST_KEY}."
    return Verdict(Status.FAIL, _identified(entry, live), reason, {**evidence, "access_key_id": live})


async def _judge_use(region: Region, entry: _OfUser) -> Verdict | None:
    row, key = entry.row, entry.key
    if row.fault:
        return _unreadable(entry)
    used, created = (key.used, key.created) if key is not None else (row.password_used, row.password_changed)
    what = _of(entry)
    since = used or created
    if key is None and used is not None and created is not None:
        since = max(used, created)
    if since is None:
        reason = f"AWS says neither when {what} was made nor when it was used."
        return Verdict(Status.NOT_ASSESSED, _resource(entry), reason)
    unused = _days_since(since)
    evidence = {
        **(_key_facts(entry) if key is not None else {"user_name": row.user, **_report_date(entry.report)}),
        "credential": "access key" if key is not None else "password",
        "unused_days": unused,
        "never_used": used is None,
        "limit_days": LONGEST_UNUSED,
        "used_since": _iso(datetime.now(UTC) - timedelta(days=LONGEST_UNUSED)),
        "set": _iso(created),
    }
    if unused < LONGEST_UNUSED:
        state = f"was never used, and is {_days(unused)} old"
        if used is not None:
            state = f"was {'used' if since == used else 'set'} {_days(unused)} ago"
        return await _passed(region, entry, f"{what[0].upper()}{what[1:]} {state}.", evidence)
    resource = _resource(entry)
    if key is not None:
        live = await _still_active(region, row, key)
        if live is None:
            return None
        what = f"access key {in_quotes(live)} of user {in_quotes(row.user)}"
        resource = _identified(entry, live)
        evidence["access_key_id"] = live
    if used is None:
        reason = f"{what[0].upper()}{what[1:]} was never used in its {_days(unused)}."
        return Verdict(Status.FAIL, resource, reason, evidence, severity=Severity.MEDIUM)
    reason = f"{what[0].upper()}{what[1:]} was not used for {_days(unused)}."
    return Verdict(Status.FAIL, resource, reason, evidence, severity=Severity.LOW)


async def _passed(region: Region, entry: _OfUser, reason: str, evidence: Item) -> Verdict | None:
    """Pass a credential; in a small account a key has its ID as name, and no verdict if it is gone."""
    if entry.key is None or not entry.named:
        return Verdict(Status.PASS, _resource(entry), reason, evidence)
    try:
        live = await _still_active(region, entry.row, entry.key)
    except ReadError:
        # The key passes by the report; only its ID is missing.
        return Verdict(Status.PASS, _resource(entry), reason, evidence)
    if live is None:
        return None
    return Verdict(Status.PASS, _identified(entry, live), reason, {**evidence, "access_key_id": live})


async def _judge_count(region: Region, entry: _OfUser) -> Verdict:
    row = entry.row
    if row.fault:
        return _unreadable(entry)
    count = len(row.active_keys)
    evidence: Item = {
        "user_name": row.user,
        **_report_date(entry.report),
        "keys": [],
        "used_since": _iso(datetime.now(UTC) - timedelta(days=RECENTLY_USED)),
    }
    words = ("no active access key", "one active access key")
    if count < 2:  # noqa: PLR2004
        reason = f"User {in_quotes(row.user)} has {words[count]}."
        return Verdict(Status.PASS, _resource(entry), reason, evidence)
    live = [key for key in await _live_keys(region, row.user) if key.get("Status") == ACTIVE]
    if len(live) < 2:  # noqa: PLR2004
        reason = f"User {in_quotes(row.user)} has {words[len(live)]}."
        return Verdict(Status.PASS, _resource(entry), reason, evidence)
    reported = {_second(key.created): key for key in row.active_keys}
    evidence["keys"] = [
        {
            "access_key_id": str(key.get("AccessKeyId", "")),
            "created": _iso(key.get("CreateDate")),
            "last_used": _iso(reported_key.used)
            if (reported_key := reported.get(_second(key.get("CreateDate"))))
            else "",
        }
        for key in sorted(live, key=_created)
    ]
    reason = f"User {in_quotes(row.user)} has {len(live)} active access keys."
    return Verdict(Status.FAIL, _resource(entry), reason, evidence)


async def _live_keys(region: Region, user: str) -> list[Item]:
    """Return a user's current access keys, none for a user deleted since the report."""
    try:
        return [key async for key in region.items("iam", "ListAccessKeys", UserName=user)]
    except ReadError as error:
        if error.code == "NoSuchEntity":
            return []
        raise


async def _still_active(region: Region, row: Credentials, key: Key) -> str | None:
    """Return the ID of a key of the report, or ``None`` if it is no longer active.

    A key is matched by the second of its creation, else by its position among the active keys.
    """
    live = sorted(await _live_keys(region, row.user), key=_created)
    if same := [one for one in live if _second(one.get("CreateDate")) == _second(key.created)]:
        match = same[min(key.slot - 1, len(same) - 1)]
    else:
        active = [one for one in live if one.get("Status") == ACTIVE]
        place = sorted(row.active_keys, key=lambda one: _second(one.created)).index(key)
        if len(active) != len(row.active_keys):
            return None
        match = active[place]
    return str(match.get("AccessKeyId", "")) if match.get("Status") == ACTIVE else None


def _identified(entry: _OfUser, key_id: str) -> Resource:
    """Return a key with the key ID in its name; its identity is that of `_resource`."""
    return Resource(_resource(entry).id, f"{entry.row.user}/{key_id}", KEY_TYPE)


def _key_facts(entry: _OfUser) -> Item:
    key = entry.key
    assert key is not None
    return {
        "user_name": entry.row.user,
        **_report_date(entry.report),
        "created": _iso(key.created),
        "last_used": _iso(key.used),
        "last_used_in": key.used_in,
        "last_used_for": key.used_for,
        "other_active_keys": len(entry.row.active_keys) - 1,
    }


def _report_date(report: Report) -> Item:
    return {"report_made": _iso(report.generated)}


def _of(entry: _OfUser, *, begin: bool = False) -> str:
    what = f"access key {entry.key.slot}" if entry.key is not None else "the password"
    what = f"{what} of user {in_quotes(entry.row.user)}"
    return what[0].upper() + what[1:] if begin else what


def _days_since(date: datetime) -> int:
    return (datetime.now(UTC) - date).days


def _days(count: int) -> str:
    return f"{count} {plural(count, 'day')}"


def _second(date: object) -> str:
    return date.astimezone(UTC).isoformat(timespec="seconds") if isinstance(date, datetime) else ""


def _created(key: Item) -> str:
    return _second(key.get("CreateDate"))


def _iso(date: object) -> str:
    return _second(date)
