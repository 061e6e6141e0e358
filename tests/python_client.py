"""The program that stands for Python in `forked_starts`: it hands what it was started with to a fork.

Its arguments are the sockets to fork from by module, as JSON, the real Python, and the arguments for Python.
It hands its descriptors, environment and directory over, passes each signal on, and ends as the fork ends.
The real Python gets what is no start of one of the modules. This one imports little, as it is started often.
"""

# ruff: noqa: PTH109, PTH208 - pathlib takes longer to import than all the rest.

import array
import json
import os
import signal
import socket
import sys

FORWARDED = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGWINCH)
LENGTH_BYTES = 4
MOST_DESCRIPTORS = 64


def main() -> None:
    """Be the module that the arguments name."""
    sockets, python, *arguments = sys.argv[1:]
    words = arguments[1:] if arguments[:1] == ["-P"] else arguments
    path = json.loads(sockets).get(words[1]) if words[:1] == ["-m"] and len(words) > 1 else None
    if path is None:
        os.execv(python, [python, *arguments])
    descriptors = _inherited()
    request = {
        "module": words[1],
        "arguments": words[2:],
        "descriptors": descriptors,
        "directory": os.getcwd(),
        "environment": dict(os.environ),
    }
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        connection.sendall(b"\n")
        connection.recv(1)
        for number in FORWARDED:
            signal.signal(number, lambda number, _frame: connection.send(bytes([number])))
        content = json.dumps(request).encode()
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))
        connection.sendmsg([len(content).to_bytes(LENGTH_BYTES)], [rights] if descriptors else [])
        connection.sendall(content)
        for descriptor in descriptors:
            os.close(descriptor)
        killed, code = connection.recv(2)
    if killed:
        signal.signal(code, signal.SIG_DFL)
        os.kill(os.getpid(), code)
    os._exit(code)


def _inherited() -> list[int]:
    """Return the descriptors that this process was started with."""
    numbers = []
    for name in os.listdir("/proc/self/fd"):
        try:
            os.fstat(int(name))
        except OSError:
            continue
        numbers.append(int(name))
    return sorted(numbers)


if __name__ == "__main__":
    main()
