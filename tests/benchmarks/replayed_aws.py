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
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

from equal_requests import SCOPE, TARGET, Key, key_of

_LENGTH = re.compile(rb"^Content-Length:\s*(\d+)", re.IGNORECASE | re.MULTILINE)
_ACTION = re.compile(rb"(?:^|[&?])Action=(\w+)")
_BUCKETS_A_PAGE = re.compile(rb"[?&]max-buckets=(\d+)")
_BUCKETS_AFTER = re.compile(rb"[?&]continuation-token=(\d+)")
_BUCKET = re.compile(rb"<Bucket>.*?</Bucket>", re.DOTALL)
_HOP_HEADERS = frozenset(
    {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"}
)
_NOT_SENT_ON = frozenset({"connection", "accept-encoding", "expect", "transfer-encoding"})

NOT_READY = (
    b'<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>'
    b"<Code>ReportInProgress</Code><Message>The report is being generated.</Message></Error>"
    b"<RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
)
FIRST_SERVER_ERROR = 500
NO_BACKEND = b'{"__type": "AccessDeniedException", "message": "The embedded AWS has no such service here."}'
"""The answer in place of a server error of the other AWS, which every program would retry in its own way."""


class Request(NamedTuple):
    """One HTTP request: its headers are the lines below the first one."""

    method: bytes
    path: bytes
    headers: bytes
    body: bytes

    @property
    def scope(self) -> tuple[bytes, bytes]:
        """The service and the region that the request was signed for."""
        match = SCOPE.search(self.headers)
        return (match["service"], match["region"]) if match else (b"", b"")

    @property
    def target(self) -> bytes:
        """The operation with its service, in the protocols that name it in a header."""
        match = TARGET.search(self.headers) if self.method == b"POST" else None
        return match[1] if match else b""

    @property
    def key(self) -> Key:
        """What equal reads have in common, whoever signed them."""
        return key_of(self.method, self.path, (*self.scope, self.target), self.body)

    @property
    def name(self) -> str:
        """The service and the operation, or the method and path of a REST service."""
        return _name(self.method, self.scope[0], self.target, self.path, self.body)


@cache
def _name(method: bytes, service: bytes, target: bytes, path: bytes, body: bytes) -> str:
    if target:
        operation = target.rpartition(b".")[2]
    elif action := _ACTION.search(body) or _ACTION.search(path):
        operation = action[1]
    else:
        path, _, query = path.partition(b"?")
        operation = method + b" " + path + (b"?" + query.partition(b"=")[0] if query else b"")
    return f"{service.decode()}:{operation.decode()}"


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

    def answer(self, request: Request) -> asyncio.Future[bytes]:
        """Return the whole HTTP response to a request, at once where it is in memory."""
        key, name = request.key, request.name
        self._calls[name] += 1
        self._distinct.add(key)
        if name == "iam:GetCredentialReport" and self._calls[name] == 1:
            return finished(http_response(410, NOT_READY, [("Content-Type", "text/xml")]))
        if key not in self._answers:
            self._recorded += 1
            loop = asyncio.get_running_loop()
            self._answers[key] = loop.run_in_executor(self._threads, self._ask, request)
        answer = self._answers[key]
        if name == "iam:GenerateCredentialReport":
            state = b"STARTED" if self._calls[name] == 1 else b"COMPLETE"
            return asyncio.ensure_future(_with_state(answer, state))
        return answer

    def _ask(self, request: Request) -> bytes:
        # moto cuts the list of buckets off and gives no token for the rest.
        path = request.path
        page = _BUCKETS_A_PAGE.search(path) if request.scope[0] == b"s3" else None
        if page is not None:
            path = _BUCKETS_AFTER.sub(b"", _BUCKETS_A_PAGE.sub(b"", path)) or b"/"
        connection = http.client.HTTPConnection(self._upstream, timeout=60)
        pairs = (line.partition(":") for line in request.headers.decode("latin-1").split("\r\n"))
        headers = {name: value.strip() for name, _, value in pairs if name.lower() not in _NOT_SENT_ON}
        connection.request(request.method.decode(), path.decode(), request.body or None, headers)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        if page is not None:
            after = _BUCKETS_AFTER.search(request.path)
            body = _page_of_buckets(body, int(after[1]) if after else 0, int(page[1]))
        if response.status >= FIRST_SERVER_ERROR:
            return http_response(403, NO_BACKEND, [("Content-Type", "application/json")])
        fields = [(name, value) for name, value in response.getheaders() if name.lower() not in _HOP_HEADERS]
        return http_response(response.status, body, fields, head=request.method == b"HEAD")


def finished(answer: bytes) -> asyncio.Future[bytes]:
    future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    future.set_result(answer)
    return future


def _page_of_buckets(all_buckets: bytes, first: int, size: int) -> bytes:
    """Return one page of a list of all buckets, with a token where more follow."""
    after = first + size
    buckets = _BUCKET.findall(all_buckets)
    page = b"".join(buckets[first:after])
    token = b"<ContinuationToken>%d</ContinuationToken>" % after if after < len(buckets) else b""
    if not buckets:
        return all_buckets
    begin, end = all_buckets.find(b"<Bucket>"), all_buckets.rfind(b"</Bucket>") + len(b"</Bucket>")
    return all_buckets[:begin] + page + all_buckets[end:].replace(b"</Buckets>", b"</Buckets>" + token, 1)


async def _with_state(future: asyncio.Future[bytes], state: bytes) -> bytes:
    _, _, body = (await future).partition(b"\r\n\r\n")
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

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (request := self._next_request()) is not None:
            self._respond(request)

    def _next_request(self) -> Request | None:
        head, separator, _ = self._received.partition(b"\r\n\r\n")
        if not separator:
            return None
        first, _, headers = bytes(head).partition(b"\r\n")
        method, path, _ = first.split(b" ", 2)
        begin = len(head) + 4
        length = _LENGTH.search(headers)
        end = begin + (int(length[1]) if length else 0)
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
        loop = asyncio.get_running_loop()
        due = loop.time() + self._aws.latency
        answer = self._aws.answer(request)
        if answer.done():
            # What is in memory costs no task: the AWS shares its cores with the programs that are measured.
            loop.call_at(due, self._write, answer)
        else:
            answer.add_done_callback(lambda finished: loop.call_at(due, self._write, finished))

    def _write(self, answer: asyncio.Future[bytes]) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer.result())


async def serve(aws: ReplayedAws) -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(aws), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(ReplayedAws(sys.argv[1], float(sys.argv[2]) / 1000)))
