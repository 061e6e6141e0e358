"""What a check is: a function over a `Region`, the reads that it declares, and its verdicts."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.checks.selection import is_selected
from cloud_audit_tui.model import Resource, Status, Target, Verdict

if TYPE_CHECKING:
    from cloud_audit_tui.model import Subject

log = logging.getLogger(__name__)

Item = dict[str, Any]
Verdicts = AsyncIterator[Verdict]

JUDGED_AT_ONCE = 256
"""Resources of one check and region that are judged concurrently; the Reader bounds their calls."""


class Reads(Protocol):
    """The interface of the Reader for checks; `cloud_audit_tui.aws.reader.Reader` implements it."""

    async def read(self, region: str, service: str, operation: str, params: Item) -> Item:
        """Return the response of a call; equal calls of all checks are made once."""
        ...

    def items(self, region: str, service: str, operation: str, params: Item) -> AsyncIterator[Any]:
        """Yield the items of every page of a paged operation; each page is fetched once."""
        ...

    async def poll(
        self, region: str, service: str, operation: str, params: Item, pending: Collection[str]
    ) -> Item:
        """Return the response of a call, repeated while AWS answers that it is not ready."""
        ...


class UndeclaredReadError(RuntimeError):
    """A check called an operation that it does not declare: a fault of the check."""


class GoneError(Exception):
    """The resource was deleted since it was listed, so no check applies to it."""


@dataclass(frozen=True)
class Region:
    """One region of one account, as a check sees it.

    A global check gets the account's home region for its partition (`us-east-1` and its like). ``only`` names
    the subjects to judge, as in `is_selected`; empty for all. ``scanned`` are the regions of the scan, so
    that a check can judge in one of them a resource of a region outside the scan.
    """

    target: Target
    reader: Reads
    declared: frozenset[str]
    only: frozenset[str] = frozenset()
    scanned: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The region's code, such as ``eu-central-1``."""
        return self.target.region

    @property
    def partition(self) -> str:
        """``aws``, ``aws-us-gov`` or ``aws-cn``."""
        return self.target.partition

    @property
    def account_id(self) -> str:
        """The twelve digits of the account."""
        return self.target.account_id

    def arn(self, service: str, path: str) -> str:
        """Return the ARN of a resource of this region and account."""
        return f"arn:{self.partition}:{service}:{self.name}:{self.account_id}:{path}"

    async def read(self, service: str, operation: str, **params: Any) -> Item:
        """Return the response of one declared call; raises `ReadError`."""
        self._check_declared(service, operation)
        return await self.reader.read(self.name, service, operation, params)

    async def find(
        self, service: str, operation: str, *, absent: Collection[str], **params: Any
    ) -> Item | None:
        """Return the response, or ``None`` when AWS answers with an error code that means "none".

        ``absent`` are codes such as ``NoSuchBucketPolicy``; any other failure raises `ReadError`.
        """
        try:
            return await self.read(service, operation, **params)
        except ReadError as error:
            if error.code in absent:
                return None
            raise

    async def poll(self, service: str, operation: str, *, pending: Collection[str], **params: Any) -> Item:
        """Return the response of a call, repeated while AWS answers with a code in ``pending``.

        For results that AWS has to prepare, such as the credential report; raises `ReadError`.
        """
        self._check_declared(service, operation)
        return await self.reader.poll(self.name, service, operation, params, pending)

    async def read_for_remediation(self, service: str, operation: str, **params: Any) -> Item | None:
        """Return a response that only the remediation uses, or ``None`` when it cannot be read.

        No status, severity or identity may depend on it: a denied read would change the verdict.
        """
        try:
            return await self.read(service, operation, **params)
        except ReadError:
            return None

    def at(self, region: str) -> Region:
        """Return another region of the same account, for a resource of that region."""
        return replace(self, target=msgspec.structs.replace(self.target, region=region))

    async def items(self, service: str, operation: str, **params: Any) -> AsyncIterator[Any]:
        """Yield the items of every page of a declared operation; raises `ReadError`.

        An empty entry of a list is skipped, and reported as a `ReadError` after the other items.
        """
        self._check_declared(service, operation)
        empty = False
        async for item in self.reader.items(self.name, service, operation, params):
            if item is None:
                empty = True
            else:
                yield item
        if empty:
            raise malformed(f"the list of {service}:{operation} has an empty entry")

    async def judge(
        self,
        items: AsyncIterable[Any] | Iterable[Any],
        resource_of: Callable[[Any], Resource],
        judge_one: Callable[[Any], Awaitable[Verdict | None]],
        region_of: Callable[[Any], str] = lambda _: "",
    ) -> Verdicts:
        """Judge items concurrently and yield each verdict as soon as it is ready.

        ``None`` from ``judge_one``, or `GoneError`, means that the item is outside the check. ``region_of``
        gives the region of an item of another region; every verdict on the item gets this region. Items that
        are not among `only` are skipped before ``judge_one`` reads anything. A failure affects as few items
        as possible:

        - A read that fails for one item, or an item that AWS returned malformed, leaves this item *not
          assessed*; the others are judged.
        - An item so malformed that it has no identity, and a listing that fails, raise `ReadError` after
          all other items have been judged.
        """
        judging = _Judging(self, resource_of, judge_one, region_of)
        work = asyncio.create_task(judging.run(items))
        try:
            while (verdict := await judging.verdicts.get()) is not None:
                yield verdict
            await work
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    def _check_declared(self, service: str, operation: str) -> None:
        if f"{service}:{operation}" not in self.declared:
            raise UndeclaredReadError(f"{service}:{operation} is not among the declared reads")


