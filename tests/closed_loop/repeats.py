"""WSGI middleware: a call that a client sends again gets the response of its first attempt.

Terraform's AWS provider sometimes drops a connection when the response arrives, and sends the call again. The
second creation of a network ACL's entry then fails because the entry exists, which is no fault of the file.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

CAPACITY = 256
"""How many responses are kept; a client sends a call again within a second."""


class Response(NamedTuple):
    """The response of an application."""

    status: str
    headers: list[tuple[str, str]]
    content: list[bytes]


class Repeats:
    """A WSGI application in front of another one; the SDKs number the attempts of a call in its headers."""

    def __init__(self, behind: WSGIApplication) -> None:
        self._behind = behind
        self._responses: OrderedDict[str, Response] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Repeat the response to an earlier attempt that succeeded, or have the call answered."""
        call = str(environ.get("HTTP_AMZ_SDK_INVOCATION_ID", ""))
        if not call:
            return self._behind(environ, start_response)
        if not str(environ.get("HTTP_AMZ_SDK_REQUEST", "")).startswith("attempt=1"):
            with self._lock:
                response = self._responses.get(call)
            if response is not None:
                start_response(response.status, response.headers)
                return response.content
        return self._answer(call, environ, start_response)

    def _answer(self, call: str, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        heads: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            heads.append((status, headers))
            return start_response(status, headers, *rest)

        content = list(self._behind(environ, start))
        if heads and heads[-1][0].startswith("2"):
            with self._lock:
                self._responses[call] = Response(*heads[-1], content)
                while len(self._responses) > CAPACITY:
                    self._responses.popitem(last=False)
        return content
