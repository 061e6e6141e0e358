"""The answers of the demo's AWS, recorded once and replayed to checks: denied, malformed or as they were.

A replay needs no server, so a sweep over every check and every read takes seconds.
"""

from __future__ import annotations

import copy
import copyreg
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from cloud_audit_tui.aws.concurrency import Limits
from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.aws.identity import identify
from cloud_audit_tui.aws.profiles import list_profiles, select_profiles
from cloud_audit_tui.aws.reader import Reader
from cloud_audit_tui.aws.sessions import Sessions
from cloud_audit_tui.checks.api import Region, not_assessed
from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.checks.explanation import explanation
from cloud_audit_tui.model import AccountScope, RegionScope, Severity, Status, Subject, Target

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Mapping

    from cloud_audit_tui.checks.api import Check, Reads

HOME = "us-east-1"


@dataclass(frozen=True)
class Call:
    """One read: ``kind`` is the method of the Reader, ``params`` the parameters as JSON."""

    kind: str
    region: str
    operation: str
    params: str

    @classmethod
    def of(cls, kind: str, region: str, service: str, operation: str, params: Any) -> Call:
        text = msgspec.json.encode(params, order="sorted", enc_hook=str).decode()
        return cls(kind, region, f"{service}:{operation}", text)


Answers = dict[Call, Any]
"""The answer of each call: a response, the list of items, or the `ReadError`."""


@dataclass
class RecordedAccount:
    """The answers that an account gave, and the regions that were scanned."""

    profile: str
    account_id: str
    regions: tuple[str, ...]
    answers: Answers = field(default_factory=dict)
    calls: dict[tuple[str, str], list[Call]] = field(default_factory=dict)
    """The calls of each check in each region."""


def _reduce(error: ReadError) -> tuple[Any, ...]:
    """Return how pickle rebuilds an error: by itself it would leave the reason out."""
    return _rebuild, (error.kind, error.reason, vars(error))


def _rebuild(kind: Unread, reason: str, fields: dict[str, Any]) -> ReadError:
    error = ReadError(kind, reason)
    vars(error).update(fields)
    return error


copyreg.pickle(ReadError, _reduce)


class _Recorder:
    def __init__(self, reads: Reads, answers: Answers, calls: list[Call]) -> None:
        self._reads, self._answers, self._calls = reads, answers, calls

    async def read(self, region: str, service: str, operation: str, params: Any) -> Any:
        call = Call.of("read", region, service, operation, params)
        return await self._record(call, lambda: self._reads.read(region, service, operation, params))

    async def poll(self, region: str, service: str, operation: str, params: Any, pending: Any) -> Any:
        call = Call.of("poll", region, service, operation, params)
        return await self._record(call, lambda: self._reads.poll(region, service, operation, params, pending))

    async def items(self, region: str, service: str, operation: str, params: Any) -> AsyncIterator[Any]:
        call = Call.of("items", region, service, operation, params)

        async def all_items() -> list[Any]:
            return [item async for item in self._reads.items(region, service, operation, params)]

        for item in await self._record(call, all_items):
            yield item

    async def _record(self, call: Call, ask: Callable[[], Any]) -> Any:
        self._calls.append(call)
        try:
            self._answers[call] = await ask()
        except ReadError as error:
            self._answers[call] = error
            raise
        return copy.deepcopy(self._answers[call])


class Replay:
    """Reads that answer from a recording; what was not recorded is denied."""

    def __init__(self, answers: Mapping[Call, Any], denied: Callable[[Call], bool] = lambda _: False) -> None:
        self._answers, self._denied = answers, denied

    async def read(self, region: str, service: str, operation: str, params: Any) -> Any:
        return self._answer(Call.of("read", region, service, operation, params))

    async def poll(
        self, region: str, service: str, operation: str, params: Any, pending: Collection[str]
    ) -> Any:
        return self._answer(Call.of("poll", region, service, operation, params))

    async def items(self, region: str, service: str, operation: str, params: Any) -> AsyncIterator[Any]:
        for item in self._answer(Call.of("items", region, service, operation, params)):
            yield item

    def _answer(self, call: Call) -> Any:
        if call not in self._answers or self._denied(call):
            raise ReadError(
                Unread.DENIED, f"{call.operation} is denied.", permission=call.operation, code="AccessDenied"
            )
        answer = self._answers[call]
        if isinstance(answer, ReadError):
            raise answer
        return answer


Identity = tuple[str, str, str, str]
"""What identifies a finding: check, region (none of an account), kind and id of the subject."""


@dataclass(frozen=True)
class Row:
    """What a check says of one subject."""

    identity: Identity
    status: Status
    severity: Severity
    name: str
    fault: str = ""

    @property
    def is_scope(self) -> bool:
        return self.identity[2] != "Resource"


def identity_of(check_id: str, region: str, subject: Subject) -> Identity:
    kind = type(subject).__name__
    resource_id = getattr(subject, "id", "")
    return check_id, "" if isinstance(subject, AccountScope) else region, kind, resource_id


async def rows_of(
    check: Check, target: Target, reads: Reads, scanned: Collection[str] = ()
) -> dict[Identity, Row]:
    """Run a check as the scanner does and return its rows; an exception becomes a row with a ``fault``."""
    about = explanation(check.id).about
    region = Region(target, reads, frozenset(check.reads), scanned=frozenset(scanned))
    rows: dict[Identity, Row] = {}

    def add(verdict: Any, fault: str = "") -> None:
        identity = identity_of(check.id, verdict.region or target.region, verdict.subject)
        name = getattr(verdict.subject, "name", "")
        rows[identity] = Row(identity, verdict.status, verdict.severity or about.severity, name, fault)

    scope = AccountScope() if about.is_global else RegionScope()
    try:
        async for verdict in check.run(region):
            add(verdict)
    except ReadError as error:
        add(not_assessed(scope, error))
    except Exception as error:
        add(not_assessed(scope, ReadError(Unread.BAD_RESPONSE, "")), _place(error))
    return rows


def _place(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(frame.filename).name}:{frame.lineno})"


def targets_of(account: RecordedAccount, check: Check) -> list[Target]:
    """Return where a check runs in an account."""
    regions = (HOME,) if explanation(check.id).about.is_global else account.regions
    return [Target(account.profile, account.account_id, region) for region in regions]


async def record(environ: Mapping[str, str], profiles: list[str]) -> list[RecordedAccount]:
    """Run every check over the accounts of profiles and return the answers they got."""
    doors = select_profiles(list_profiles(environ), profiles, environ)
    accounts = []
    reads = {read for check in all_checks().values() for read in check.reads}
    async with Sessions(_decline, lambda *_: None, reads=reads) as sessions:
        for profile in doors:
            identity = await identify(sessions, profile, profile.region or HOME)
            regions = tuple(dict.fromkeys((identity.region, HOME)))
            account = RecordedAccount(profile.name, identity.account_id, regions)
            reader = Reader(sessions, profile, identity.account_id, Limits())
            for check in all_checks().values():
                for target in targets_of(account, check):
                    calls = account.calls[check.id, target.region] = []
                    await rows_of(check, target, _Recorder(reader, account.answers, calls), regions)
            await reader.close()
            accounts.append(account)
    return accounts


async def _decline(*_: Any) -> str:
    raise ReadError(Unread.CREDENTIALS, "nobody is there")
