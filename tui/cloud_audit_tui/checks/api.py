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
from cloud_audit_tui.checks.selection import is_wanted
from cloud_audit_tui.model import Resource, Status, Target, Verdict

if TYPE_CHECKING:
    from cloud_audit_tui.model import Subject

log = logging.getLogger(__name__)

Item = dict[str, Any]
Verdicts = AsyncIterator[Verdict]

JUDGED_AT_ONCE = 256
"""Resources of one check and region that are judged side by side; the Reader bounds their calls."""


class Reads(Protocol):
    """What a check needs of the Reader; `cloud_audit_tui.aws.reader.Reader` is the real one."""

    async def read(self, region: str, service: str, operation: str, params: Item) -> Item:
        """Return the response of one call, which is made once for all checks."""
        ...

    def items(self, region: str, service: str, operation: str, params: Item) -> AsyncIterator[Any]:
        """Yield the items of every page of a paged operation; each page is fetched once."""
        ...

    async def poll(
        self, region: str, service: str, operation: str, params: Item, pending: Collection[str]
    ) -> Item:
        """Return the response of a call, made again while AWS answers that it is not ready."""
        ...


class UndeclaredReadError(RuntimeError):
    """A check asked for an operation that it does not declare: a fault of the check."""


class GoneError(Exception):
    """The resource was deleted since it was listed, so it is outside of every check."""


@dataclass(frozen=True)
class Region:
    """One region of one account, as a check sees it.

    A global check gets the account's home region for its partition (`us-east-1` and its like).
    ``only`` names the subjects to judge, as in `is_wanted`; empty, all of them. ``scanned`` are the regions
    of the scan, so that a check can judge in one of them what belongs to a region outside of it.
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
        """Return the response of a call, made again while AWS answers with a code in ``pending``.

        For what AWS prepares first, such as the credential report; raises `ReadError`.
        """
        self._check_declared(service, operation)
        return await self.reader.poll(self.name, service, operation, params, pending)

    async def read_for_remediation(self, service: str, operation: str, **params: Any) -> Item | None:
        """Return a response that serves the remediation alone, or ``None`` when it cannot be read.

        No status, severity or identity may depend on it: a denied read would change the verdict.
        """
        try:
            return await self.read(service, operation, **params)
        except ReadError:
            return None

    def at(self, region: str) -> Region:
        """Return another region of the same account, for a resource that lives there."""
        return replace(self, target=msgspec.structs.replace(self.target, region=region))

    async def items(self, service: str, operation: str, **params: Any) -> AsyncIterator[Any]:
        """Yield the items of every page of a declared operation; raises `ReadError`.

        An empty entry of a list is passed over, and reported as a `ReadError` after the other items.
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
        """Judge items side by side and yield each verdict as soon as it is there.

        ``None`` from ``judge_one``, or `GoneError`, means that the item is outside the check. ``region_of``
        gives the region of an item that lives elsewhere; every verdict on the item gets this region. Items
        that are not among `only` are passed over before ``judge_one`` reads anything. A failure costs as
        little as it can:

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
                        if resource is None or not self._is_wanted(resource):
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
        """Return what an item is; one without an identity is reported once the others are judged."""
        try:
            resource = self._resource_of(item)
            # An ARN that ends where the name belongs was built of a missing one.
            if not (resource.id or resource.name) or resource.id.endswith(("/", ":")):
                raise ValueError("AWS gives neither an id nor a name")
        except Exception as error:
            self._failure = self._failure or unexpected(error, "the identity of an item")
            return None
        return resource

    def _is_wanted(self, resource: Resource) -> bool:
        return is_wanted(resource, self._region.target, self._region.only)

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
        raise malformed(f"{member} has an entry that is no structure")
    return list(structures)


def malformed(words: str) -> ReadError:
    """Return the failure of a response that lacks what AWS documents; ``words`` say what is wrong."""
    return ReadError(
        Unread.BAD_RESPONSE,
        f"AWS gave a response that cannot be understood: {words}.",
        action="Scan again; if it stays so, report it.",
    )


def unexpected(error: Exception, what: str) -> ReadError:
    """Return the failure of ``what``, whose data the code did not expect, and log where it went wrong.

    The exception's message is left out, because it may quote data that AWS returned.
    """
    frame = traceback.extract_tb(error.__traceback__)[-1]
    log.warning("malformed %s: %s at %s:%s", what, type(error).__name__, frame.filename, frame.lineno)
    return malformed(f"what {what} needs is not as AWS documents it ({type(error).__name__})")


def not_assessed(subject: Subject, error: ReadError) -> Verdict:
    """Return the verdict of a subject that could not be looked at."""
    evidence: Item = {"unread": error.kind.value}
    if error.permission:
        evidence["missing_permission"] = error.permission
    return Verdict(Status.NOT_ASSESSED, subject, error.words, evidence)


CheckFunction = Callable[[Region], Verdicts]


@dataclass(frozen=True)
class Check:
    """A check's function with its id and the reads that it may make, as ``service:Operation``.

    ``identified_by_judging``: the check lists families, slots or numbers, and only judging gives the id or
    the name of the resource, so none of them can be passed over before it is judged.
    """

    id: str
    reads: tuple[str, ...]
    run: CheckFunction
    identified_by_judging: bool = False


def check(
    check_id: str, *, reads: list[str], identified_by_judging: bool = False
) -> Callable[[CheckFunction], Check]:
    """Declare a check; everything that is not code stands in its explanation.

    What a check did not expect of an answer of AWS leaves its unit not assessed, as `ReadError`.
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
