"""The server process of the embedded AWS: moto on the loopback interface while the parent runs.

When it is ready, it prints one line of JSON: the port, and the access key of the seeded accounts. When its
standard input closes, it removes its directory and exits. The parent holds the other end of the pipe, so
stdin closes however the parent exits.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from cloud_audit_tui.demo.accounts import DENIALS

if TYPE_CHECKING:
    from collections.abc import Sequence

LOOPBACK = "127.0.0.1"
_TERMINAL_SIGNALS = (signal.SIGINT, signal.SIGHUP)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until standard input closes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", required=True, help="removed at the end")
    parser.add_argument("--latency-ms", type=int, default=0, help="longest delay of a call")
    parser.add_argument("--empty", action="store_true", help="seed nothing and deny nothing")
    options = parser.parse_args(arguments)

    def end(*_: object) -> NoReturn:
        shutil.rmtree(options.directory, ignore_errors=True)
        os._exit(0)

    for number in _TERMINAL_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, end)
    threading.Thread(target=_wait_for_end_of_input, args=(end,), daemon=True).start()
    _serve(empty=options.empty, latency_ms=options.latency_ms)


def _wait_for_end_of_input(end: Any) -> None:
    # The raw descriptor: a blocked buffered reader holds a lock that the interpreter needs at exit.
    while os.read(0, 4096):
        pass
    end()


def _serve(*, empty: bool, latency_ms: int) -> None:
    # moto's EC2 reads this when it is imported: its default images cost 70 ms per region and account.
    os.environ["MOTO_AMIS_PATH"] = str(Path(__file__).with_name("images.json"))
    # Importing moto takes most of a second, so it starts only after this process watches its parent.
    from werkzeug.serving import make_server  # noqa: PLC0415

    from cloud_audit_tui.demo import bootstrap  # noqa: PLC0415
    from cloud_audit_tui.demo.application import QuietRequestHandler, application  # noqa: PLC0415
    from cloud_audit_tui.demo.middleware import Gate  # noqa: PLC0415
    from cloud_audit_tui.demo.seeding import REST, Seeding  # noqa: PLC0415
    from cloud_audit_tui.demo.wsgi_client import WsgiClient  # noqa: PLC0415

    moto = application()
    ready: dict[str, object] = {}
    if empty:
        gate = Gate(moto, (), latency_ms)
    else:
        call = WsgiClient(moto).call
        ready["access_key_id"], ready["secret_access_key"] = bootstrap.enroll(call)
        seeding = Seeding(call, REST)
        seeding.first()
        gate = Gate(moto, DENIALS, latency_ms, seeding.wait_for, issued_keys_only=True)
    server = make_server(LOOPBACK, 0, gate, threaded=True, request_handler=QuietRequestHandler)
    ready["port"] = server.server_port
    print(json.dumps(ready), flush=True)  # noqa: T201 - the parent reads this line
    sys.stdout = sys.stderr
    if not empty:
        threading.Thread(target=seeding.rest, daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
