"""WSGI middleware before moto: during a rehearsal it refuses what AWS refuses.

Paths below ``/rehearsal/`` control it: ``begin`` and ``end`` (which answers with the rules that were met and
with what was refused), ``advance`` the clock, and ``work-takes``. Outside of a rehearsal every call goes to
moto, so that a test can make any state that it needs.
"""

from __future__ import annotations

import io
import json
import traceback
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from closed_loop.refusals.call import Call, call_of, serialized
from closed_loop.refusals.clock import Clock
from closed_loop.refusals.rule import CONSEQUENCES, RULES, Answer, Consequence, Refused, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

CONTROL = "/rehearsal/"
_RESET = "/moto-api/reset"


def _verdict(rule: Rule, call: Call) -> Refused | Answer | None:
    """Return what a rule says, or its own fault as an error that the CLI prints and does not try again."""
    try:
        return rule.judge(call)
    except Exception as error:
        traceback.print_exc()
        return Refused("FaultOfTheRule", f"{rule.name} cannot judge {call.action}: {error!r}")


class Rehearsal:
    """Which rules were met since a rehearsal began, and the clock."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything: the account was emptied."""
        self.clock = Clock()
        self.active = False
        self.met: set[str] = set()
        self.refused: list[str] = []

    def begin(self) -> None:
        """Refuse from now on."""
        self.active = True
        self.met, self.refused = set(), []

    def end(self) -> dict[str, Any]:
        """Refuse no longer; returns the rules that were met and what was refused."""
        self.active = False
        return {"met": sorted(self.met), "refused": self.refused}

    def judge(self, call: Call) -> Refused | Answer | None:
        """Return what AWS answers to a call where moto would not."""
        for rule in RULES.values():
            if call.action in rule.operations:
                self.met.add(rule.name)
                verdict = _verdict(rule, call)
                if verdict is not None:
                    words = (
                        f"{verdict.code}: {verdict.message}" if isinstance(verdict, Refused) else "answered"
                    )
                    self.refused.append(f"{rule.name} {call.action} {words}")
                    return verdict
        return None

    def follow(self, call: Call) -> None:
        """Let happen what follows a call that succeeded."""
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
            status, headers, content = serialized(call, str(environ.get("CONTENT_TYPE", "")), result)
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
        given = json.loads(body or b"{}")
        answer: Any = {}
        match word:
            case "begin":
                self._rehearsal.begin()
            case "end":
                answer = self._rehearsal.end()
            case "advance":
                self._rehearsal.clock.advance(given["seconds"])
            case "work-takes":
                self._rehearsal.clock.work_takes = given["seconds"]
            case _:
                raise ValueError(word)
        return _respond(start_response, 200, {}, json.dumps(answer).encode())


def _whole_body(environ: WSGIEnvironment) -> bytes:
    """Return the body of a request, which may come in chunks and then says its length afterwards."""
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
