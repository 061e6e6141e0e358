"""The AWS reads of one account: deduplicated, fully paginated, as many at once as AWS answers."""

from __future__ import annotations

import asyncio
import json
import pickle
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.aws.attempts import Call, Pace
from cloud_audit_tui.aws.defining_members import defining_members, missing_members
from cloud_audit_tui.aws.error_mapping import read_error
from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.aws.operations import NotAReadError, is_read
from cloud_audit_tui.aws.paging import Paging, method_name, paging_of
from cloud_audit_tui.aws.response_parsers import BODY_BYTES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Coroutine, Iterable

    from cloud_audit_tui.aws.concurrency import Limits, Window
    from cloud_audit_tui.aws.profiles import Profile
    from cloud_audit_tui.aws.sessions import Sessions

Item = dict[str, Any]

OnAnswer = Callable[[str, str, Item, Item], None]
"""Receives the region, the operation as ``service:Operation``, the parameters and the response of a call."""

POLL_AFTER = (0.25, 0.5, 1.0, 2.0, 4.0, 4.0, 8.0, 8.0, 16.0, 16.0)
"""Polling intervals in seconds for a response that AWS is still preparing: a minute in total."""

PAGES_AT_HAND = 2
"""The number of last pages of a list that stay unpacked."""

CONDEMNED_AFTER = 3
"""Consecutive connection failures after which an endpoint that has responded before is not tried again."""


class PagedReadError(TypeError):
    """A check read a paginated operation as a single response, or the reverse: a bug in the check."""


