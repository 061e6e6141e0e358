"""What stands between the callers and moto: reads that are refused, and the time that AWS would take."""

from __future__ import annotations

import io
import json
import time
import uuid
import zlib
from typing import TYPE_CHECKING

from cloud_audit_tui.demo.caller import Caller, caller_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from cloud_audit_tui.demo.accounts import Denial

_NAMES = {"endpoint": "EndpointName", "endpoint-config": "EndpointConfigName"}
_NAMES["notebook-instance"] = "NotebookInstanceName"


class Gate:
    """A WSGI application in front of another one.

    ``latency_ms`` is the longest time that a call is held back, in milliseconds; how long it is for one
    call depends on what is asked, not on chance.
    """

    def __init__(self, behind: WSGIApplication, denials: Sequence[Denial], latency_ms: int) -> None:
        self._behind = behind
        self._latency_ms = latency_ms
        self._denials: dict[tuple[str, str, str], list[Denial]] = {}
        for denial in denials:
            self._denials.setdefault((denial.account_id, denial.region, denial.action), []).append(denial)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a call, or have it answered."""
        body = _body(environ)
        target = str(environ.get("HTTP_X_AMZ_TARGET", ""))
        if self._latency_ms:
            share = zlib.crc32(target.encode() + body) % 1000 / 1000
            time.sleep(self._latency_ms * (0.2 + 0.8 * share) / 1000)
        refusal = self._refusal(environ, target, body)
        if refusal is None:
            return self._behind(environ, start_response)
        answer = json.dumps({"__type": "AccessDeniedException", "Message": refusal}).encode()
        headers = [
            ("Content-Type", "application/x-amz-json-1.1"),
            ("Content-Length", str(len(answer))),
            ("x-amzn-RequestId", str(uuid.uuid4())),
        ]
        start_response("400 Bad Request", headers)
        return [answer]

    def _refusal(self, environ: WSGIEnvironment, target: str, body: bytes) -> str | None:
        """Return AWS's words for a call that is refused."""
        operation = target.removeprefix("SageMaker.")
        if not self._denials or operation == target:
            return None
        caller = caller_of(str(environ.get("HTTP_AUTHORIZATION", "")))
        action = f"sagemaker:{operation}"
        for denial in self._denials.get((caller.account_id, caller.region, action), ()):
            name = json.loads(body or b"{}").get(_NAMES[denial.resource_type], "*")
            if name.startswith(denial.name_prefix):
                return _words(caller, denial, name)
        return None


def _body(environ: WSGIEnvironment) -> bytes:
    """Return the body of a request, which can then be read again."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        body: bytes = environ["wsgi.input"].read()
        environ["CONTENT_LENGTH"] = str(len(body))
    else:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _words(caller: Caller, denial: Denial, name: str) -> str:
    resource = f"arn:aws:sagemaker:{caller.region}:{caller.account_id}:{denial.resource_type}/{name}"
    because = (
        "with an explicit deny in an identity-based policy"
        if denial.name_prefix
        else f"because no identity-based policy allows the {denial.action} action"
    )
    return (
        f"User: {caller.arn} is not authorized to perform: {denial.action} on resource: {resource} {because}"
    )