class _Judging:
    """One run of `Region.judge`; ``None`` in ``verdicts`` is the end."""

    def __init__(
        self,
        region: Region,
        resource_of: Callable[[Any], Resource],
        judge_one: Callable[[Any], Awaitable[Verdict | None]],
        region_of: Callable[[Any], str],
    ) -> None:
        self.verdicts: asyncio.Queue[Verdict | None] = asyncio.Queue()
        self._region = region
        self._resource_of = resource_of
        self._judge_one = judge_one
        self._region_of = region_of
        self._slots = asyncio.Semaphore(JUDGED_AT_ONCE)
        self._failure: ReadError | None = None

    async def run(self, items: AsyncIterable[Any] | Iterable[Any]) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                try:
                    async for item in _each(items):
                        resource = self._identity(item)
                        if resource is None or not self._is_selected(resource):
                            continue
                        await self._slots.acquire()
                        group.create_task(self._one(resource, item))
                except ReadError as error:
                    self._failure = error
                except UndeclaredReadError:
                    raise
                except Exception as error:
                    self._failure = unexpected(error, "a list")
            if self._failure is not None:
                raise self._failure
        finally:
            self.verdicts.put_nowait(None)

    def _identity(self, item: Any) -> Resource | None:
        """Return an item as a resource, ``None`` without an identity, which `run` raises after the others."""
        try:
            resource = self._resource_of(item)
            # An ARN that ends in front of the name was built from a missing name.
            if not (resource.id or resource.name) or resource.id.endswith(("/", ":")):
                raise ValueError("AWS gives neither an id nor a name")
        except Exception as error:
            self._failure = self._failure or unexpected(error, "the identity of an item")
            return None
        return resource

    def _is_selected(self, resource: Resource) -> bool:
        return is_selected(resource, self._region.target, self._region.only)

    async def _one(self, resource: Resource, item: Any) -> None:
        try:
            verdict = await self._judge_one(item)
        except ReadError as error:
            verdict = not_assessed(resource, error)
        except GoneError:
            verdict = None
        except UndeclaredReadError:
            raise
        except Exception as error:
            verdict = not_assessed(resource, unexpected(error, resource.type))
        finally:
            self._slots.release()
        if verdict is not None:
            region = verdict.region or self._region_of(item)
            self.verdicts.put_nowait(msgspec.structs.replace(verdict, region=region))


async def _each(items: AsyncIterable[Any] | Iterable[Any]) -> AsyncIterator[Any]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


def entries(answer: Item, member: str) -> list[Item]:
    """Return the structures in a list member of a response, none when it is absent; raises `ReadError`."""
    structures = answer.get(member) or []
    if not all(isinstance(entry, dict) for entry in structures):
        raise malformed(f"{member} has an entry that is not a structure")
    return list(structures)


def malformed(words: str) -> ReadError:
    """Return the failure of a response that is not as AWS documents it; ``words`` say what is wrong."""
    return ReadError(
        Unread.BAD_RESPONSE,
        f"AWS gave a response that cannot be understood: {words}.",
        action="Scan again; if the error persists, report it.",
    )


def unexpected(error: Exception, what: str) -> ReadError:
    """Return the failure of unexpected data for ``what``, and log where the code failed.

    The exception's message is left out, because it may quote data that AWS returned.
    """
    frame = traceback.extract_tb(error.__traceback__)[-1]
    log.warning("malformed %s: %s at %s:%s", what, type(error).__name__, frame.filename, frame.lineno)
    return malformed(f"the data of {what} is not as AWS documents it ({type(error).__name__})")


def not_assessed(subject: Subject, error: ReadError) -> Verdict:
    """Return the verdict of a subject that could not be read."""
    evidence: Item = {"unread": error.kind.value}
    if error.permission:
        evidence["missing_permission"] = error.permission
    return Verdict(Status.NOT_ASSESSED, subject, error.words, evidence)


CheckFunction = Callable[[Region], Verdicts]


@dataclass(frozen=True)
class Check:
    """A check's function with its id and the reads that it may make, as ``service:Operation``.

    ``identified_by_judging``: the check lists families, slots or numbers, and only judging yields the id or
    the name of the resource, so none of them can be skipped before it is judged.
    """

    id: str
    reads: tuple[str, ...]
    run: CheckFunction
    identified_by_judging: bool = False


def check(
    check_id: str, *, reads: list[str], identified_by_judging: bool = False
) -> Callable[[CheckFunction], Check]:
    """Declare a check; its texts are in its explanation.

    A response of AWS that the check does not expect raises `ReadError`: its unit is not assessed.
    """

    def declare(function: CheckFunction) -> Check:
        async def run(region: Region) -> Verdicts:
            try:
                async for verdict in function(region):
                    yield verdict
            except (ReadError, UndeclaredReadError):
                raise
            except Exception as error:
                raise unexpected(error, check_id) from error

        return Check(check_id, tuple(reads), run, identified_by_judging)

    return declare
