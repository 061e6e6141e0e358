"""Every AWS read of one account, made once, paged to its end, and never more at a time than is polite."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ParamValidationError

from cloud_audit_tui.aws.error_mapping import read_error
from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.aws.operations import NotAReadError, is_read
from cloud_audit_tui.aws.paging import Paging, method_name, paging_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

    from cloud_audit_tui.aws.profiles import Profile
    from cloud_audit_tui.aws.sessions import Sessions

Item = dict[str, Any]

OnAnswer = Callable[[str, str, Item, Item], None]
"""Gets the region, the operation as ``service:Operation``, the parameters and the response of a call."""

CALLS_AT_ONCE = 8
"""Calls under way for one account, region and service; AWS limits most reads to tens a second."""

POLL_AFTER = (0.25, 0.5, 1.0, 2.0, 4.0, 4.0, 8.0, 8.0, 16.0, 16.0)
"""Seconds between two questions for what AWS is still preparing: a minute in all."""

RESTS = {
    Unread.THROTTLED: (0.5, 2.0, 5.0, 15.0),
    Unread.SERVER: (0.5, 2.0, 5.0),
    Unread.UNREACHABLE: (1.0,),
}
"""Seconds to wait before a call is tried again, for the failures that a rest may cure."""


class Limits:
    """How many calls may be under way, shared by all profiles that reach the same account."""

    def __init__(self, calls_at_once: int = CALLS_AT_ONCE) -> None:
        self._calls_at_once = calls_at_once
        self._slots: dict[tuple[str, str, str], asyncio.Semaphore] = {}

    def slot(self, account_id: str, region: str, service: str) -> asyncio.Semaphore:
        """Return the semaphore of one account, region and service."""
        return self._slots.setdefault((account_id, region, service), asyncio.Semaphore(self._calls_at_once))


class PagedReadError(TypeError):
    """A check asked for one page of an operation that has several: a fault of the check."""


class Reader:
    """The reads of one account through one profile.

    Answers come from memory if the same call was made before, by whichever check; failures too.
    ``on_answer`` is called once for each response that AWS gives, so once for each page.
    """

    def __init__(
        self,
        sessions: Sessions,
        profile: Profile,
        account_id: str,
        limits: Limits,
        on_answer: OnAnswer | None = None,
    ) -> None:
        self._sessions = sessions
        self._on_answer = on_answer
        self._profile = profile
        self._account_id = account_id
        self._limits = limits
        self._single: dict[str, asyncio.Task[Item]] = {}
        self._paged: dict[str, _Pages] = {}
        self._paging: dict[tuple[str, str], Paging | None] = {}
        self._unreachable: dict[tuple[str, str], ReadError] = {}

    async def read(self, region: str, service: str, operation: str, params: Item) -> Item:
        """Return the response of one call; raises `ReadError`."""
        paging = await self._paging_of(region, service, operation)
        if paging is not None:
            raise PagedReadError(f"{service}:{operation} is paged; ask for its items")
        key = _key(region, service, operation, params)
        if key not in self._single:
            self._single[key] = asyncio.create_task(self._call(region, service, operation, params))
        return await asyncio.shield(self._single[key])

    async def poll(
        self, region: str, service: str, operation: str, params: Item, pending: Collection[str]
    ) -> Item:
        """Return the response of one call, asked for again while AWS answers with a code in ``pending``.

        For what AWS prepares first. However many checks ask, it is polled once, and the answers that
        `read` remembers do not count. Raises `ReadError`, also when it is not there after a minute.
        """
        key = "poll " + _key(region, service, operation, params)
        if key not in self._single:
            self._single[key] = asyncio.create_task(
                self._poll(region, service, operation, params, frozenset(pending))
            )
        return await asyncio.shield(self._single[key])

    async def _poll(
        self, region: str, service: str, operation: str, params: Item, pending: frozenset[str]
    ) -> Item:
        for seconds in POLL_AFTER:
            try:
                return await self._call(region, service, operation, params)
            except ReadError as error:
                if error.code not in pending:
                    raise
            await asyncio.sleep(seconds)
        raise ReadError(
            Unread.UNAVAILABLE,
            f"AWS was still preparing the answer to {service}:{operation} after a minute.",
            action="Scan again in a few minutes.",
        )

    async def close(self) -> None:
        """Stop the reads that are still under way; nobody waits for them any more."""
        for task in self._single.values():
            task.cancel()
        await asyncio.gather(*self._single.values(), return_exceptions=True)

    async def pages(self, region: str, service: str, operation: str, params: Item) -> AsyncIterator[Item]:
        """Yield every page of an operation, each fetched once; raises `ReadError`.

        An operation without pages gives its one response.
        """
        paging = await self._paging_of(region, service, operation)
        if paging is None:
            yield await self.read(region, service, operation, params)
            return
        key = _key(region, service, operation, params)
        if key not in self._paged:
            self._paged[key] = _Pages(self, region, service, operation, params, paging)
        index = 0
        while (page := await self._paged[key].page(index)) is not None:
            yield page
            index += 1

    async def items(self, region: str, service: str, operation: str, params: Item) -> AsyncIterator[Any]:
        """Yield the items of every page; raises `ReadError`."""
        paging = await self._paging_of(region, service, operation)
        if paging is None:
            raise PagedReadError(f"{service}:{operation} has no pages; read its response")
        async for page in self.pages(region, service, operation, params):
            for item in paging.items(page):
                yield item

    async def _paging_of(self, region: str, service: str, operation: str) -> Paging | None:
        known = (service, operation)
        if known not in self._paging:
            client = await self._client(region, service, operation)
            self._paging[known] = paging_of(client, operation)
        return self._paging[known]

    async def _client(self, region: str, service: str, operation: str) -> Any:
        if not is_read(service, operation):
            raise NotAReadError(service, operation)
        try:
            return await self._sessions.client(self._profile, service, region)
        except Exception as error:
            raise self._error(error, service, operation, region) from error

    async def _call(self, region: str, service: str, operation: str, params: Item) -> Item:
        # A region that cannot be reached costs its time-outs once, not once for every read.
        if (dead := self._unreachable.get((region, service))) is not None:
            raise dead
        client = await self._client(region, service, operation)
        async with self._limits.slot(self._account_id, region, service):
            if (dead := self._unreachable.get((region, service))) is not None:
                raise dead
            response = await self._patient_call(client, region, service, operation, params)
        response.pop("ResponseMetadata", None)
        if self._on_answer is not None:
            self._on_answer(region, f"{service}:{operation}", params, response)
        return response

    async def _patient_call(
        self, client: Any, region: str, service: str, operation: str, params: Item
    ) -> Item:
        """Make a call, and again after a rest while the trouble is AWS's and may pass."""
        rested = 0
        while True:
            try:
                response: Item = await getattr(client, method_name(operation))(**params)
            except (ParamValidationError, NotAReadError):
                raise
            except Exception as error:
                failure = self._error(error, service, operation, region)
                rests = RESTS.get(failure.kind, ())
                if rested < len(rests):
                    await asyncio.sleep(rests[rested])
                    rested += 1
                    continue
                if failure.kind is Unread.UNREACHABLE:
                    self._unreachable[region, service] = failure
                raise failure from error
            else:
                return response

    def _error(self, error: Exception, service: str, operation: str, region: str) -> ReadError:
        return read_error(
            error, service=service, operation=operation, region=region, profile=self._profile.name
        )


