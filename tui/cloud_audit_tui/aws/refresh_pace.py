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

from cloud_audit_tui.aws.errors import ReadError, Unread

if TYPE_CHECKING:
    from collections.abc import Callable

REFRESH_EVERY = 30.0
"""The least seconds between two calls of a source, unless its credentials have expired."""

Metadata = dict[str, Any]


def pace_refresh(credentials: Any, explain: Callable[[Exception], ReadError]) -> None:
    """Let credentials call their source at most once in `REFRESH_EVERY`; others never call one.

    While it fails, they stay in use until they expire. ``explain`` maps the exception of a source.
    """
    if isinstance(credentials, AioRefreshableCredentials):
        source = credentials._refresh_using
        credentials._refresh_using = _PacedSource(credentials, source, explain)


class _PacedSource:
    """Calls the source of credentials, or repeats its last answer; a failure is an answer too.

    botocore calls it for one request at a time.
    """

    def __init__(
        self,
        credentials: AioRefreshableCredentials,
        source: Callable[[], Any],
        explain: Callable[[Exception], ReadError],
    ) -> None:
        self._credentials = credentials
        self._source = source
        self._explain = explain
        self._metadata = _metadata_of(credentials)
        self._failure: Exception | None = None
        self._called_at = time.monotonic()

    async def __call__(self) -> Metadata:
        is_recent = time.monotonic() - self._called_at < REFRESH_EVERY
        if is_recent and self._is_valid:
            return self._metadata
        if is_recent and self._failure is not None:
            # The requests that wait behind a hanging program do not wait for another one each.
            raise self._failure.with_traceback(None)
        try:
            self._metadata = await resolve_awaitable(self._source())
            self._failure = None
        except Exception as error:
            self._failure = self._of_source(error)
            if not self._is_valid:
                raise self._failure from error
        finally:
            self._called_at = time.monotonic()
        return self._metadata

    @property
    def _is_valid(self) -> bool:
        return bool(self._metadata) and not self._credentials._is_expired()

    def _of_source(self, error: Exception) -> Exception:
        """Return an error that is not taken for one of the call for which the source was called."""
        explained = self._explain(error)
        if not self._metadata or not explained.transient:
            return error
        reason = f"The credentials could not be renewed. {explained.reason}"
        return ReadError(Unread.CREDENTIALS, reason, action=explained.action)


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
