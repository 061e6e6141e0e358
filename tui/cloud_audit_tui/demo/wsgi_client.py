"""Calls a WSGI application that implements AWS's protocols, in-process.

It uses botocore's serializers and parsers without a client: a boto3 client would load its service's model
again and cost 3 ms per call, and seeding takes some 1,000 calls.
"""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode

from botocore.awsrequest import HeadersDict
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from moto.core.utils import get_service_model

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

_BAD = 300


class CallError(RuntimeError):
    """The application returned an error for a call."""


class WsgiClient:
    """Calls the application for any account and region, without credentials."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def call(
        self, account_id: str, region: str, service: str, operation: str, **parameters: Any
    ) -> dict[str, Any]:
        """Return the response of one call; raises `CallError`.

        ``service`` is botocore's service name. Members that botocore's model lacks are not sent.
        """
        model, serializer, parser = _protocol(service)
        about = model.operation_model(operation)
        request = serializer.serialize_to_request(parameters, about)
        status, headers, body = self._send(
            request, account_id, region, model.metadata.get("signingName") or model.endpoint_prefix
        )
        if status >= _BAD:
            raise CallError(f"{service}:{operation} in {region} of {account_id}: {status}: {body!r}")
        response = {"status_code": status, "headers": HeadersDict(headers), "body": body}
        return dict(parser.parse(response, about.output_shape))

    def _send(
        self, request: dict[str, Any], account_id: str, region: str, service: str
    ) -> tuple[int, dict[str, str], bytes]:
        body = request["body"]
        if isinstance(body, dict):
            body = urlencode(body)
        body = body.encode() if isinstance(body, str) else bytes(body or b"")
        path, _, query = request["url_path"].partition("?")
        parameters = request["query_string"]
        more = urlencode(parameters, doseq=True) if isinstance(parameters, dict) else str(parameters or "")
        headers = {name.upper().replace("-", "_"): value for name, value in request["headers"].items()}
        scope = f"SEED/20250101/{region}/{service}/aws4_request"
        environ = {
            "REQUEST_METHOD": request["method"],
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path),
            "RAW_URI": path,
            "QUERY_STRING": "&".join(filter(None, (query, more))),
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            **{f"HTTP_{name}": str(value) for name, value in headers.items()},
            "HTTP_HOST": "127.0.0.1",
            "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
            # moto reads the account of a call without credentials from this header.
            "HTTP_X_MOTO_ACCOUNT_ID": account_id,
            "CONTENT_TYPE": str(headers.get("CONTENT_TYPE", "")),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        status_and_headers: list[Any] = []

        def start_response(line: str, answer_headers: Any, _exc_info: Any = None) -> Any:
            status_and_headers.extend((int(line.split(maxsplit=1)[0]), dict(answer_headers)))

        content = b"".join(self._application(environ, start_response))
        return status_and_headers[0], status_and_headers[1], content


@cache
def _protocol(service: str) -> tuple[Any, Any, Any]:
    model = get_service_model(service)
    name = model.metadata["protocol"]
    # No validation here: the tests validate every call.
    return model, create_serializer(name, include_validation=False), create_parser(name)