class _Pages:
    """The pages of one call, fetched one after the other as they are asked for."""

    def __init__(
        self, reader: Reader, region: str, service: str, operation: str, params: Item, paging: Paging
    ) -> None:
        self._call = reader._call
        self._what = (region, service, operation)
        self._params = params
        self._paging = paging
        self._pages: list[Item] = []
        self._next: dict[str, Any] | None = {}
        self._failed: ReadError | None = None
        self._turn = asyncio.Lock()

    async def page(self, index: int) -> Item | None:
        """Return a page, or ``None`` past the last; raises `ReadError` where fetching failed."""
        async with self._turn:
            while index >= len(self._pages) and self._next is not None:
                if self._failed is not None:
                    raise self._failed
                await self._fetch_next(self._next)
        return self._pages[index] if index < len(self._pages) else None

    async def _fetch_next(self, token: dict[str, Any]) -> None:
        try:
            page = await self._call(*self._what, self._paging.request(self._params, token))
        except ReadError as error:
            self._failed = error
            raise
        self._pages.append(page)
        following = self._paging.next_token(page)
        if following is not None and following == token:
            self._failed = ReadError(
                Unread.BAD_RESPONSE, "AWS gave the same page twice, so the list is not complete."
            )
            raise self._failed
        self._next = following


def _key(region: str, service: str, operation: str, params: Item) -> str:
    return json.dumps([region, service, operation, params], sort_keys=True, default=str)
