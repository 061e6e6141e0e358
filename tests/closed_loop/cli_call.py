"""The `aws` of the scripts that the closed loop runs: it passes its call to `cli_server`.

`closed_loop.cli` writes the path of the server into a copy of this. It imports only modules that are
loaded or built in: `socket` and `json` take longer than the rest.
"""

import _socket
import posix
import sys


def main(path: str, arguments: list[str]) -> int:
    """Return the exit code of a call."""
    environment = [name + b"=" + value for name, value in posix.environ.items()]
    words = [posix.getcwdb(), str(len(arguments)).encode()]
    words += [argument.encode(errors="surrogateescape") for argument in arguments]
    content = b"\0".join([*words, *environment])
    streams = b"".join(number.to_bytes(4, sys.byteorder) for number in range(3))
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    connection.connect(path)
    size = len(content).to_bytes(4, "big")
    connection.sendmsg([size], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
    connection.sendall(content)
    return (connection.recv(1) or b"\xff")[0]


if __name__ == "__main__":
    # The usual end of Python takes a fifth of the whole time.
    posix._exit(main("@PATH@", sys.argv[1:]))
