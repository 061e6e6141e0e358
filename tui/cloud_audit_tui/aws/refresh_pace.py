"""Limits how often the source of credentials is called while they last less than a quarter of an hour.

botocore renews credentials that expire within 15 minutes (``botocore.credentials``, the advisory refresh
timeout) at every request. Where the new ones last no longer, as those of ``aws login``, of a role with a
``duration_seconds`` of 900 and of a program that keeps its credentials until they expire, every request would
start the program or call STS, one after another.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from aiobotocore._helpers import resolve_awaitable
from aiobotocore.credentials import AioRefreshableCredentials

if TYPE_CHECKING:
    from collections.abc import Callable

REFRESH_EVERY = 30.0
"""The least seconds between two calls of a source, unless its credentials have expired."""

Metadata = dict[str, Any]


def pace_refresh(credentials: Any) -> None:
    """Let credentials call their source at most once in `REFRESH_EVERY`; others never call one."""
    if isinstance(credentials, AioRefreshableCredentials):
        credentials._refresh_using = _PacedSource(credentials, credentials._refresh_using)


class _PacedSource:
    """Calls the source of credentials, or repeats its last answer; a failure is an answer too.

    botocore calls it for one request at a time.
    """

    def __init__(self, credentials: AioRefreshableCredentials, source: Callable[[], Any]) -> None:
        self._credentials = credentials
        self._source = source
        self._metadata = _metadata_of(credentials)
        self._failure: Exception | None = None
        self._called_at = time.monotonic()

    async def __call__(self) -> Metadata:
        is_recent = time.monotonic() - self._called_at < REFRESH_EVERY
        if is_recent and self._failure is not None:
            # The requests that wait behind a hanging program do not wait for another one each.
            raise self._failure.with_traceback(None)
        if is_recent and self._metadata and not self._credentials._is_expired():
            return self._metadata
        try:
            self._metadata = await resolve_awaitable(self._source())
            self._failure = None
        except Exception as error:
            self._failure = error
            raise
        finally:
            self._called_at = time.monotonic()
        return self._metadata


def _metadata_of(credentials: AioRefreshableCredentials) -> Metadata:
    """Return credentials as their source gave them; empty before its first call."""
    if credentials._expiry_time is None:
        return {}
    return {
        "access_key": credentials._access_key,
        "secret_key": credentials._secret_key,
        "token": credentials._token,
        "expiry_time": credentials._expiry_time.isoformat(),
        "account_id": credentials._account_id,
    }
