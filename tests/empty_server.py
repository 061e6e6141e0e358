"""The server of the demo without its accounts, as a program that is forked once it has imported moto.

`tests/demo/test_embedded.py` starts the demo's own.
"""

from __future__ import annotations

import os
import threading

from werkzeug.serving import make_server

import forked_servers
from cloud_audit_tui.demo.application import QuietRequestHandler, application
from cloud_audit_tui.demo.middleware import Gate
from cloud_audit_tui.demo.server import LOOPBACK


def main(_argument: str) -> None:
    """Serve until standard input ends."""
    gate = Gate(application(), (), 0)
    server = make_server(LOOPBACK, 0, gate, threaded=True, request_handler=QuietRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    while os.read(0, 4096):
        pass


if __name__ == "__main__":
    forked_servers.main(main)
