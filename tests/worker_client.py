"""The program that is started for a worker: it hands its standard streams to a fork, and ends with it.

Its argument is the socket of `forked_workers`. It is started with the tests, so it imports little.
"""

from __future__ import annotations

import os
import signal
import socket
import sys

STREAMS = (0, 1, 2)
SIGNAL = b"."


def main(path: str) -> None:
    """Hand the streams to a fork of the process at a socket, and wait for the end of the fork."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        connection.sendall(b"\n")
        connection.recv(len(SIGNAL))
        socket.send_fds(connection, [SIGNAL], STREAMS)
        for stream in STREAMS:
            os.close(stream)
        connection.recv(len(SIGNAL))


if __name__ == "__main__":
    main(sys.argv[1])
