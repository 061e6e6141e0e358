"""Snapshots of the embedded AWS: forks of its process, each with the whole state, that wait until they serve.

A fork copies what moto holds, whatever its type, in some milliseconds. Every fork listens on the same port,
so no client notices which one answers. The first process can wait as well, while forks serve in its place.
"""

from __future__ import annotations

import gc
import os
import select
import socket
import threading
from typing import TYPE_CHECKING, Any

from werkzeug.serving import make_server

if TYPE_CHECKING:
    from pathlib import Path
    from wsgiref.types import WSGIApplication

_POLL_SECONDS = 0.02
"""How long it may take until a process sees that another one replaces it."""
_LAST_RESPONSE_SECONDS = 2
"""How long a process that another one has replaced may take to send its last response."""


class Snapshots:
    """The process that serves an application now, and the forks of it that wait at a socket each."""

    def __init__(self, directory: Path, handler: Any) -> None:
        self._directory = directory
        self._handler = handler
        self._application: WSGIApplication
        self._server: Any = None
        self._port = 0
        self._listener: socket.socket
        self._door: socket.socket | None = None

    def serve(self, application: WSGIApplication) -> int:
        """Serve in a thread of its own; returns the port."""
        self._application = application
        self._server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=self._handler)
        self._port = int(self._server.server_port)
        # A server that has ended closes its own.
        self._listener = self._server.socket.dup()
        threading.Thread(target=self._serve_while_kept, daemon=True).start()
        return self._port

    def _serve_while_kept(self) -> None:
        """Serve, wait while another process serves, and serve again, until nobody keeps this state."""
        self._server.serve_forever(_POLL_SECONDS)
        while self._door is not None:
            door, self._door = self._door, None
            with door:
                select.select([door], [], [])
            self._listen_again()
            self._server.serve_forever(_POLL_SECONDS)

    def take(self, label: str) -> None:
        """Fork a process that waits with the state of now under this label, in place of an earlier one."""
        with self._new_door(label) as door:
            if os.fork() == 0:
                try:
                    self._wait(door)
                finally:
                    os._exit(0)

    def restore(self, label: str, keep: str = "") -> None:
        """Let the snapshot of this label serve from the next connection on; it can be restored once.

        The first process can ``keep`` the state of now under another label: it waits itself, without a fork.
        """
        if keep:
            self._door = self._new_door(keep)
        self._server.shutdown()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
            door.sendto(b"serve", str(self._directory / label))

    def _new_door(self, label: str) -> socket.socket:
        """Return the socket at which the snapshot of a label waits, in place of an earlier one."""
        door = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        (self._directory / label).unlink(missing_ok=True)
        door.bind(str(self._directory / label))
        return door

    def _wait(self, door: socket.socket) -> None:
        gc.freeze()
        waiting: list[socket.socket | int] = [door, 0]
        readable, _, _ = select.select(waiting, [], [])
        if door not in readable:
            return
        self._listen_again()
        self._end_with_input()
        self._server.serve_forever(_POLL_SECONDS)
        select.select([0], [], [], _LAST_RESPONSE_SECONDS)

    def _listen_again(self) -> None:
        self._server = make_server(
            "127.0.0.1",
            self._port,
            self._application,
            threaded=True,
            request_handler=self._handler,
            fd=self._listener.fileno(),
        )

    def _end_with_input(self) -> None:
        def wait() -> None:
            select.select([0], [], [])
            os._exit(0)

        threading.Thread(target=wait, daemon=True).start()
