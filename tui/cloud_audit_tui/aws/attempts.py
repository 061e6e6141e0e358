"""One call made until it is answered: tried again after a rest, and made twice when AWS is silent.

Rests and quota follow botocore's standard retry mode (``botocore.retries.standard``): full jitter, doubling
up to a cap, and tokens that failures take and successes give back, so that an outage is not met with a flood.
Every call is a read, so making it twice changes nothing.
"""

from __future__ import annotations

import asyncio
import math
import random
import statistics
from collections import deque
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ParamValidationError

from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.aws.operations import NotAReadError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from botocore.retries.quota import RetryQuota

    from cloud_audit_tui.aws.call_limits import CallLimits

RETRY_COST = 5
SILENCE_COST = 10
"""Tokens of a retry, and of one after silence, as in botocore's standard mode."""
UNRETRIED_GAIN = 1
"""Tokens that a call gives back which needed no retry."""
LONGEST_REST = 10.0
THROTTLED_REST = 1.0
"""Seconds that the first rest is below after throttling, as in botocore's standard mode."""
SHORT_REST = 0.1
"""Seconds that the first rest is below after other failures: they do not ask for fewer calls."""
HEDGE_FACTOR = 4
"""How many times the usual time an answer may take before the call is made a second time."""

LAG = 0.25
"""Seconds that a timer may be late before the silence is put down to this process."""
TURNS = 20
"""Turns of the event loop in which an answer that has arrived is read and parsed."""
REMEMBERED = 50
"""Calls whose times make the usual one."""
_FAULTS_OF_OURS = (ParamValidationError, NotAReadError)


class Pace:
    """How long answers usually take, so that only an unusual silence is met with a second call."""

    def __init__(self, floor: float) -> None:
        self._floor = floor
        self._recent: deque[float] = deque(maxlen=REMEMBERED)

    def answered(self, seconds: float) -> None:
        """Remember how long an answer took."""
        self._recent.append(seconds)

    @property
    def patience(self) -> float:
        """Seconds of silence after which a call is made a second time."""
        usual = statistics.median(self._recent) if self._recent else 0.0
        return max(self._floor, HEDGE_FACTOR * usual)


class Call:
    """One read with all its attempts.

    ``make`` starts an attempt, ``explain`` turns its exception into words.
    """

    def __init__(
        self,
        make: Callable[[], Awaitable[dict[str, Any]]],
        explain: Callable[[Exception], ReadError],
        limits: CallLimits,
        quota: RetryQuota,
        pace: Pace,
    ) -> None:
        self._make = make
        self._explain = explain
        self._limits = limits
        self._quota = quota
        self._pace = pace
        self._attempts = 0
        self._waiting: dict[asyncio.Future[dict[str, Any]], float] = {}
        self._taken = 0
        self._failure = ReadError(
            Unread.UNREACHABLE,
            f"AWS did not answer within {limits.call:g} s.",
            transient=True,
            timed_out=True,
        )

    async def answer(self) -> dict[str, Any]:
        """Return the first answer; raises `ReadError` for one that is final or when no try is left."""
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
                    # It was this process that was busy, and not AWS that was silent.
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
        """Make the call beside those that are silent, if a try and the tokens for it are left."""
        if self._attempts >= self._limits.attempts or not self._pay(SILENCE_COST):
            return False
        self._begin()
        return True

    async def _wait(self, until: float) -> None:
        left = max(0.0, until - asyncio.get_running_loop().time())
        done, _ = await asyncio.wait(
            self._waiting,
            timeout=None if left == math.inf else left,
            return_when=asyncio.FIRST_COMPLETED,
        )
        for _ in range(0 if done else TURNS):
            # After a long computation of a check, an answer may be here that was not looked at yet.
            await asyncio.sleep(0)
            if any(attempt.done() for attempt in self._waiting):
                return

    def _take_answers(self) -> dict[str, Any] | None:
        """Return an answer that is there; raises what is final, and remembers what may pass."""
        for attempt in [one for one in self._waiting if one.done()]:
            seconds = asyncio.get_running_loop().time() - self._waiting.pop(attempt)
            error = attempt.exception()
            if error is None:
                self._pace.answered(seconds)
                self._quota.release(self._taken or UNRETRIED_GAIN)
                return attempt.result()
            if isinstance(error, _FAULTS_OF_OURS) or not isinstance(error, Exception):
                raise error
            self._failure = self._explain(error)
            if not self._failure.transient:
                raise self._failure from error
        return None

    async def _rest(self, deadline: float) -> None:
        """Wait a random time and try again; raises the failure when no try is left."""
        cost = SILENCE_COST if self._failure.timed_out else RETRY_COST
        if self._attempts >= self._limits.attempts or not self._pay(cost):
            raise self._failure
        first = THROTTLED_REST if self._failure.kind is Unread.THROTTLED else SHORT_REST
        seconds = random.random() * min(first * 2 ** (self._attempts - 1), LONGEST_REST)  # noqa: S311
        if asyncio.get_running_loop().time() + seconds >= deadline:
            raise self._failure
        await asyncio.sleep(seconds)
        self._begin()

    def _pay(self, cost: int) -> bool:
        if self._quota.acquire(cost):
            # As in botocore, a success gives back what the last retry took.
            self._taken = cost
            return True
        return False
