"""Retries one AWS call with backoff, and hedges it with a second attempt when AWS does not respond.

Backoff and retry quota follow botocore's standard retry mode (``botocore.retries.standard``): full jitter,
exponential growth up to a cap, and tokens that failures spend and successes return, so retries do not flood
AWS during an outage. Every call is a read, so a duplicate is harmless.
"""

from __future__ import annotations

import asyncio
import math
import random
import statistics
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

from botocore.exceptions import ParamValidationError

from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.aws.operations import NotAReadError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from botocore.retries.quota import RetryQuota

    from cloud_audit_tui.aws.call_limits import CallLimits

RETRY_COST = 5
SILENCE_COST = 10
"""Tokens that a retry costs, and a retry after a timeout, as in botocore's standard mode."""
UNRETRIED_GAIN = 1
"""Tokens that a call returns when it succeeds without a retry."""
LONGEST_REST = 10.0
THROTTLED_REST = 1.0
"""Upper bound in seconds of the first backoff after throttling, as in botocore's standard mode."""
SHORT_REST = 0.1
"""Upper bound in seconds of the first backoff after other failures, which do not ask for fewer calls."""
MOST_ADDED = 5.0
"""The most seconds by which a response may lengthen the backoff, as in botocore's standard mode."""
HEDGE_FACTOR = 4
"""Multiple of the usual latency after which a hedged second attempt starts."""

LAG = 0.25
"""Seconds a timer may be late before the delay is attributed to this process."""
TURNS = 20
"""Event loop iterations allowed for reading and parsing a response that has arrived."""
REMEMBERED = 50
"""Recent calls from which the usual latency is computed."""
FAULTS_OF_OURS = (ParamValidationError, NotAReadError)
T = TypeVar("T")


class Pace:
    """Tracks the usual latency, so that only unusually slow calls are hedged."""

    def __init__(self, floor: float) -> None:
        self._floor = floor
        self._recent: deque[float] = deque(maxlen=REMEMBERED)

    def record(self, seconds: float) -> None:
        """Record the latency of one response."""
        self._recent.append(seconds)

    @property
    def patience(self) -> float:
        """Seconds without a response after which a second attempt starts."""
        usual = statistics.median(self._recent) if self._recent else 0.0
        return max(self._floor, HEDGE_FACTOR * usual)


class Call(Generic[T]):
    """One read and all its attempts.

    ``make`` starts an attempt; ``explain`` maps its exception to a `ReadError`. ``quota`` pays for retries,
    and ``silence_quota`` for those after a timeout and for hedged attempts; without one, ``quota`` does.
    """

    def __init__(
        self,
        make: Callable[[], Awaitable[T]],
        explain: Callable[[Exception], ReadError],
        limits: CallLimits,
        quota: RetryQuota,
        pace: Pace,
        silence_quota: RetryQuota | None = None,
    ) -> None:
        self._make = make
        self._explain = explain
        self._limits = limits
        self._quota = quota
        self._silence_quota = silence_quota or quota
        self._pace = pace
        self._attempts = 0
        self._waiting: dict[asyncio.Future[T], float] = {}
        self._paid: tuple[RetryQuota, int] | None = None
        self._failure = ReadError(
            Unread.UNREACHABLE,
            f"AWS did not answer within {limits.call:g} s.",
            transient=True,
            timed_out=True,
        )

    async def answer(self) -> T:
        """Return the first response; raises `ReadError` for a permanent error or without further attempts."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._limits.call
        silence = self._pace.patience
        try:
            self._begin()
            second_at = loop.time() + silence
            while True:
                await self._wait(min(deadline, second_at))
                if (response := self._take_answers()) is not None:
                    return response
                if loop.time() >= deadline:
                    raise self._failure
                if not self._waiting:
                    await self._rest(deadline)
                    second_at = loop.time() + silence
                elif loop.time() >= second_at + LAG:
                    # This process was busy; AWS may have responded in time.
                    second_at = loop.time() + silence / 2
                elif loop.time() >= second_at:
                    silence *= 2
                    began = self._begin_second()
                    second_at = loop.time() + silence if began else math.inf
        finally:
            for attempt in self._waiting:
                attempt.cancel()
            await asyncio.gather(*self._waiting, return_exceptions=True)

    def _begin(self) -> None:
        self._attempts += 1
        self._waiting[asyncio.ensure_future(self._make())] = asyncio.get_running_loop().time()

    def _begin_second(self) -> bool:
        """Start a parallel attempt, if an attempt and the tokens for it are left."""
        if self._attempts >= self._limits.attempts or not self._pay(silent=True):
            return False
        self._begin()
        return True

    async def _wait(self, until: float) -> None:
        seconds = max(0.0, until - asyncio.get_running_loop().time())
        finished_attempts, _ = await asyncio.wait(
            self._waiting,
            timeout=None if seconds == math.inf else seconds,
            return_when=asyncio.FIRST_COMPLETED,
        )
        for _ in range(0 if finished_attempts else TURNS):
            # While a check computed, a response may have arrived that the loop has not processed yet.
            await asyncio.sleep(0)
            if any(attempt.done() for attempt in self._waiting):
                return

    def _take_answers(self) -> T | None:
        """Return a finished response; raises permanent errors and records transient ones."""
        for attempt in [one for one in self._waiting if one.done()]:
            seconds = asyncio.get_running_loop().time() - self._waiting.pop(attempt)
            error = attempt.exception()
            if error is None:
                self._pace.record(seconds)
                # As in botocore, a success returns the tokens of the last retry.
                quota, tokens = self._paid or (self._quota, UNRETRIED_GAIN)
                quota.release(tokens)
                return attempt.result()
            if isinstance(error, FAULTS_OF_OURS) or not isinstance(error, Exception):
                raise error
            self._failure = self._explain(error)
            if not self._failure.transient:
                raise self._failure from error
        return None

    async def _rest(self, deadline: float) -> None:
        """Back off and try again; raises the failure when no attempt is left."""
        if self._attempts >= self._limits.attempts or not self._pay(silent=self._failure.timed_out):
            raise self._failure
        first = THROTTLED_REST if self._failure.kind is Unread.THROTTLED else SHORT_REST
        seconds = random.random() * min(first * 2 ** (self._attempts - 1), LONGEST_REST)  # noqa: S311
        seconds = max(seconds, min(self._failure.retry_after, seconds + MOST_ADDED))
        if asyncio.get_running_loop().time() + seconds >= deadline:
            raise self._failure
        await asyncio.sleep(seconds)
        self._begin()

    def _pay(self, *, silent: bool) -> bool:
        quota, cost = (self._silence_quota, SILENCE_COST) if silent else (self._quota, RETRY_COST)
        if quota.acquire(cost):
            self._paid = (quota, cost)
            return True
        return False
