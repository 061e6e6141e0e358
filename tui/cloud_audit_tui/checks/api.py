"""What a check is: a function over a `Region`, the reads that it declares, and its verdicts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from typing import Any, Protocol

import msgspec

from cloud_audit_tui.aws.errors import ReadError
from cloud_audit_tui.checks.selection import is_wanted
from cloud_audit_tui.model import Resource, Status, Target, Verdict

Item = dict[str, Any]
Verdicts = AsyncIterator[Verdict]

JUDGED_AT_ONCE = 16
"""Resources of one check and region that are judged side by side; the Reader's limits are stricter."""


class Reads(Protocol):
    """What a check needs of the Reader; `cloud_audit_tui.aws.reader.Reader` is the real one."""

    async def read(self, region: str, service: str, operation: str, params: Item) -> Item:
        """Return the response of one call, made once however often it is asked for."""
        ...

    def items(self, region: str, service: str, operation: str, params: Item) -> AsyncIterator[Any]:
        """Yield the items of every page of a paged operation, each page fetched once."""
        ...

    async def poll(
        self, region: str, service: str, operation: str, params: Item, pending: Collection[str]
    ) -> Item:
        """Return the response of a call, made again while AWS says that it is not ready."""
        ...


class UndeclaredReadError(RuntimeError):
    """A check asked for an operation that it did not declare: a fault of the check."""


@dataclass(frozen=True)
class Region:
    """One region of one account, as a check sees it.

    A global check gets the account's home region for its partition (`us-east-1` and its like).
    ``only`` are the resources that are asked about, as in `is_wanted`; empty, all of them. ``scanned`` are
    the regions of the scan, for what would else be looked at in none of them.
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

    async def courtesy(self, service: str, operation: str, **params: Any) -> Item | None:
        """Return a response that no verdict depends on, or ``None`` when it cannot be read."""
        try:
            return await self.read(service, operation, **params)
        except ReadError:
            return None

    def at(self, region: str) -> Region:
        """Return another region of the same account, for a thing that lives there."""
        return replace(self, target=msgspec.structs.replace(self.target, region=region))

    async def items(self, service: str, operation: str, **params: Any) -> AsyncIterator[Any]:
        """Yield the items of every page of a declared operation; raises `ReadError`."""
        self._check_declared(service, operation)
        async for item in self.reader.items(self.name, service, operation, params):
            yield item

    async def judge(
        self,
        items: AsyncIterable[Any],
        resource_of: Callable[[Any], Resource],
        judge_one: Callable[[Any], Awaitable[Verdict | None]],
    ) -> Verdicts:
        """Judge items side by side and yield each verdict as soon as it is known.

        A resource whose own reads fail is *not assessed*, and the others are still judged; ``None``
        says that the item is outside the check. Items that are not asked about are passed over
        before anything of their own is read. A failure of the listing itself is raised after what was
        listed has been judged.
        """
        verdicts: asyncio.Queue[Verdict | None] = asyncio.Queue()
        slots = asyncio.Semaphore(JUDGED_AT_ONCE)

        async def one(item: Any) -> None:
            try:
                verdict = await judge_one(item)
            except ReadError as error:
                verdict = not_assessed(resource_of(item), error)
            finally:
                slots.release()
            if verdict is not None:
                verdicts.put_nowait(verdict)

        async def everything() -> None:
            try:
                async with asyncio.TaskGroup() as group:
                    failed: ReadError | None = None
                    try:
                        async for item in items:
                            if self.only and not is_wanted(resource_of(item), self.name, self.only):
                                continue
                            await slots.acquire()
                            group.create_task(one(item))
                    except ReadError as error:
                        failed = error
                if failed is not None:
                    raise failed
            finally:
                verdicts.put_nowait(None)

        work = asyncio.create_task(everything())
        try:
            while (verdict := await verdicts.get()) is not None:
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


def not_assessed(resource: Resource, error: ReadError) -> Verdict:
    """Return the verdict of a resource that could not be looked at."""
    evidence: Item = {"unread": error.kind.value}
    if error.permission:
        evidence["missing_permission"] = error.permission
    return Verdict(Status.NOT_ASSESSED, resource, error.words, evidence)


CheckFunction = Callable[[Region], Verdicts]


@dataclass(frozen=True)
class Check:
    """A check's function with its id and the reads that it may make, as ``service:Operation``.

    ``identified_by_judging``: what it lists is a family, a slot or a number, and only judging tells the id or
    name of the resource; so nothing of it can be passed over unjudged.
    """

    id: str
    reads: tuple[str, ...]
    run: CheckFunction
    identified_by_judging: bool = False


def check(
    check_id: str, *, reads: list[str], identified_by_judging: bool = False
) -> Callable[[CheckFunction], Check]:
    """Declare a check; everything that is not code stands in its explanation."""

    def declare(function: CheckFunction) -> Check:
        return Check(check_id, tuple(reads), function, identified_by_judging)

    return declare