class Reader:
    """Reads one account through one profile.

    Responses and failures are cached until `forget`: the same call by another check is not repeated.
    ``on_answer`` is called once per response, hence once per page. With ``renews``, calls wait while
    credentials that expire during the scan are renewed.
    """

    def __init__(
        self,
        sessions: Sessions,
        profile: Profile,
        account_id: str,
        limits: Limits,
        on_answer: OnAnswer | None = None,
        *,
        renews: bool = False,
    ) -> None:
        self._sessions = sessions
        self._on_answer = on_answer
        self._renews = renews
        self._profile = profile
        self._account_id = account_id
        self._limits = limits
        self._single: defaultdict[str, dict[str, asyncio.Task[Item | ReadError]]] = defaultdict(dict)
        self._paged: defaultdict[str, dict[str, _Pages]] = defaultdict(dict)
        self._paging: dict[tuple[str, str], Paging | None] = {}
        self._defining: dict[tuple[str, str], tuple[str, ...]] = {}
        self._unreachable: dict[tuple[str, str], ReadError] = {}
        self._reachable: set[tuple[str, str]] = set()
        self._unreachable_in_a_row: Counter[tuple[str, str]] = Counter()
        self._paces: dict[tuple[str, str], Pace] = {}

    async def read(self, region: str, service: str, operation: str, params: Item) -> Item:
        """Return the response of one call; raises `ReadError`."""
        paging = await self._paging_of(region, service, operation)
        if paging is not None:
            raise PagedReadError(f"{service}:{operation} is paged; ask for its items")
        calls = self._single[f"{service}:{operation}"]
        key = _key(region, params)
        if key not in calls:
            calls[key] = asyncio.create_task(_outcome(self._call(region, service, operation, params)))
        return _response(await asyncio.shield(calls[key]))

    async def poll(
        self, region: str, service: str, operation: str, params: Item, pending: Collection[str]
    ) -> Item:
        """Return the response of one call, polled while AWS responds with an error code in ``pending``.

        For responses that AWS prepares asynchronously. All checks share one poll, which bypasses the cache of
        `read`. Raises `ReadError`, also when the response is not ready after a minute.
        """
        calls = self._single[f"{service}:{operation}"]
        key = "poll " + _key(region, params)
        if key not in calls:
            poll = self._poll(region, service, operation, params, frozenset(pending))
            calls[key] = asyncio.create_task(_outcome(poll))
        return _response(await asyncio.shield(calls[key]))

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

    def forget(self, operations: Iterable[str]) -> None:
        """Drop the cached responses of operations, ``service:Operation``, that no check still needs."""
        for operation in operations:
            calls = self._single.pop(operation, {})
            # `close` cancels those in flight.
            if in_flight := {key: task for key, task in calls.items() if not task.done()}:
                self._single[operation] = in_flight
            self._paged.pop(operation, None)

    async def close(self) -> None:
        """Cancel the reads that are still in flight; no caller awaits them."""
        tasks = [task for calls in self._single.values() for task in calls.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def pages(self, region: str, service: str, operation: str, params: Item) -> AsyncIterator[Item]:
        """Yield every page of an operation, each fetched once; raises `ReadError`.

        An operation without pagination yields its one response.
        """
        paging = await self._paging_of(region, service, operation)
        if paging is None:
            yield await self.read(region, service, operation, params)
            return
        lists = self._paged[f"{service}:{operation}"]
        key = _key(region, params)
        if key not in lists:
            lists[key] = _Pages(self, region, service, operation, params, paging)
        pages = lists[key]
        index = 0
        while (page := await pages.page(index)) is not None:
            yield page
            index += 1

    async def items(self, region: str, service: str, operation: str, params: Item) -> AsyncIterator[Any]:
        """Yield the items of every page; raises `ReadError`."""
        paging = await self._paging_of(region, service, operation)
        if paging is None:
            raise PagedReadError(f"{service}:{operation} has no pages; read its response")
        async for page in self.pages(region, service, operation, params):
            items = list(paging.items(page))
            remainder = len(items)
            pending_items = self._limits.pending_items
            pending_items[self._account_id] += remainder
            try:
                for item in items:
                    pending_items[self._account_id] -= 1
                    remainder -= 1
                    yield item
            finally:
                pending_items[self._account_id] -= remainder

    async def _paging_of(self, region: str, service: str, operation: str) -> Paging | None:
        key = (service, operation)
        if key not in self._paging:
            client = await self._client(region, service, operation)
            self._paging[key] = paging_of(client, operation)
        return self._paging[key]

    async def _client(self, region: str, service: str, operation: str) -> Any:
        if not is_read(service, operation):
            raise NotAReadError(service, operation)
        try:
            return await self._sessions.client(self._profile, service, region)
        except Exception as error:
            raise self._error(error, service, operation, region) from error

    async def _call(self, region: str, service: str, operation: str, params: Item) -> Item:
        response, _, _ = await self._measured_call(region, service, operation, params)
        return response

    async def _measured_call(
        self, region: str, service: str, operation: str, params: Item
    ) -> tuple[Item, int, float]:
        """Return the response of one call, its size in bytes, and the seconds that AWS took.

        A call that fails because the profile's credentials have expired is repeated once they are renewed.
        """
        loop = asyncio.get_running_loop()
        while True:
            generation = self._sessions.generation(self._profile)
            began = loop.time()
            try:
                client, response = await self._single_call(region, service, operation, params)
            except ReadError as error:
                if error.code and error.kind is not Unread.CREDENTIALS:
                    self._sessions.note_answer(self._profile, generation)
                if not self._renews or not await self._sessions.renew(self._profile, error, generation):
                    raise
            else:
                break
        self._sessions.note_answer(self._profile, generation)
        seconds = loop.time() - began
        metadata = response.pop("ResponseMetadata", {})
        self._check_complete(client, service, operation, region, response)
        if self._on_answer is not None:
            self._on_answer(region, f"{service}:{operation}", params, response)
        return response, int(metadata.get(BODY_BYTES, 0)), seconds

    async def _single_call(self, region: str, service: str, operation: str, params: Item) -> tuple[Any, Item]:
        """Return the client that made a call, and the response.

        The client is not looked up again for the response, because its credentials may have expired by then.
        """
        # An unreachable region costs its timeouts once, not once per read.
        if (dead := self._unreachable.get((region, service))) is not None:
            raise dead.anew()
        client = await self._client(region, service, operation)
        loop = asyncio.get_running_loop()
        begin = loop.time()
        async with self._limits.window(self._account_id, region, service) as window:
            self._sessions.times.of(service, operation).queued += loop.time() - begin
            if (dead := self._unreachable.get((region, service))) is not None:
                raise dead.anew()
            return client, await self._patient_call(client, window, region, service, operation, params)

    async def _patient_call(
        self, client: Any, window: Window, region: str, service: str, operation: str, params: Item
    ) -> Item:
        """Make a call with all its attempts, and record whether its endpoint responds."""
        method = getattr(client, method_name(operation))
        endpoint = (region, service)
        times = self._sessions.times.of(service, operation)

        def explain(error: Exception) -> ReadError:
            failure = self._error(error, service, operation, region)
            if failure.kind is Unread.UNREACHABLE and endpoint in self._reachable:
                # Its name has been resolved and its certificate accepted before, so the network has failed.
                failure.transient = True
            if failure.kind is Unread.THROTTLED:
                window.throttled()
                times.throttled += 1
            return failure

        where = (region, service, operation)
        quota = self._sessions.retry_quota(self._profile, *endpoint)
        call = Call(
            lambda: times.attempt(self._sessions.request(self._profile, where, params, method, window)),
            explain,
            self._sessions.limits,
            quota,
            self._paces.setdefault(endpoint, Pace(self._sessions.limits.hedge_after)),
            # Endpoints that the network blocks share one quota, so that a scan does not wait for each of them
            # for long and they do not use up the retries of the others.
            silence_quota=quota if endpoint in self._reachable else self._sessions.retry_quota(self._profile),
        )
        loop = asyncio.get_running_loop()
        begin = loop.time()
        try:
            response = await call.answer()
        except ReadError as error:
            if error.kind is Unread.UNREACHABLE:
                self._count_unreachable(endpoint, error)
            else:
                self._note_answer(endpoint)
                if error.code and not error.transient:
                    # An error such as a missing setting, which most buckets return, is also an answer.
                    window.answered()
            raise
        finally:
            times.waiting += loop.time() - begin
        self._note_answer(endpoint)
        window.answered()
        return response

    def _note_answer(self, endpoint: tuple[str, str]) -> None:
        self._reachable.add(endpoint)
        self._unreachable_in_a_row.pop(endpoint, None)

    def _count_unreachable(self, endpoint: tuple[str, str], error: ReadError) -> None:
        self._unreachable_in_a_row[endpoint] += 1
        if endpoint not in self._reachable or self._unreachable_in_a_row[endpoint] >= CONDEMNED_AFTER:
            self._unreachable[endpoint] = error.anew()

    def _check_complete(self, client: Any, service: str, operation: str, region: str, response: Item) -> None:
        """Raise `ReadError` for a response without its defining member."""
        what = (service, operation)
        if what not in self._defining:
            model = client.meta.service_model.operation_model(operation)
            self._defining[what] = defining_members(model, paging_of(client, operation))
        if missing := missing_members(response, self._defining[what]):
            raise ReadError(
                Unread.BAD_RESPONSE,
                f"The answer to {service}:{operation} in {region} is not what AWS documents: "
                f"it has no {' and no '.join(missing)}.",
                action="A proxy or a login page may have answered in place of AWS.",
            )

    def _error(self, error: Exception, service: str, operation: str, region: str) -> ReadError:
        return read_error(
            error, service=service, operation=operation, region=region, profile=self._profile.name
        )


class _Pages:
    """The pages of one call, fetched lazily and in order; all but the last pages are packed.

    Reading fails if a list repeats a token or exceeds the limits on pages, bytes or time, so that a partial
    list is never taken for the whole.
    """

    def __init__(
        self, reader: Reader, region: str, service: str, operation: str, params: Item, paging: Paging
    ) -> None:
        self._call = reader._measured_call
        self._limits = reader._sessions.limits
        self._what = (region, service, operation)
        self._params = params
        self._paging = paging
        self._pages: list[Item | _PackedPage] = []
        self._tokens: set[str] = set()
        self._bytes = 0
        self._seconds = 0.0
        self._next: dict[str, Any] | None = {}
        self._failed: ReadError | None = None
        self._turn = asyncio.Lock()

    async def page(self, index: int) -> Item | None:
        """Return a page, or ``None`` past the last; raises `ReadError` where fetching failed."""
        async with self._turn:
            while index >= len(self._pages) and self._next is not None:
                if self._failed is not None:
                    raise self._failed.anew()
                await self._fetch_next(self._next)
        if index >= len(self._pages):
            return None
        page = self._pages[index]
        return page.unpack() if isinstance(page, _PackedPage) else page

    async def _fetch_next(self, token: dict[str, Any]) -> None:
        try:
            page, size, seconds = await self._call(*self._what, self._paging.request(self._params, token))
            self._bytes += size
            # Only AWS's time counts, without that of checks or of a person who logs in again.
            self._seconds += seconds
        except ReadError as error:
            self._failed = error.anew()
            raise
        self._append(page)
        self._next = self._paging.next_token(page)
        # This page is still assessed; requesting the next one raises the error.
        if why := self._endless_because(page):
            region, service, operation = self._what
            self._next = self._next or {}
            self._failed = ReadError(
                Unread.BAD_RESPONSE,
                f"The list of {service}:{operation} in {region} was not read to its end: {why}.",
            )

    def _append(self, page: Item) -> None:
        self._pages.append(page)
        passed = len(self._pages) - 1 - PAGES_AT_HAND
        # Most readers are past this page, so a long list only needs the memory of its last pages.
        if passed >= 0 and isinstance(before := self._pages[passed], dict):
            self._pages[passed] = _PackedPage(before)

    def _endless_because(self, page: Item) -> str:
        """Return why the next page is not read, empty if it is."""
        if self._paging.is_cut_short(page):
            return "AWS announces another page without a token for it"
        if self._next is None:
            return ""
        limits = self._limits
        token = json.dumps(self._next, sort_keys=True, default=str)
        if token in self._tokens:
            return "AWS gave the same page twice"
        self._tokens.add(token)
        if len(self._pages) >= limits.pages:
            return f"it has more than {limits.pages} pages"
        if self._bytes >= limits.pages_bytes:
            return f"its pages are larger than {limits.pages_bytes // 1024**2} MiB"
        if self._seconds >= limits.pages_time:
            return f"its pages take longer than {limits.pages_time:g} s"
        return ""


class _PackedPage:
    """A page as compressed bytes, about a fiftieth of its size in memory."""

    def __init__(self, page: Item) -> None:
        self._bytes = zlib.compress(pickle.dumps(page, pickle.HIGHEST_PROTOCOL), 1)

    def unpack(self) -> Item:
        # This object made these bytes, so they are as trusted as the page.
        page: Item = pickle.loads(zlib.decompress(self._bytes))  # noqa: S301
        return page


async def _outcome(call: Coroutine[Any, Any, Item]) -> Item | ReadError:
    """Return the response of a call or its failure, without the traceback, which keeps the call alive."""
    try:
        return await call
    except ReadError as error:
        return error.anew()


def _response(outcome: Item | ReadError) -> Item:
    """Return the response of a call, or raise a copy of its failure, because raising adds frames to it."""
    if isinstance(outcome, ReadError):
        raise outcome.anew()
    return outcome


def _key(region: str, params: Item) -> str:
    return json.dumps([region, params], sort_keys=True, default=str)
