"""How long one AWS call may take, how large its answer may be, and how often it is tried."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class CallLimits:
    """The limits of a call; times in seconds, sizes in bytes.

    ``connect``: to open a connection, TLS included. ``attempt``: one HTTP exchange with its whole body,
    above the 29 s after which API Gateway gives up on the services behind it. ``call``: one call with all
    its attempts and the rests between them. ``hedge_after``: silence after which the call is made a second
    time beside the first; twice that for the third. ``attempts``: at 20 % failures, 8 attempts lose one call
    in 400,000. ``body``: one response; AWS's largest pages stay below 10 MiB. ``pages``, ``pages_bytes`` and
    ``pages_time``: one list from its first page to its last. ``credentials``: until a profile has its first
    credentials, a person's time for a code not included.
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
