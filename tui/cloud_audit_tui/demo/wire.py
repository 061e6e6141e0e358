"""Calls to a WSGI application that speaks AWS's protocols, made inside its own process.

A boto3 client would first read its service's model for up to 180 ms and then cost 3 ms a call; the
server says that it is ready only after some 300 calls.
"""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

_TARGETS = {"sagemaker": "SageMaker", "kms": "TrentService"}
_QUERY_VERSIONS = {"iam": "2010-05-08"}
_OK = 200


class CallError(RuntimeError):
    """The application answered a call with an error."""


class Wire:
    """The application, to be called for any account and region without credentials."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def call(
        self, account_id: str, region: str, service: str, operation: str, **parameters: Any
    ) -> dict[str, Any]:
        """Return the response of one call; raises `CallError`."""
        headers = {}
        if service in _QUERY_VERSIONS:
            fields = {"Action": operation, "Version": _QUERY_VERSIONS[service], "ContentType": "JSON"}
            body = urlencode(fields | parameters).encode()
            content_type = "application/x-www-form-urlencoded"
        else:
            body = json.dumps(parameters).encode()
            content_type = "application/x-amz-json-1.1"
            headers["HTTP_X_AMZ_TARGET"] = f"{_TARGETS[service]}.{operation}"
        scope = f"SEED/20250101/{region}/{service}/aws4_request"
        environ = {
            "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": "",
            "PATH_INFO": "/",
            "QUERY_STRING": "",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "127.0.0.1",
            "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
            # moto reads the account of a call without credentials from this header.
            "HTTP_X_MOTO_ACCOUNT_ID": account_id,
            "CONTENT_TYPE": content_type,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            **headers,
        }
        status = ""

        def start_response(line: str, _headers: Any, _exc_info: Any = None) -> Any:
            nonlocal status
            status = line

        answer = b"".join(self._application(environ, start_response))
        if int(status.split(maxsplit=1)[0]) != _OK:
            raise CallError(f"{service}:{operation} in {region} of {account_id}: {status}: {answer!r}")
        return dict(json.loads(answer or b"{}") or {})
