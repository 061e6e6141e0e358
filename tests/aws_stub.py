"""A server on loopback that answers AWS's clients as a test scripts.

Every scripted answer is validated against botocore's model of the operation: a member that AWS does not
return, a wrong type or a missing required member fails the test that scripted it.
"""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

import botocore.session
from botocore.exceptions import DataNotFoundError
from botocore.validate import ParamValidator

from cloud_audit_tui.aws.paging import TOKENS
from cloud_audit_tui.aws.service_models import MODELS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ACCOUNT = "111122223333"
CALLER = f"arn:aws:sts::{ACCOUNT}:assumed-role/audit/session"
REGION = "eu-central-1"
IDENTITY: dict[tuple[str, str], dict[str, Any]] = {
    ("sts", "GetCallerIdentity"): {"Account": ACCOUNT, "Arn": CALLER, "UserId": "AROAEXAMPLE:session"},
    ("ec2", "DescribeRegions"): {
        "Regions": [{"RegionName": name} for name in (REGION, "us-east-1", "eu-west-1")]
    },
    ("iam", "ListAccountAliases"): {"AccountAliases": ["tests"], "IsTruncated": False},
}
"""What a stub says of its account until a test scripts something else."""

_models = botocore.session.get_session()
_loader = _models.get_component("data_loader")
_loader.search_paths.insert(0, str(MODELS))


@cache
def service_model(service: str) -> Any:
    """Return botocore's model of a service, with the members that the product adds."""
    return _models.get_service_model(service)


@dataclass(frozen=True)
class Refusal:
    """An error response of AWS."""

    code: str
    message: str
    http_status: int = 400


@dataclass(frozen=True)
class Call:
    """One request that the stub got."""

    region: str
    service: str
    operation: str
    params: dict[str, Any]


@dataclass
class _Scripted:
    answer: Any
    where: dict[str, Any]
    region: str
    remaining: int


