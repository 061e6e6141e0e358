"""WSGI middleware before moto: during a rehearsal it refuses what AWS refuses.

Paths below ``/rehearsal/`` control it: ``begin``; ``end``, which answers with the rules that looked at a call
and with the refusals; ``advance`` for the clock; and ``work-takes``. Outside of a rehearsal every call goes
to moto, so that a test can make any state that it needs.
"""

from __future__ import annotations

import io
import json
import traceback
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from closed_loop.refusals.call import Call, call_of, http_response
from closed_loop.refusals.clock import Clock
from closed_loop.refusals.rule import CONSEQUENCES, RULES, Answer, Consequence, Refusal, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

CONTROL = "/rehearsal/"
_RESET = "/moto-api/reset"


def _verdict(rule: Rule, call: Call) -> Refusal | Answer | None:
    """Return the verdict of a rule, or its own fault as an error that the CLI prints and does not retry."""
    try:
        return rule.judge(call)
    except Exception as error:
        traceback.print_exc()
        return Refusal("FaultOfTheRule", f"{rule.name} cannot judge {call.action}: {error!r}")


class Rehearsal:
    """The rules that looked at a call since the rehearsal began, their refusals, and the clock."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything, because the account was emptied."""
        self.clock = Clock()
        self.active = False
        self.rules: set[str] = set()
        self.refusals: list[str] = []

    def begin(self) -> None:
        """Start to refuse calls."""
        self.active = True
        self.rules, self.refusals = set(), []

    def end(self) -> dict[str, Any]:
        """Stop refusing calls; return the rules that looked at a call, and the refusals."""
        self.active = False
        return {"rules": sorted(self.rules), "refusals": self.refusals}

    def judge(self, call: Call) -> Refusal | Answer | None:
        """Return AWS's answer to a call that moto would answer differently."""
        for rule in RULES.values():
            if call.action in rule.operations:
                self.rules.add(rule.name)
                verdict = _verdict(rule, call)
                if verdict is not None:
                    words = (
                        f"{verdict.code}: {verdict.message}" if isinstance(verdict, Refusal) else "answered"
                    )
                    self.refusals.append(f"{rule.name} {call.action} {words}")
                    return verdict
        return None

    def follow(self, call: Call) -> None:
        """Apply the consequences of a call that succeeded."""
        for consequence in CONSEQUENCES.values():
            if call.action in consequence.operations:
                consequence.happen(call)


class Refusals:
    """A WSGI application in front of moto."""

    def __init__(self, behind: WSGIApplication) -> None:
        self._behind = behind
        self._rehearsal = Rehearsal()
        entries: list[Rule | Consequence] = [*RULES.values(), *CONSEQUENCES.values()]
        operations = {operation for each in entries for operation in each.operations}
        self._services = frozenset(operation.partition(":")[0] for operation in operations)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Control the rehearsal, refuse a call, or have moto answer it."""
        path = str(environ.get("PATH_INFO", ""))
        if path.startswith(CONTROL):
            return self._control(path.removeprefix(CONTROL), environ, start_response)
        if path == _RESET:
            self._rehearsal.reset()
        if not self._rehearsal.active:
            return self._behind(environ, start_response)
        body = _whole_body(environ)
        environ["wsgi.input"] = io.BytesIO(body)
        call = call_of(environ, self._rehearsal.clock, self._services)
        environ["wsgi.input"] = io.BytesIO(body)
        if call is None:
            return self._behind(environ, start_response)
        verdict = self._rehearsal.judge(call)
        if verdict is not None:
            result = verdict.members if isinstance(verdict, Answer) else verdict
            status, headers, content = http_response(call, str(environ.get("CONTENT_TYPE", "")), result)
            return _respond(start_response, status, headers, content)
        return self._through(call, environ, start_response)

    def _through(
        self, call: Call, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        statuses: list[str] = []

        def start(status: str, *rest: Any) -> Any:
            statuses.append(status)
            return start_response(status, *rest)

        chunks = list(self._behind(environ, start))
        if statuses and statuses[-1].startswith("2"):
            self._rehearsal.follow(call)
        return chunks

    def _control(self, word: str, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        arguments = json.loads(body or b"{}")
        answer: Any = {}
        match word:
            case "begin":
                self._rehearsal.begin()
            case "end":
                answer = self._rehearsal.end()
            case "advance":
                self._rehearsal.clock.advance(arguments["seconds"])
            case "work-takes":
                self._rehearsal.clock.work_takes = arguments["seconds"]
            case _:
                raise ValueError(word)
        return _respond(start_response, 200, {}, json.dumps(answer).encode())


def _whole_body(environ: WSGIEnvironment) -> bytes:
    """Return the body of a request; the length of one that comes in chunks is set afterwards."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        body: bytes = environ["wsgi.input"].read()
        environ["CONTENT_LENGTH"] = str(len(body))
        return body
    return bytes(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))


def _respond(
    start_response: StartResponse, status: int, headers: dict[str, str], content: bytes
) -> Iterable[bytes]:
    lines = [(name, str(value)) for name, value in headers.items() if name.lower() != "content-length"]
    start_response(f"{status} {HTTPStatus(status).phrase}", [*lines, ("Content-Length", str(len(content)))])
    return [content]
