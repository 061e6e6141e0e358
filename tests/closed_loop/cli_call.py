"""What `aws` is in the scripts that the closed loop runs: it hands its call to `cli_server`."""

import json
import os
import socket
import sys


def main(path: str, arguments: list[str]) -> int:
    """Return the exit code of a call."""
    request = {"arguments": arguments, "directory": os.getcwd(), "environment": dict(os.environ)}  # noqa: PTH109
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        content = json.dumps(request).encode() + b"\n"
        sent = socket.send_fds(connection, [content], [0, 1, 2])
        connection.sendall(content[sent:])
        return (connection.recv(1) or b"\xff")[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
