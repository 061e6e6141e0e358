"""Passes the sessions of MFA roles between scanners, over sockets that only two processes have.

The parent sends each of its sessions as a line, then an empty line; the child sends each new one. Unlike
events, these lines hold secrets: nothing else reads or writes them.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

from cloud_audit_tui.aws.role_sessions import RoleSessions

if TYPE_CHECKING:
    from typing import BinaryIO

LONGEST_LINE = 64 * 1024
"""Maximum bytes of a session; its token has a few thousand."""


def received_sessions(descriptor: int) -> RoleSessions:
    """Return the sessions that the parent sends over an inherited socket; new ones are sent back."""
    connection = socket.socket(fileno=descriptor)

    def send(line: bytes) -> None:
        with contextlib.suppress(OSError):
            connection.sendall(line)

    sessions = RoleSessions(send)
    with connection.makefile("rb") as lines:
        _add_until_empty(sessions, lines)
    return sessions


def _add_until_empty(sessions: RoleSessions, lines: BinaryIO) -> None:
    while (line := lines.readline(LONGEST_LINE)) not in (b"", b"\n"):
        sessions.add(line)


async def exchange_sessions(connection: socket.socket, sessions: RoleSessions) -> None:
    """Send the sessions to a child and add those that it sends, until it closes the socket."""
    reader, writer = await asyncio.open_connection(sock=connection, limit=LONGEST_LINE)
    try:
        with contextlib.suppress(ConnectionError, ValueError):
            writer.writelines([*sessions.lines(), b"\n"])
            await writer.drain()
            async for line in reader:
                sessions.add(line)
    finally:
        writer.close()