@dataclass
class AwsStub:
    """The scripted AWS of one test; a call that is not scripted is denied, as IAM denies it.

    It speaks the JSON, REST-JSON, REST-XML (reads only), query and EC2 protocols. The parameters of query
    and EC2 are the flat form fields.
    """

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _scripts: dict[tuple[str, str], list[_Scripted]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(
        self, service: str, operation: str, answer: Any, *, region: str = "", times: int = -1, **where: Any
    ) -> None:
        """Script an answer: a response, a `Refusal`, or a function of the parameters that returns either.

        The first script that fits the region and the parameters in ``where`` answers; one with ``times``
        answers at most that many times.
        """
        if not callable(answer):
            self._check(service, operation, answer)
        script = _Scripted(answer, where, region, times)
        self._scripts.setdefault((service, operation), []).append(script)

    def pages(
        self,
        service: str,
        operation: str,
        *pages: list[Any] | dict[str, Any],
        region: str = "",
        **where: Any,
    ) -> None:
        """Script the pages of an operation, linked by its own tokens.

        A page is its items or, where a page holds several lists, the response without the tokens.
        """
        paginator = _models.get_paginator_model(service).get_paginator(operation)
        token_parameters = input_tokens(service, operation)
        for index, items in enumerate(pages):
            page: dict[str, Any] = (
                dict(items) if isinstance(items, dict) else {_as_list(paginator["result_key"])[0]: items}
            )
            has_next = index + 1 < len(pages)
            if more_results := paginator.get("more_results"):
                page[more_results] = has_next
            if has_next:
                page |= dict.fromkeys(_as_list(paginator["output_token"]), f"page {index + 1}/+=")
            token = dict.fromkeys(token_parameters, f"page {index}/+=" if index else None)
            self.answer(service, operation, page, region=region, **{**where, **token})

    def restart(self) -> None:
        """Forget the scripts and the calls: a row of a test begins with the AWS that a test begins with."""
        self._scripts.clear()
        self.calls.clear()
        _script_identity(self)

    def is_the_usual_account(self) -> bool:
        """Say whether the stub says of its account what `IDENTITY` says, and nothing else."""
        return all(
            [script.answer for script in self._scripts.get(read, [])] == [answer]
            for read, answer in IDENTITY.items()
        )

    @staticmethod
    def refusal(code: str, message: str) -> Refusal:
        """Return an error response to script."""
        return Refusal(code, message)

    def denied(
        self, service: str, operation: str, resource: str = "*", *, region: str = "", **where: Any
    ) -> None:
        """Script a denial with the message of IAM."""
        refusal = _denial(f"{service}:{operation}", resource)
        self.answer(service, operation, refusal, region=region, **where)

    def throttled(self, service: str, operation: str, *, times: int, **where: Any) -> None:
        """Script that AWS throttles the next ``times`` calls."""
        self.answer(service, operation, Refusal("ThrottlingException", "Rate exceeded"), times=times, **where)

    def requests(self, operation: str) -> list[dict[str, Any]]:
        """Return the parameters of every call of an operation."""
        return [call.params for call in self.calls if call.operation == operation]

    def respond(self, request: _Request) -> tuple[int, dict[str, str], bytes]:
        """Return the status, headers and body that answer an HTTP request."""
        service, operation, params = self._understand(request)
        with self._lock:
            self.calls.append(Call(request.region, service, operation, params))
            answer = self._pick(request.region, service, operation, params)
        # A function may wait, so it runs outside the lock and other requests are answered meanwhile.
        if callable(answer):
            answer = self._checked(service, operation, answer(params))
        if isinstance(answer, Refusal):
            return _refusal(_protocol_of(service, request), answer)
        return _response(service, operation, answer)

    def _understand(self, request: _Request) -> tuple[str, str, dict[str, Any]]:
        for service in dict.fromkeys(name for name, _ in self._scripts):
            model = service_model(service)
            name = model.metadata.get("signingName", model.metadata["endpointPrefix"])
            # Requests to IAM Identity Center carry a token instead of a signature.
            if request.signing_name not in ("", name):
                continue
            if (call := _operation_of(model, request)) is not None:
                return (service, *call)
        return request.signing_name, request.action or f"{request.method} {request.path}", {}

    def _pick(self, region: str, service: str, operation: str, params: dict[str, Any]) -> Any:
        for script in self._scripts.get((service, operation), []):
            if script.remaining == 0 or (script.region and script.region != region):
                continue
            if any(params.get(name) != value for name, value in script.where.items()):
                continue
            script.remaining -= 1
            return script.answer
        return _denial(f"{service}:{operation}", "*")

    def _checked(self, service: str, operation: str, answer: Any) -> Any:
        try:
            self._check(service, operation, answer)
        except AssertionError as fault:
            self.faults.append(str(fault))
        return answer

    @staticmethod
    def _check(service: str, operation: str, answer: Any) -> None:
        model = service_model(service).operation_model(operation)
        if isinstance(answer, Refusal) or model.output_shape is None:
            return
        report = ParamValidator().validate(answer, model.output_shape)
        assert not report.has_errors(), (
            f"{service}:{operation} never returns this: {report.generate_report()}"
        )


def input_tokens(service: str, operation: str) -> tuple[str, ...]:
    """Return the parameters of a `Call` that request the next page; none for an operation without pages."""
    try:
        paginator = _models.get_paginator_model(service).get_paginator(operation)
        tokens: Sequence[str] = _as_list(paginator["input_token"])
    except ValueError:
        tokens = TOKENS
    except DataNotFoundError:
        return ()
    model = service_model(service)
    if operation not in model.operation_names:
        return ()
    shape = model.operation_model(operation).input_shape
    members = shape.members if shape else {}
    # The stub turns the parameters of REST-XML back into members; those of REST-JSON keep their wire names.
    has_wire_names = model.metadata["protocol"] == "rest-json"
    return tuple(
        str(members[token].serialization.get("name", token)) if has_wire_names else token
        for token in tokens
        if token in members
    )


def _as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


@dataclass(frozen=True)
class _Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def _scope(self) -> list[str]:
        match = re.search(r"Credential=([^,]+)", self.headers.get("authorization", ""))
        return match[1].split("/") if match else ["", "", "", "", ""]

    @property
    def region(self) -> str:
        return self._scope[2]

    @property
    def signing_name(self) -> str:
        return self._scope[3]

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def action(self) -> str:
        target = self.headers.get("x-amz-target", "")
        return target.rsplit(".", 1)[-1] if target else self.form.get("Action", "")


def _operation_of(model: Any, request: _Request) -> tuple[str, dict[str, Any]] | None:
    if model.metadata["protocol"] == "json":
        is_of_service = request.headers.get("x-amz-target", "").startswith(
            f"{model.metadata['targetPrefix']}."
        )
        return (request.action, json.loads(request.body or b"{}")) if is_of_service else None
    if model.metadata["protocol"] in ("query", "ec2"):
        params = {name: value for name, value in request.form.items() if name not in ("Action", "Version")}
        return (request.action, params) if request.action in model.operation_names else None
    if model.metadata["protocol"] == "rest-xml":
        return _rest_xml_read(model, request)
    for operation in _rest_operations(model.service_name):
        match = operation.path.fullmatch(request.path)
        if match and operation.method == request.method:
            path = {member: unquote(value) for member, value in match.groupdict().items()}
            return operation.name, {**path, **request.query, **json.loads(request.body or b"{}")}
    return None


@dataclass(frozen=True)
class _RestOperation:
    """An operation of a REST protocol: the method, path and query flags (``?policy``) of its requests."""

    name: str
    method: str
    path: re.Pattern[str]
    flags: frozenset[str]
    members: dict[str, Any]


@cache
def _rest_operations(service: str) -> tuple[_RestOperation, ...]:
    model = service_model(service)
    operations = (model.operation_model(name) for name in model.operation_names)
    return tuple(_rest_operation(operation) for operation in operations if not operation.deprecated)


def _rest_operation(model: Any) -> _RestOperation:
    path, _, flags = model.http["requestUri"].partition("?")
    pattern = re.compile(re.sub(r"\\\{(\w+)(\\\+)?\\\}", r"(?P<\1>[^/]+)", re.escape(path)))
    flag_names = frozenset(flag.partition("=")[0] for flag in flags.split("&") if flag)
    members = model.input_shape.members if model.input_shape else {}
    return _RestOperation(model.name, model.http["method"], pattern, flag_names, members)


def _rest_xml_read(model: Any, request: _Request) -> tuple[str, dict[str, Any]] | None:
    """Return the operation whose path and query flags match best, and its parameters."""
    best: tuple[int, str, dict[str, Any]] | None = None
    for operation in _rest_operations(model.service_name):
        match = operation.path.fullmatch(request.path)
        if not match or operation.method != request.method or not operation.flags <= request.query.keys():
            continue
        params = {member: unquote(value) for member, value in match.groupdict().items()}
        for member, shape in operation.members.items():
            places = {"querystring": request.query, "header": request.headers}
            values = places.get(shape.serialization.get("location", ""), {})
            wire_name = shape.serialization.get("name", member)
            if (value := values.get(wire_name, values.get(wire_name.lower()))) is not None:
                params[member] = value
        if best is None or len(operation.flags) > best[0]:
            best = (len(operation.flags), operation.name, params)
    return None if best is None else best[1:]


def _denial(action: str, resource: str) -> Refusal:
    return Refusal(
        "AccessDeniedException",
        f"User: {CALLER} is not authorized to perform: {action} on resource: {resource} because no "
        f"identity-based policy allows the {action} action",
    )


def _refusal(protocol: str, refusal: Refusal) -> tuple[int, dict[str, str], bytes]:
    if "json" in protocol:
        headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": refusal.code}
        body = json.dumps({"__type": refusal.code, "message": refusal.message})
    else:
        headers = {"Content-Type": "text/xml"}
        error = f"<Code>{escape(refusal.code)}</Code><Message>{escape(refusal.message)}</Message>"
        body = {
            "query": f"<ErrorResponse><Error>{error}</Error><RequestId>1</RequestId></ErrorResponse>",
            "rest-xml": f"<Error>{error}</Error>",
            "ec2": f"<Response><Errors><Error>{error}</Error></Errors><RequestID>1</RequestID></Response>",
        }[protocol]
    return refusal.http_status, headers, body.encode()


def _protocol_of(service: str, request: _Request) -> str:
    """Return the protocol of a service, guessed for a signing name that botocore lists as no service."""
    if service in _models.get_available_services():
        return str(service_model(service).metadata["protocol"])
    return "query" if "Action" in request.form else "json"


def _response(service: str, operation: str, answer: Any) -> tuple[int, dict[str, str], bytes]:
    model = service_model(service)
    protocol = model.metadata["protocol"]
    if "json" in protocol:
        content = _with_wire_names(model.operation_model(operation).output_shape, answer)
        body = json.dumps(content, default=_epoch)
        return 200, {"Content-Type": "application/x-amz-json-1.1"}, body.encode()
    shape: Any = model.operation_model(operation).output_shape
    if (payload := shape.serialization.get("payload")) and shape.members[payload].type_name != "structure":
        return 200, {"Content-Type": "application/json"}, answer[payload].encode()
    if payload:
        shape, answer = shape.members[payload], answer[payload]
    inner = _xml_members(shape, answer, protocol)
    if protocol == "query":
        wrapper = shape.serialization["resultWrapper"]
        inner = f"<{wrapper}>{inner}</{wrapper}>"
    return 200, {"Content-Type": "text/xml"}, f"<{operation}Response>{inner}</{operation}Response>".encode()


def _with_wire_names(shape: Any, value: Any) -> Any:
    """Return a value with the names that its members have on the wire (GuardDuty's ``detectorIds``)."""
    if shape is None:
        return value
    if shape.type_name == "structure":
        members = {name: item for name, item in value.items() if name in shape.members}
        by_wire_name = {
            shape.members[name].serialization.get("name", name): _with_wire_names(shape.members[name], item)
            for name, item in members.items()
        }
        return {**value, **by_wire_name}
    if shape.type_name == "list":
        return [_with_wire_names(shape.member, item) for item in value]
    if shape.type_name == "map":
        return {name: _with_wire_names(shape.value, item) for name, item in value.items()}
    return value


def _epoch(value: Any) -> float:
    assert isinstance(value, datetime), f"{value!r} has no place in a response"
    return value.timestamp()


def _xml_members(shape: Any, value: dict[str, Any], protocol: str) -> str:
    return "".join(
        _xml(member.serialization.get("name", name), member, value[name], protocol)
        for name, member in shape.members.items()
        if name in value and "location" not in member.serialization
    )


def _xml(name: str, shape: Any, value: Any, protocol: str) -> str:
    if shape.type_name == "structure":
        return f"<{name}>{_xml_members(shape, value, protocol)}</{name}>"
    if shape.type_name == "map":
        pairs = (
            _xml("key", shape.key, key, protocol) + _xml("value", shape.value, one, protocol)
            for key, one in value.items()
        )
        entries = "".join(f"<entry>{pair}</entry>" for pair in pairs)
        return f"<{name}>{entries}</{name}>"
    if shape.type_name == "list" and shape.serialization.get("flattened"):
        return "".join(_xml(name, shape.member, one, protocol) for one in value)
    if shape.type_name == "list":
        item = shape.member.serialization.get("name", "item" if protocol == "ec2" else "member")
        items = "".join(_xml(item, shape.member, one, protocol) for one in value)
        return f"<{name}>{items}</{name}>"
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return f"<{name}>{escape(text.lower() if isinstance(value, bool) else text)}</{name}>"


class _Handler(StreamRequestHandler):
    """One connection, parsed here: the HTTP handler of the standard library takes as long as a whole call."""

    # Head and body are written at once: two writes take twice the time.
    wbufsize = -1
    # Otherwise each part of a long answer waits until the client has acknowledged the part before it.
    disable_nagle_algorithm = True
    aws: AwsStub

    def handle(self) -> None:
        """Answer the requests of the connection until the client closes it."""
        with suppress(ConnectionError):
            while (request := self._next_request()) is not None:
                status, headers, content = self.aws.respond(request)
                lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
                head = f"HTTP/1.1 {status} X\r\n{''.join(lines)}Content-Length: {len(content)}\r\n\r\n"
                self.wfile.write(head.encode("latin-1") + content)
                self.wfile.flush()
                if request.headers.get("connection", "").lower() == "close":
                    return

    def _next_request(self) -> _Request | None:
        if not (first := self.rfile.readline()):
            return None
        method, target, _ = first.decode("latin-1").split(" ", 2)
        headers = {}
        while line := self.rfile.readline().decode("latin-1").strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        url = urlsplit(target)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        body = self.rfile.read(int(headers.get("content-length", 0)))
        return _Request(method, url.path, query, headers, body)


class _Server(ThreadingTCPServer):
    # A test does not wait for a connection that a client keeps open.
    daemon_threads = True
    # A scan opens many connections at once, and the kernel retries one that does not fit only after a second.
    request_queue_size = 128


@contextmanager
def serving() -> Iterator[AwsStub]:
    """Yield a running stub with an identity and three regions scripted."""
    stub = AwsStub()
    handler = type("Handler", (_Handler,), {"aws": stub})
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        stub.url = f"http://127.0.0.1:{server.server_address[1]}"
        _script_identity(stub)
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert not stub.faults, stub.faults


def _script_identity(stub: AwsStub) -> None:
    for (service, operation), answer in IDENTITY.items():
        stub.answer(service, operation, answer)


def environment_of(stub: AwsStub) -> dict[str, str]:
    """Return the environment variables that lead AWS's clients to the stub."""
    return {
        "AWS_ENDPOINT_URL": stub.url,
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
    }
