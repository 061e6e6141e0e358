"""WSGI middleware in front of moto: denied reads, responses that moto lacks, and latency."""

from __future__ import annotations

import io
import time
import zlib
from typing import TYPE_CHECKING

from cloud_audit_tui.demo.caller import caller_of, has_issued_key
from cloud_audit_tui.demo.denials import UNKNOWN_KEY, answer, refusal, words
from cloud_audit_tui.demo.request_parser import parse_request
from cloud_audit_tui.demo.unimplemented import ANSWERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from cloud_audit_tui.demo.accounts import Denial
    from cloud_audit_tui.demo.caller import Caller
    from cloud_audit_tui.demo.denials import Answer
    from cloud_audit_tui.demo.request_parser import ParsedRequest

_READY_BEFORE_SEEDING = frozenset({"ec2:DescribeRegions", "iam:ListAccountAliases"})
"""Reads that identify a profile; later seeding does not change their responses."""


class Gate:
    """A WSGI application in front of another one.

    ``latency_ms`` is the maximum simulated latency in milliseconds; the latency of a call is derived from the
    request, so it is deterministic. ``hold`` blocks until a service is seeded. With ``issued_keys_only``, a
    call that is not signed with an access key of this AWS is rejected: every user of the machine can reach
    the port, but only the owner can read the keys.
    """

    def __init__(
        self,
        behind: WSGIApplication,
        denials: Sequence[Denial],
        latency_ms: int,
        hold: Callable[[str], None] = lambda _: None,
        *,
        issued_keys_only: bool = False,
    ) -> None:
        self._behind = behind
        self._latency_ms = latency_ms
        self._hold = hold
        self._issued_keys_only = issued_keys_only
        self._denials: dict[tuple[str, str, str], list[Denial]] = {}
        for denial in denials:
            self._denials.setdefault((denial.account_id, denial.region, denial.action), []).append(denial)
        self._denied = frozenset(denial.action for denial in denials)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Respond to a request, or forward it."""
        body = _body(environ)
        request = parse_request(environ, body)
        if self._issued_keys_only and not has_issued_key(str(environ.get("HTTP_AUTHORIZATION", ""))):
            return _send(
                refusal(request.protocol, "The security token is invalid.", UNKNOWN_KEY), start_response
            )
        if self._latency_ms:
            seed = f"{environ.get('HTTP_X_AMZ_TARGET', '')}{environ.get('PATH_INFO', '')}".encode() + body
            share = zlib.crc32(seed) % 1000 / 1000
            time.sleep(self._latency_ms * (0.2 + 0.8 * share) / 1000)
        if request.action not in _READY_BEFORE_SEEDING:
            self._hold(request.service)
        own_answer = self._own_answer(environ, request, body)
        if own_answer is None:
            return self._behind(environ, start_response)
        return _send(own_answer, start_response)

    def _own_answer(self, environ: WSGIEnvironment, request: ParsedRequest, body: bytes) -> Answer | None:
        """Return the response to a call that is denied or that moto does not implement."""
        if not request.operation:
            return None
        if request.action not in ANSWERS and request.action not in self._denied:
            return None
        caller = caller_of(str(environ.get("HTTP_AUTHORIZATION", "")))
        refused = self._refusal(caller, request)
        if refused is not None or request.action not in ANSWERS:
            return refused
        return answer(ANSWERS[request.action](caller.account_id, caller.region, body))

    def _refusal(self, caller: Caller, request: ParsedRequest) -> Answer | None:
        for denial in self._denials.get((caller.account_id, caller.region, request.action), ()):
            if request.name.startswith(denial.name_prefix):
                return refusal(request.protocol, words(caller, denial, request.name))
        return None


def _send(own: Answer, start_response: StartResponse) -> Iterable[bytes]:
    status, headers, content = own
    start_response(status, [*headers, ("Content-Length", str(len(content)))])
    return [content]


def _body(environ: WSGIEnvironment) -> bytes:
    """Return the body of a request, and make it readable again."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        body: bytes = environ["wsgi.input"].read()
        environ["CONTENT_LENGTH"] = str(len(body))
    else:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body
