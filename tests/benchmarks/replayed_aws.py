"""An AWS of fixed latency for benchmarks: each answer comes from another AWS once, then from memory.

``python tests/benchmarks/replayed_aws.py UPSTREAM_URL LATENCY_MS`` serves on a loopback port, which it
prints. It counts the calls that reach it, so that programs in any language are measured alike:
``POST /.benchmark/begin`` starts a run, ``GET /.benchmark/counts`` returns its counts as JSON.

A credential report is not ready when it is first requested in a run, and ready the second time, as in AWS.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

_SCOPE = re.compile(rb"Credential=[^/]+/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/")
_ACTION = re.compile(rb"(?:^|[&?])Action=(\w+)")
_TIME = re.compile(
    rb"\d{4}-\d\d-\d\d(?:[T ]\d\d(?::|%3A)\d\d(?::|%3A)\d\d(?:\.\d+)?(?:Z|[+-]\d\d(?::|%3A)?\d\d)?)?"
)
_EPOCH = re.compile(rb"\b1[6-9]\d{8,11}(?:\.\d+)?\b")
_TIMED_SERVICES = frozenset({b"monitoring", b"cloudtrail", b"ce", b"logs", b"health", b"guardduty"})
"""Services whose requests name the present time as a number."""
_HOP_HEADERS = frozenset(
    {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"}
)

Key = tuple[bytes, ...]

NOT_READY = (
    b'<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>'
    b"<Code>ReportInProgress</Code><Message>The report is being generated.</Message></Error>"
    b"<RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
)
FIRST_SERVER_ERROR = 500
NO_BACKEND = b'{"__type": "AccessDeniedException", "message": "The embedded AWS has no such service here."}'
"""The answer in place of a server error of the other AWS, which every program would retry in its own way."""


@dataclass
class Request:
    """One HTTP request; header names are in lower case."""

    method: bytes
    path: bytes
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def scope(self) -> tuple[bytes, bytes]:
        """The service and the region that the request was signed for."""
        found = _SCOPE.search(self.headers.get(b"authorization", b""))
        return (found["service"], found["region"]) if found else (b"", b"")

    @property
    def operation(self) -> bytes:
        """The operation, or the method and path of a REST service."""
        if target := self.headers.get(b"x-amz-target"):
            return target.rpartition(b".")[2]
        if action := _ACTION.search(self.body) or _ACTION.search(self.path):
            return action[1]
        path, _, query = self.path.partition(b"?")
        return self.method + b" " + path + (b"?" + query.partition(b"=")[0] if query else b"")

    @property
    def key(self) -> Key:
        """What two equal reads have in common: all but signatures and times."""
        service, region = self.scope
        texts = [_TIME.sub(b"TIME", text) for text in (self.path, self.body)]
        if service in _TIMED_SERVICES:
            texts = [_EPOCH.sub(b"TIME", text) for text in texts]
        return (self.method, service, region, self.headers.get(b"x-amz-target", b""), *texts)


class ReplayedAws:
    """The answers in memory, and the counts of the present run."""

    def __init__(self, upstream: str, latency: float) -> None:
        self.latency = latency
        self._upstream = urlsplit(upstream).netloc
        self._answers: dict[Key, asyncio.Future[bytes]] = {}
        self._threads = ThreadPoolExecutor(8)
        self.begin()

    def begin(self) -> None:
        """Start a run."""
        self._calls: Counter[str] = Counter()
        self._distinct: set[Key] = set()
        self._recorded = 0

    def counts(self) -> bytes:
        """Return the calls of the run, how many differed, and how many needed the other AWS."""
        counts = {
            "calls": self._calls.total(),
            "distinct": len(self._distinct),
            "recorded": self._recorded,
            "by_operation": dict(self._calls.most_common()),
        }
        return http_response(200, json.dumps(counts).encode(), [("Content-Type", "application/json")])

    async def answer(self, request: Request) -> bytes:
        """Return the whole HTTP response to a request."""
        key = request.key
        service, _ = request.scope
        name = f"{service.decode()}:{request.operation.decode()}"
        self._calls[name] += 1
        self._distinct.add(key)
        if name == "iam:GetCredentialReport" and self._calls[name] == 1:
            return http_response(410, NOT_READY, [("Content-Type", "text/xml")])
        if key not in self._answers:
            self._recorded += 1
            loop = asyncio.get_running_loop()
            self._answers[key] = loop.run_in_executor(self._threads, self._ask, request)
        answer = await self._answers[key]
        if name == "iam:GenerateCredentialReport":
            state = b"STARTED" if self._calls[name] == 1 else b"COMPLETE"
            answer = _with_state(answer, state)
        return answer

    def _ask(self, request: Request) -> bytes:
        connection = http.client.HTTPConnection(self._upstream, timeout=60)
        headers = {
            name.decode(): value.decode("latin-1")
            for name, value in request.headers.items()
            if name not in (b"connection", b"accept-encoding", b"expect", b"transfer-encoding")
        }
        connection.request(request.method.decode(), request.path.decode(), request.body or None, headers)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        if response.status >= FIRST_SERVER_ERROR:
            return http_response(403, NO_BACKEND, [("Content-Type", "application/json")])
        kept = [(name, value) for name, value in response.getheaders() if name.lower() not in _HOP_HEADERS]
        return http_response(response.status, body, kept, head=request.method == b"HEAD")


def _with_state(answer: bytes, state: bytes) -> bytes:
    _, _, body = answer.partition(b"\r\n\r\n")
    body = re.sub(rb"<State>\w+</State>", b"<State>" + state + b"</State>", body)
    return http_response(200, body, [("Content-Type", "text/xml")])


def http_response(status: int, body: bytes, headers: list[tuple[str, str]], *, head: bool = False) -> bytes:
    length = next((value for name, value in headers if head and name.lower() == "content-length"), len(body))
    lines = [
        f"HTTP/1.1 {status} {http.client.responses.get(status, 'Unknown')}",
        *(f"{name}: {value}" for name, value in headers),
        f"Content-Length: {length}",
        "",
        "",
    ]
    return "\r\n".join(lines).encode("latin-1") + body


class _Connection(asyncio.Protocol):
    """One keep-alive connection; a client sends a request after the answer to the one before."""

    def __init__(self, aws: ReplayedAws) -> None:
        self._aws = aws
        self._received = bytearray()
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (request := self._next_request()) is not None:
            self._respond(request)

    def _next_request(self) -> Request | None:
        head, found, _ = self._received.partition(b"\r\n\r\n")
        if not found:
            return None
        first, *lines = bytes(head).split(b"\r\n")
        method, path, _ = first.split(b" ", 2)
        pairs = (line.partition(b":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        begin = len(head) + 4
        end = begin + int(headers.get(b"content-length", b"0"))
        if len(self._received) < end:
            return None
        body = bytes(self._received[begin:end])
        del self._received[:end]
        return Request(method, path, headers, body)

    def _respond(self, request: Request) -> None:
        if request.path.startswith(b"/.benchmark/"):
            if request.method == b"POST":
                self._aws.begin()
            self._transport.write(self._aws.counts())
            return
        task = asyncio.get_running_loop().create_task(self._respond_late(request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _respond_late(self, request: Request) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + self._aws.latency
        answer = await self._aws.answer(request)
        await asyncio.sleep(max(0.0, due - loop.time()))
        if not self._transport.is_closing():
            self._transport.write(answer)


async def serve(aws: ReplayedAws) -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(aws), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(ReplayedAws(sys.argv[1], float(sys.argv[2]) / 1000)))
