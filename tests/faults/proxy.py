"""A proxy before an AWS of the tests that deals faults by rule and by seeded chance.

It speaks HTTP/1.1 as `AWS_ENDPOINT_URL` does and sends on what it does not spoil. A fault is a function of
the request and of the answer that would have been given.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import socket
import struct
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from equal_requests import SCOPE, TARGET, key_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from equal_requests import Key

CHANGING = frozenset({"GenerateCredentialReport", "GetCredentialReport", "AssumeRole"})
"""Operations whose equal calls have several answers."""
PORTAL = b"<!DOCTYPE html><html><head><title>Log in</title></head><body>Accept the terms.</body></html>"
DRIP_EVERY = 0.5
REFUSED_FOR = 0.02
"""Seconds for which the port is closed."""
OPEN_FOR = 0.05
"""Seconds for which it is open before it is closed again: on a busy machine it would hardly ever be open."""


@dataclass(frozen=True)
class Request:
    """A request as it came: its head, its body and what they say of the operation."""

    head: bytes
    body: bytes

    @cached_property
    def service(self) -> str:
        """The name under which the request was signed."""
        scope = SCOPE.search(self.head)
        return scope["service"].decode() if scope else ""

    @cached_property
    def operation(self) -> str:
        """The operation, or the method and path where only those name it."""
        if target := TARGET.search(self.head):
            return target[1].rpartition(b".")[2].decode()
        action = dict(parse_qsl(self.body.decode("latin-1"))).get("Action", "")
        method, path = self._first_words
        return action or f"{method.decode()} {urlsplit(path.decode('latin-1')).path}"

    @property
    def key(self) -> Key:
        """What equal reads of one signer have in common."""
        scope, target = SCOPE.search(self.head), TARGET.search(self.head)
        method, path = self._first_words
        headers = (*(scope.groups() if scope else ()), target[1] if target else b"")
        return key_of(method, path, headers, self.body)

    @property
    def _first_words(self) -> tuple[bytes, bytes]:
        """The method and the path."""
        method, path, _ = self.head.partition(b"\r\n")[0].split(b" ", 2)
        return method, path

    @property
    def is_json(self) -> bool:
        """Whether the operation's protocol is one of the JSON ones, as far as the request tells."""
        return b"x-amz-json" in self.head.lower() or (b"Action=" not in self.body and self.service != "s3")


