"""Limits of one AWS call: time, response size and attempts."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class CallLimits:
    """The limits of a call; times in seconds, sizes in bytes.

    ``connect``: opening a connection, including TLS. ``attempt``: one HTTP exchange including the whole body,
    above the 29 s after which API Gateway times out its integrations. ``call``: one call with all its
    attempts and the backoff between them. ``hedge_after``: time without a response after which a second
    attempt starts in parallel; twice that for the third. ``attempts``: at 20 % failures, 8 attempts lose one
    call in 400,000. ``body``: one response; the largest AWS pages stay below 10 MiB. ``pages``,
    ``pages_bytes`` and ``pages_time``: one list from its first page to its last. ``credentials``: until a
    profile has its first credentials, excluding the time a person takes to enter an MFA code.
    """

    connect: float = 10.0
    attempt: float = 30.0
    call: float = 90.0
    hedge_after: float = 1.0
    attempts: int = 8
    body: int = 32 * MEBIBYTE
    pages: int = 2_000
    pages_bytes: int = 256 * MEBIBYTE
    pages_time: float = 900.0
    credentials: float = 60.0


DEFAULT_LIMITS = CallLimits()
