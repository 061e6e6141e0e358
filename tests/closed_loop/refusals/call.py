"""A request to the embedded AWS as its API model describes it, and responses in the same protocol.

Only the server imports this module: it uses the parsers and serializers of moto.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import moto.backends
from botocore.exceptions import UnknownServiceError
from moto.awslambda.utils import get_backend as lambda_backend
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from closed_loop.grants import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from wsgiref.types import WSGIEnvironment

    from closed_loop.refusals.clock import Clock

PARTITION = "aws"

_NAMES = {
    "access-analyzer": "accessanalyzer",
    "bedrock-agentcore": "bedrock-agentcore-control",
    "elasticfilesystem": "efs",
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
}
"""The names of services in botocore, by the names that requests are signed for, where those differ."""
_GLOBAL = frozenset({"account", "iam", "s3"})
_SCOPE = re.compile(r"Credential=[^/]+/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/")


@dataclass(frozen=True)
class Call:
    """A request: the service in botocore's name, the operation, and its parameters by the API model."""

    service: str
    operation: str
    region: str
    parameters: Mapping[str, Any]
    clock: Clock

    @property
    def action(self) -> str:
        """The service and the operation, such as ``rds:ModifyDBInstance``."""
        return f"{self.service}:{self.operation}"

    def __getitem__(self, name: str) -> Any:
        """Return a parameter; ``None`` if the call lacks it."""
        return self.parameters.get(name)

    def has(self, *names: str) -> bool:
        """Say whether the call has one of some parameters."""
        return any(self.parameters.get(name) is not None for name in names)

    def backend(self, service: str = "", region: str = "") -> Any:
        """Return moto's backend of a service; by default that of this service in this region."""
        name = service or self.service
        if name == "lambda":
            return lambda_backend(ACCOUNT, region or self.region)
        regions = moto.backends.get_backend(name)[ACCOUNT]
        return regions[PARTITION if name in _GLOBAL else region or self.region]

    def regions(self, service: str) -> Iterator[Any]:
        """Yield moto's backend of a service in each region."""
        yield from moto.backends.get_backend(service)[ACCOUNT].values()


def call_of(environ: WSGIEnvironment, clock: Clock, services: frozenset[str]) -> Call | None:
    """Return the call in a request; ``None`` if it calls none of these services."""
    scope = _SCOPE.search(str(environ.get("HTTP_AUTHORIZATION", "")))
    service = _NAMES.get(scope["service"], scope["service"]) if scope else ""
    if not scope or service not in services:
        return None
    request = Request(environ)
    model = get_service_model(service)
    try:
        operation, uri_parameters = get_service_router(service).match(request)
    except (NotFound, NotImplementedError, UnknownServiceError):
        return None
    parser = PROTOCOL_PARSERS[determine_request_protocol(model, request.content_type)](operation)
    members = parser.parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.get_data(cache=True),
            "url_path": request.path,
            "url_params": uri_parameters,
        }
    )
    parameters = {name: value for name, value in (members or {}).items() if value is not None}
    return Call(service, operation.name, scope["region"], parameters, clock)


def http_response(call: Call, content_type: str, result: Any) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of a response; an exception becomes an error by its code."""
    model = get_service_model(call.service)
    protocol = determine_request_protocol(model, content_type)
    serializer = get_serializer_class(model.service_name, protocol)(model.operation_model(call.operation))
    response = serializer.serialize(result)
    body = response["body"]
    return response["status_code"], response["headers"], body if isinstance(body, bytes) else body.encode()
