"""The messages between the scanner and its second process, over a socket that only the two have.

They are pickled, because responses contain times and bytes and both ends are the same program. `Handover` has
secrets, so no other code reads or writes these messages.
"""

from __future__ import annotations

import asyncio
import pickle
from typing import TYPE_CHECKING, Any, NamedTuple

from cloud_audit_tui.aws.errors import ReadError, Unread

if TYPE_CHECKING:
    from botocore.credentials import ReadOnlyCredentials

    from cloud_audit_tui.aws.call_limits import CallLimits
    from cloud_audit_tui.aws.profiles import Profile

_LENGTH = 4
"""Bytes of the length before each message."""


class Begin(NamedTuple):
    """The first message to the second process: the operations that it may call, and the limits."""

    reads: frozenset[str]
    limits: CallLimits


class Handover(NamedTuple):
    """The credentials of a profile, sent before its first call and whenever they have changed."""

    profile: Profile
    credentials: ReadOnlyCredentials


class Request(NamedTuple):
    """One HTTP request to make."""

    number: int
    profile: str
    region: str
    service: str
    operation: str
    params: dict[str, Any]


class Cancel(NamedTuple):
    """The scanner no longer waits for the answer to this request."""

    number: int


class Release(NamedTuple):
    """A profile makes no calls for now, so its clients are closed."""

    profile: str


class Ready(NamedTuple):
    """The first message of the second process: it accepts requests."""


class Failure(NamedTuple):
    """The fields of a `ReadError`, because pickle cannot restore an exception with keyword arguments."""

    kind: Unread
    reason: str
    options: dict[str, Any]

    @classmethod
    def of(cls, error: ReadError) -> Failure:
        """Return the fields of an error."""
        options = {name: value for name, value in vars(error).items() if name not in ("kind", "reason")}
        return cls(error.kind, error.reason, options)

    def error(self) -> ReadError:
        """Return the error."""
        return ReadError(self.kind, self.reason, **self.options)


class Answer(NamedTuple):
    """The end of a request.

    ``outcome`` is the response, a failure, or None for a request that only the scanner can make. ``calls``
    counts the HTTP requests since the previous answer, ``throttled`` are the profile, region and service of
    those that AWS throttled. ``cpu`` is the CPU time of the requests of its operation since the previous
    answer, ``busy`` the seconds in which the process has had work since it was ready.
    """

    number: int
    outcome: dict[str, Any] | Failure | None
    calls: int
    throttled: list[tuple[str, str, str]]
    cpu: float
    busy: float


Message = Begin | Handover | Request | Cancel | Release | Ready | Answer


class Outbox:
    """Sends all messages of one iteration of the event loop together, with one system call."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._bytes = bytearray()

    def send(self, message: Message) -> None:
        """Send a message soon."""
        if not self._bytes:
            asyncio.get_running_loop().call_soon(self._flush)
        body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        self._bytes += len(body).to_bytes(_LENGTH, "big") + body

    def close(self) -> None:
        """Close the socket."""
        self._writer.close()

    def _flush(self) -> None:
        if not self._writer.is_closing():
            self._writer.write(bytes(self._bytes))
        self._bytes.clear()


async def read_message(reader: asyncio.StreamReader) -> Message | None:
    """Return the next message; None if the other end has closed or died."""
    try:
        length = int.from_bytes(await reader.readexactly(_LENGTH), "big")
        body = await reader.readexactly(length)
    except (EOFError, ConnectionError):
        return None
    # The socket is unnamed, so its other end is this program.
    message: Message = pickle.loads(body)  # noqa: S301
    return message
