"""Parses the service, the operation and the resource name of a request in any AWS protocol."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment


@dataclass(frozen=True)
class ParsedRequest:
    """A request: the service it is signed for, and the operation, empty when unknown.

    ``names`` are the parameters in its body or path, and ``protocol`` is the response protocol:
    ``json``, ``rest-json``, ``query``, ``ec2`` or ``s3``.
    """

    service: str
    operation: str
    protocol: str
    names: dict[str, str]

    @property
    def action(self) -> str:
        """The IAM action, such as ``iam:ListRoles``."""
        return f"{self.service}:{self.operation}"

    @property
    def name(self) -> str:
        """The name of the requested resource, ``*`` for none."""
        return next((value for key, value in self.names.items() if key.endswith("Name") and value), "*")


_PATHS = (
    ("access-analyzer", "GET", r"/analyzer/?", "ListAnalyzers"),
    ("access-analyzer", "PUT", r"/analyzer/?", "CreateAnalyzer"),
    ("apigateway", "GET", r"/restapis/?", "GetRestApis"),
    ("backup", "GET", r"/backup-vaults/?", "ListBackupVaults"),
    ("guardduty", "GET", r"/detector/?", "ListDetectors"),
    ("securityhub", "GET", r"/accounts/?", "DescribeHub"),
)
"""The REST requests that the demo denies or answers itself; moto handles the others."""

_BUCKETS = {
    "encryption": "GetEncryptionConfiguration",
    "lifecycle": "GetLifecycleConfiguration",
    "logging": "GetBucketLogging",
    "policy": "GetBucketPolicy",
    "publicAccessBlock": "GetBucketPublicAccessBlock",
    "versioning": "GetBucketVersioning",
}
"""The S3 actions that read a bucket, by their query parameter."""

_BUCKET = re.compile(r"/(?P<BucketName>[^/]+)/?")
_COMPILED = [(service, method, re.compile(path), name) for service, method, path, name in _PATHS]


def service_of(environ: WSGIEnvironment) -> str:
    """Return the service that a request is signed for, or an empty text when it is unsigned."""
    _, _, scope = str(environ.get("HTTP_AUTHORIZATION", "")).partition("Credential=")
    parts = scope.split(",")[0].split("/")
    return parts[3] if len(parts) > 3 else ""  # noqa: PLR2004 - key, date, region, service


def parse_request(environ: WSGIEnvironment, body: bytes) -> ParsedRequest:
    """Return the service, operation and parameters of a request."""
    service = service_of(environ)
    if target := str(environ.get("HTTP_X_AMZ_TARGET", "")):
        return ParsedRequest(service, target.rpartition(".")[2], "json", _json_names(body))
    method, path = str(environ.get("REQUEST_METHOD", "")), str(environ.get("PATH_INFO", ""))
    if service == "s3":
        match = _BUCKET.fullmatch(path)
        keys = dict(parse_qsl(str(environ.get("QUERY_STRING", "")), keep_blank_values=True))
        operation = next((name for key, name in _BUCKETS.items() if key in keys), "")
        reads = match is not None and method == "GET"
        return ParsedRequest(service, operation if reads else "", "s3", match.groupdict() if match else {})
    if str(environ.get("CONTENT_TYPE", "")).startswith("application/x-www-form-urlencoded"):
        fields = dict(parse_qsl(body.decode("utf-8", "replace")))
        return ParsedRequest(
            service, fields.get("Action", ""), "ec2" if service == "ec2" else "query", fields
        )
    for owner, verb, pattern, operation in _COMPILED:
        if (owner, verb) == (service, method) and (match := pattern.fullmatch(path)):
            return ParsedRequest(service, operation, "rest-json", match.groupdict())
    return ParsedRequest(service, "", "rest-json", {})


def _json_names(body: bytes) -> dict[str, str]:
    try:
        members = json.loads(body or b"{}")
    except ValueError:
        return {}
    return {key: value for key, value in members.items() if isinstance(value, str)}