@dataclass(frozen=True)
class Answer:
    """An answer as it would be sent."""

    status: int
    headers: dict[str, str]
    body: bytes

    def bytes(self) -> bytes:
        """Return what goes over the wire."""
        headers = {**self.headers, "Content-Length": str(len(self.body)), "Connection": "keep-alive"}
        lines = [f"HTTP/1.1 {self.status} X", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + self.body


@dataclass
class Exchange:
    """One request with the connection that it came on and the way to AWS."""

    request: Request
    writer: asyncio.StreamWriter
    ask_aws: Callable[[Request], Awaitable[Answer]]
    proxy: FaultProxy

    async def send(self, status: int, body: bytes, content_type: str = "") -> bool:
        """Answer; returns that the connection stays open."""
        headers = {"Content-Type": content_type} if content_type else {}
        self.writer.write(Answer(status, headers, body).bytes())
        await self.writer.drain()
        return True

    async def error(self, status: int, code: str, message: str) -> bool:
        """Answer with an error in the shape of the request's protocol."""
        if self.request.is_json:
            body = json.dumps({"__type": code, "message": message}).encode()
            headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": code}
        else:
            inner = f"<Code>{code}</Code><Message>{message}</Message>"
            body = {
                "s3": f"<Error>{inner}</Error>",
                "ec2": f"<Response><Errors><Error>{inner}</Error></Errors></Response>",
            }.get(
                self.request.service,
                f"<ErrorResponse><Error>{inner}</Error><RequestId>1</RequestId></ErrorResponse>",
            ).encode()
            headers = {"Content-Type": "text/xml"}
        self.writer.write(Answer(status, headers, body).bytes())
        await self.writer.drain()
        return True

    def reset(self) -> bool:
        """Close the connection so that the other side gets a reset."""
        connection = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
        return False


async def reset_before(exchange: Exchange) -> bool:
    """Reset before a byte of the answer."""
    return exchange.reset()


async def reset_in_body(exchange: Exchange) -> bool:
    """Reset in the middle of the body."""
    wire = (await exchange.ask_aws(exchange.request)).bytes()
    exchange.writer.write(wire[: -max(1, len(wire) // 4)])
    await exchange.writer.drain()
    await asyncio.sleep(0.02)
    return exchange.reset()


async def cut(exchange: Exchange) -> bool:
    """End the connection in the middle of the body, without a reset."""
    wire = (await exchange.ask_aws(exchange.request)).bytes()
    exchange.writer.write(wire[:-1])
    await exchange.writer.drain()
    exchange.writer.close()
    return False


async def hang(exchange: Exchange) -> bool:
    """Never answer."""
    await asyncio.sleep(3600)
    return exchange.reset()


async def drip(exchange: Exchange) -> bool:
    """Answer a byte at a time."""
    for byte in (await exchange.ask_aws(exchange.request)).bytes():
        exchange.writer.write(bytes([byte]))
        await exchange.writer.drain()
        await asyncio.sleep(DRIP_EVERY)
    return True


async def refuse(exchange: Exchange) -> bool:
    """Close the connection, and refuse new ones for a moment."""
    exchange.reset()
    await exchange.proxy.refuse_for(REFUSED_FOR)
    return False


async def expired(exchange: Exchange) -> bool:
    """Say that the credentials have ended, as the request's protocol does."""
    codes = {"ec2": "RequestExpired", "s3": "ExpiredToken"}
    json_code = "ExpiredTokenException" if exchange.request.is_json else "ExpiredToken"
    code = codes.get(exchange.request.service, json_code)
    return await exchange.error(403 if code == "ExpiredTokenException" else 400, code, "It is expired")


async def skewed(exchange: Exchange) -> bool:
    """Say that the clocks differ, as AWS does for a signature from another hour."""
    if exchange.request.is_json or exchange.request.service != "s3":
        message = "Signature expired: 20260101T000000Z is now earlier than 20260101T004500Z"
        return await exchange.error(403, "InvalidSignatureException", message)
    return await exchange.error(403, "RequestTimeTooSkewed", "The difference is too large.")


def wrong_document(exchange: Exchange) -> Awaitable[bool]:
    """Answer with a document of another protocol."""
    is_json = exchange.request.is_json
    document = b"<ListResponse><Result/></ListResponse>" if is_json else b'{"Items": []}'
    return exchange.send(200, document, "text/xml" if is_json else "application/json")


def garbage(exchange: Exchange) -> Awaitable[bool]:
    """Answer 200 with bytes of no kind."""
    return exchange.send(200, b"\xff\xfe\x00\x01" * 64)


def bare(status: int) -> Callable[[Exchange], Awaitable[bool]]:
    """Answer with a status and an empty body."""

    async def fault(exchange: Exchange) -> bool:
        return await exchange.send(status, b"")

    return fault


def page(status: int) -> Callable[[Exchange], Awaitable[bool]]:
    """Answer with a status and a page for people."""

    async def fault(exchange: Exchange) -> bool:
        return await exchange.send(status, PORTAL, "text/html")

    return fault


def coded(status: int, code: str) -> Callable[[Exchange], Awaitable[bool]]:
    """Answer with an error of AWS's."""

    async def fault(exchange: Exchange) -> bool:
        return await exchange.error(status, code, "Dealt by a test")

    return fault


def body(content: bytes, content_type: str = "") -> Callable[[Exchange], Awaitable[bool]]:
    """Answer 200 with a body of the test's."""

    async def fault(exchange: Exchange) -> bool:
        return await exchange.send(200, content, content_type)

    return fault


def changed(change: Callable[[Any], Any]) -> Callable[[Exchange], Awaitable[bool]]:
    """Answer as AWS would, with a change made to a JSON body."""

    async def fault(exchange: Exchange) -> bool:
        answer = await exchange.ask_aws(exchange.request)
        try:
            document = change(json.loads(answer.body))
        except ValueError:
            exchange.writer.write(answer.bytes())
            await exchange.writer.drain()
            return True
        return await exchange.send(answer.status, json.dumps(document).encode(), "application/x-amz-json-1.1")

    return fault


@dataclass(frozen=True)
class Rule:
    """Which requests get a fault: by service and operation, in a share of cases, so many times.

    The first ``after`` requests that it is about get none, nor do those that ``unless`` accepts.
    """

    fault: Callable[[Exchange], Awaitable[bool]]
    service: str = ""
    operation: str = ""
    chance: float = 1.0
    times: int = -1
    after: int = 0
    unless: Callable[[Request], bool] = lambda _: False

    def fits(self, request: Request) -> bool:
        """Say whether the rule is about a request."""
        return (
            (not self.service or self.service == request.service)
            and (not self.operation or self.operation in request.operation)
            and not self.unless(request)
        )


@dataclass
class FaultProxy:
    """The proxy; ``dealt`` counts the faults and ``requests`` what came, by operation.

    With ``answers``, the answers that AWS has given to equal reads, AWS is asked once for each: only for an
    account that nobody changes.
    """

    upstream: str
    seed: int = 0
    answers: dict[Key, Answer] | None = None
    url: str = ""
    rules: list[Rule] = field(default_factory=list)
    dealt: Counter[str] = field(default_factory=Counter)
    requests: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0
    _dealt_by_rule: Counter[int] = field(default_factory=Counter)
    _fitting: Counter[int] = field(default_factory=Counter)
    _listening: socket.socket | None = None
    _open_since: float = 0.0
    _serving: set[asyncio.Task[Any]] = field(default_factory=set)
    _connections: set[socket.socket] = field(default_factory=set)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def deal(self, fault: Callable[[Exchange], Awaitable[bool]], **options: Any) -> None:
        """Add a rule; the first that fits a request decides."""
        self.rules.append(Rule(fault, **options))

    def _accept(self, listening: socket.socket) -> None:
        with suppress(BlockingIOError, ConnectionError):
            connection, _ = listening.accept()
            # A task that is cancelled before its first step closes nothing: `abort` does.
            self._connections.add(connection)
            # The event loop refers to its tasks weakly: one whose peer has gone would be collected.
            task = asyncio.get_running_loop().create_task(self._serve(connection))
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)

    async def _serve(self, connection: socket.socket) -> None:
        """Answer the requests of one connection."""
        reader, writer = await asyncio.open_connection(sock=connection, limit=2**24)
        self._connections.discard(connection)
        self._writers.add(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while await self._exchange(Exchange(await _read_request(reader), writer, self._ask_aws, self)):
                pass
        writer.close()

    def abort(self) -> None:
        """End every connection, also one whose peer does not read what was sent."""
        for connection in self._connections:
            connection.close()
        for writer in self._writers:
            writer.transport.abort()
        self._connections.clear()
        self._writers.clear()

    async def _exchange(self, exchange: Exchange) -> bool:
        request = exchange.request
        self.requests[request.operation] += 1
        for place, rule in enumerate(self.rules):
            if not rule.fits(request) or (rule.times >= 0 and self._dealt_by_rule[place] >= rule.times):
                continue
            self._fitting[place] += 1
            if self._fitting[place] <= rule.after:
                continue
            if self._chance.random() >= rule.chance:
                break
            self._dealt_by_rule[place] += 1
            self.dealt[request.operation] += 1
            return await rule.fault(exchange)
        exchange.writer.write((await self._ask_aws(request)).bytes())
        await exchange.writer.drain()
        return True

    async def listen(self, port: int = 0) -> int:
        """Accept connections; return the port."""
        # asyncio's own server leaves a connection open that it accepted just before it was closed.
        listening = socket.create_server(("127.0.0.1", port), backlog=100)
        listening.setblocking(False)
        asyncio.get_running_loop().add_reader(listening, self._accept, listening)
        self._listening = listening
        self._open_since = time.monotonic()
        return int(listening.getsockname()[1])

    def stop_listening(self) -> None:
        """Refuse new connections."""
        if self._listening is not None:
            asyncio.get_running_loop().remove_reader(self._listening)
            self._listening.close()
            self._listening = None

    async def refuse_for(self, seconds: float) -> None:
        """Refuse new connections for a while; one refusal at a time, and none at once after another."""
        if self._listening is not None and time.monotonic() - self._open_since >= OPEN_FOR:
            port = self._listening.getsockname()[1]
            self.stop_listening()
            await asyncio.sleep(seconds)
            await self.listen(port)

    async def _ask_aws(self, request: Request) -> Answer:
        if self.answers is None or request.operation in CHANGING:
            return await self._answer_of_aws(request)
        if (answer := self.answers.get(request.key)) is None:
            answer = self.answers[request.key] = await self._answer_of_aws(request)
        return answer

    async def _answer_of_aws(self, request: Request) -> Answer:
        url = urlsplit(self.upstream)
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        try:
            head = re.sub(rb"(?im)^connection:.*\r\n", b"", request.head)
            writer.write(head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1) + b"\r\n\r\n" + request.body)
            await writer.drain()
            began = time.monotonic()
            head, _, rest = (await reader.read()).partition(b"\r\n\r\n")
            self.longest = max(self.longest, time.monotonic() - began)
        finally:
            writer.close()
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        headers = {
            name: value
            for name, value in headers.items()
            if name.lower() not in ("content-length", "connection", "transfer-encoding")
        }
        return Answer(int(first.split(" ")[1]), headers, rest)


async def _read_request(reader: asyncio.StreamReader) -> Request:
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"(?im)^content-length:\s*(\d+)", head)
    return Request(head[:-4], await reader.readexactly(int(length[1])) if length else b"")


@contextmanager
def faulty(upstream: str, seed: int = 0, answers: dict[Key, Answer] | None = None) -> Iterator[FaultProxy]:
    """Yield a proxy before an AWS; it has no faults until it is told some."""
    proxy = FaultProxy(upstream, seed, answers)
    loop = asyncio.new_event_loop()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_forever()
        # Here and not in the caller's thread, which may run a loop of its own.
        while tasks := asyncio.all_tasks(loop):
            for task in tasks:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    port = asyncio.run_coroutine_threadsafe(proxy.listen(), loop).result()
    proxy.url = f"http://127.0.0.1:{port}"

    async def stop() -> None:
        proxy.stop_listening()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # A refusal that was just over listens again.
        proxy.stop_listening()
        proxy.abort()
        # A connection is closed in the turn after it was aborted.
        await asyncio.sleep(0)

    try:
        yield proxy
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
