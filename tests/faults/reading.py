"""Reads through the product's own Reader, with limits that a test can wait for."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from aws_stub import ACCOUNT, REGION
from cloud_audit_tui.aws.call_limits import DEFAULT_LIMITS, CallLimits
from cloud_audit_tui.aws.concurrency import Limits
from cloud_audit_tui.aws.errors import ReadError
from cloud_audit_tui.aws.profiles import Profile, ProfileKind
from cloud_audit_tui.aws.reader import Reader
from quiet_sessions import quiet_sessions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PROFILE = Profile("environment", ProfileKind.ENVIRONMENT, REGION)


@asynccontextmanager
async def reader(*reads: str, limits: CallLimits = DEFAULT_LIMITS) -> AsyncIterator[Reader]:
    """Yield a Reader that may call these reads."""

    async with quiet_sessions(reads=reads, limits=limits) as sessions:
        one = Reader(sessions, PROFILE, ACCOUNT, Limits())
        yield one
        await one.close()


async def items_of(read: str, limits: CallLimits = DEFAULT_LIMITS, **params: Any) -> list[Any]:
    """Return the items of a list; raises `ReadError`."""
    async with reader(read, limits=limits) as one:
        service, operation = read.split(":")
        return [item async for item in one.items(REGION, service, operation, params)]


async def described(read: str, limits: CallLimits = DEFAULT_LIMITS, **params: Any) -> dict[str, Any]:
    """Return one response; raises `ReadError`."""
    async with reader(read, limits=limits) as one:
        service, operation = read.split(":")
        return await one.read(REGION, service, operation, params)


async def failure(read: str, limits: CallLimits = DEFAULT_LIMITS, **params: Any) -> ReadError | None:
    """Return the error of a read, list or not; ``None`` where it succeeds."""
    async with reader(read, limits=limits) as one:
        service, operation = read.split(":")
        try:
            async for _ in one.pages(REGION, service, operation, params):
                pass
        except ReadError as error:
            return error
    return None
