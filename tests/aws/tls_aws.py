"""AWS over TLS, as far as signing in and one list go, with a certificate for any name; and a proxy."""

from __future__ import annotations

import contextlib
import json
import selectors
import socket
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import trustme

LATER = "2999-01-01T00:00:00Z"
KEYS = {"AccessKeyId": "ASIAIOSFODNN7EXAMPLE", "SecretAccessKey": "secret", "SessionToken": "token"}


def _role(operation: str) -> bytes:
    keys = "".join(f"<{name}>{value}</{name}>" for name, value in {**KEYS, "Expiration": LATER}.items())
    inner = f"<{operation}Result><Credentials>{keys}</Credentials></{operation}Result>"
    return f"<{operation}Response>{inner}</{operation}Response>".encode()


def _answer(path: str, body: bytes) -> bytes:
    if b"Action=AssumeRoleWithWebIdentity" in body:
        return _role("AssumeRoleWithWebIdentity")
    if b"Action=AssumeRole" in body:
        return _role("AssumeRole")
    if path.startswith("/federation"):
        keys = {name[0].lower() + name[1:]: value for name, value in KEYS.items()}
        return json.dumps({"roleCredentials": {**keys, "expiration": 32503680000000}}).encode()
    if path == "/token":
        return json.dumps({"accessToken": "new", "expiresIn": 3600, "tokenType": "Bearer"}).encode()
    if path == "/container":
        keys = {"AccessKeyId": "ASIA", "SecretAccessKey": "secret", "Token": "token", "Expiration": LATER}
        return json.dumps(keys).encode()
    return b'{"Endpoints": []}'


@dataclass
class TlsServer:
    """A server; ``requests`` are the paths that reached it."""

    port: int
    requests: list[str] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    serving: TlsServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.serving.requests.append(self.path)
        content = _answer(self.path.split("?")[0], body)
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST  # noqa: N815

    def do_CONNECT(self) -> None:
        """Tunnel to a port of this machine, whatever the host is called."""
        self.serving.requests.append(self.path)
        with socket.create_connection(("127.0.0.1", int(self.path.rsplit(":", 1)[1]))) as onward:
            self.wfile.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            _splice(self.connection, onward)
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


def _splice(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError), selectors.DefaultSelector() as ready:
        ways = {one: other, other: one}
        for end in ways:
            ready.register(end, selectors.EVENT_READ, end)
        while True:
            for key, _ in ready.select(5):
                source: socket.socket = key.data
                data = source.recv(65536)
                if not data:
                    return
                ways[source].sendall(data)
                while isinstance(source, ssl.SSLSocket) and source.pending():
                    ways[source].sendall(source.recv(65536))


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """A client that does not accept the certificate hangs up."""


@contextmanager
def tls_server(
    authority: trustme.CA | None, name: str, *, client_authority: trustme.CA | None = None
) -> Iterator[TlsServer]:
    """Yield a server with a certificate for a name; without an authority it speaks plain HTTP."""
    server = _Server(("127.0.0.1", 0), _Handler)
    if authority is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        if client_authority is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            client_authority.configure_trust(context)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    serving = TlsServer(server.server_port)
    server.RequestHandlerClass = type("Handler", (_Handler,), {"serving": serving})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield serving
    server.shutdown()
    thread.join()
    server.server_close()
