"""Strict parsers that accept a response only if it matches the operation's model.

botocore turns a body that is not JSON into an empty answer, an XML page of any kind into an absent list, any
text into ``False``, and a null into an absent member, so a captive portal's login page would read as "none".
These parsers raise `NotAwsResponseError` instead, in the same pass that converts the types.

They check against the model: the kind of document, the XML root and result elements, the JSON type of
every member, and that no required member is null. What an operation must contain is in `defining_members`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from aiobotocore.parsers import (
    AioEC2QueryParser,
    AioJSONParser,
    AioQueryParser,
    AioResponseParserFactory,
    AioRestJSONParser,
    AioRestXMLParser,
)
from botocore.parsers import ResponseParserError

if TYPE_CHECKING:
    from collections.abc import Callable

BODY_BYTES = "BodyBytes"
"""The member of ``ResponseMetadata`` with the size of the response in bytes."""
PAGE = "Page"
"""The member of an error's ``ResponseMetadata`` that says whether its body is a page, no error of AWS."""
FIRST_ERROR_STATUS = 300

XML_ROOTS = {
    "GetBucketAcl": "AccessControlPolicy",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketLocation": "LocationConstraint",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketOwnershipControls": "OwnershipControls",
    "GetBucketPolicyStatus": "PolicyStatus",
    "GetBucketReplication": "ReplicationConfiguration",
    "GetBucketTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketWebsite": "WebsiteConfiguration",
    "GetObjectLockConfiguration": "ObjectLockConfiguration",
    "ListBuckets": "ListAllMyBucketsResult",
}
"""Root elements of S3 responses, from the response syntax in the Amazon S3 API Reference."""


class NotAwsResponseError(ResponseParserError):  # type: ignore[misc]
    """A successful response is not the document that AWS specifies for the operation."""


class NotADocumentError(NotAwsResponseError):
    """The body is not a document of the operation's protocol."""


class _StrictAnswers:
    """Parses successful responses strictly; every error response gets a code, whatever its body."""

    _operation = ""

    async def parse(self, response: dict[str, Any], shape: Any) -> Any:
        if response["status_code"] >= FIRST_ERROR_STATUS:
            return await self._parse_error(response, shape)
        body = response["body"]
        self._operation = response.get("context", {}).get("operation_name", "")
        try:
            result = await super().parse(response, shape)  # type: ignore[misc]
        except ResponseParserError:
            raise
        except Exception as error:
            # An invalid number or time, or unbounded nesting.
            raise NotAwsResponseError(f"it does not fit its model ({type(error).__name__})") from error
        if isinstance(body, bytes):
            result["ResponseMetadata"][BODY_BYTES] = len(body)
        return result

    async def _parse_error(self, response: dict[str, Any], shape: Any) -> Any:
        modeled = shape is not None and shape.metadata.get("exception", False)
        is_page = False
        try:
            # 300 is an AWS error; botocore's parsers treat only 301 and above as errors.
            failed_response = {**response, "status_code": max(response["status_code"], 301)}
            result = await super().parse(failed_response, shape)  # type: ignore[misc]
        except Exception:
            # A proxy's page instead of an AWS error.
            result = {}
            is_page = bool(response["body"])
        if modeled:
            return result if isinstance(result, dict) else {}
        error = result.get("Error") if isinstance(result, dict) else None
        metadata = result.get("ResponseMetadata") if isinstance(result, dict) else None
        members = error if isinstance(error, dict) else {}
        code, message = members.get("Code"), members.get("Message")
        metadata = metadata if isinstance(metadata, dict) else {}
        return {
            "Error": {
                **members,
                "Code": code if isinstance(code, str) and code else str(response["status_code"]),
                "Message": message if isinstance(message, str) else "",
            },
            "ResponseMetadata": {
                **metadata,
                "HTTPStatusCode": response["status_code"],
                "HTTPHeaders": {name.lower(): value for name, value in response["headers"].items()},
                PAGE: is_page,
            },
        }


def _wrong(shape: Any, value: object) -> NoReturn:
    raise NotAwsResponseError(f"{shape.name} is a {type(value).__name__}, not a {shape.type_name}")


class _StrictJson(_StrictAnswers):
    """Checks JSON values against the types of the model."""

    async def parse(self, response: dict[str, Any], shape: Any) -> Any:
        result = await super().parse(response, shape)
        # An error with status 200 has no member of the model, and would read as an absent list.
        if response["status_code"] < FIRST_ERROR_STATUS and not result.keys() - {"ResponseMetadata"}:
            _check_known(response["body"], shape)
        return result

    def _parse_body_as_json(self, body: bytes) -> Any:
        try:
            document = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise NotADocumentError("it is not JSON") from error
        if not isinstance(document, dict):
            raise NotADocumentError("it is not a JSON object")
        return document

    def _handle_structure(self, shape: Any, value: Any) -> Any:
        if shape.is_document_type:
            return value
        if not isinstance(value, dict):
            _wrong(shape, value)
        for name in shape.required_members:
            key = shape.members[name].serialization.get("name", name)
            if key in value and value[key] is None:
                raise NotAwsResponseError(f"{shape.name}.{name} is null")
        return super()._handle_structure(shape, value)  # type: ignore[misc]

    def _handle_list(self, shape: Any, value: Any) -> Any:
        in_header = shape.serialization.get("location") == "header"
        if not isinstance(value, list) and not (in_header and isinstance(value, str)):
            _wrong(shape, value)
        if None in value:
            raise NotAwsResponseError(f"{shape.name} contains a null")
        return super()._handle_list(shape, value)  # type: ignore[misc]

    def _handle_map(self, shape: Any, value: Any) -> Any:
        if not isinstance(value, dict):
            _wrong(shape, value)
        present = {key: item for key, item in value.items() if item is not None}
        return super()._handle_map(shape, present)  # type: ignore[misc]

    def _handle_string(self, shape: Any, value: Any) -> Any:
        if not isinstance(value, str):
            _wrong(shape, value)
        if shape.serialization.get("jsonvalue"):
            return super()._handle_string(shape, value)  # type: ignore[misc]
        return value

    _handle_character = _handle_string

    def _handle_boolean(self, shape: Any, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        # Headers are untyped.
        if value in ("true", "false"):
            return bool(value == "true")
        return _wrong(shape, value)

    def _handle_integer(self, shape: Any, value: Any) -> int:
        whole = isinstance(value, int | str) or (isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not whole:
            _wrong(shape, value)
        return int(value)

    _handle_long = _handle_integer

    def _handle_float(self, shape: Any, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            _wrong(shape, value)
        return float(value)

    _handle_double = _handle_float


def _check_known(body: bytes, shape: Any) -> None:
    """Raise `NotADocumentError` for a JSON object with members, none of which the model has."""
    if shape is None or not shape.members or "payload" in shape.serialization:
        return
    names = {member.serialization.get("name", name) for name, member in shape.members.items()}
    if (document := json.loads(body)) and names.isdisjoint(document):
        raise NotADocumentError("it has no member of the answer")


class _StrictXml(_StrictAnswers):
    """Checks the root, result and values of XML against the model."""

    # A parser serves one response and parses its document more than once, hence the cache.
    _document: Any = None

    def _parse_xml_string_to_dom(self, body: bytes) -> Any:
        # AWS documents have no DOCTYPE; HTML pages and entity bombs do.
        if b"<!DOCTYPE" in body[:1024].upper():
            raise NotADocumentError("it is not AWS XML")
        if self._document is None:
            try:
                self._document = super()._parse_xml_string_to_dom(body)  # type: ignore[misc]
            except ResponseParserError as error:
                raise NotADocumentError("it is not XML") from error
        return self._document

    def _check_root(self, root: Any, names: set[str]) -> None:
        if (tag := self._node_tag(root)) not in names:  # type: ignore[attr-defined]
            raise NotADocumentError(f"it is a {tag[:40]!r} document")

    def _handle_structure(self, shape: Any, node: Any) -> Any:
        _check_no_text(shape, node)
        return super()._handle_structure(shape, node)  # type: ignore[misc]

    def _handle_list(self, shape: Any, node: Any) -> Any:
        if not shape.serialization.get("flattened") and not isinstance(node, str):
            _check_no_text(shape, node)
        return super()._handle_list(shape, node)  # type: ignore[misc]

    def _handle_map(self, shape: Any, node: Any) -> Any:
        _check_no_text(shape, node)
        return super()._handle_map(shape, node)  # type: ignore[misc]

    def _handle_boolean(self, shape: Any, node: Any) -> bool:
        text = _text(shape, node)
        if text not in ("true", "false"):
            raise NotAwsResponseError(f"{shape.name} is neither true nor false")
        return text == "true"

    def _handle_string(self, shape: Any, node: Any) -> str:
        return _text(shape, node)

    _handle_character = _handle_string


def _check_no_text(shape: Any, node: Any) -> None:
    for one in node if isinstance(node, list) else [node]:
        if one.text and one.text.strip():
            raise NotAwsResponseError(f"{shape.name} is text, not a {shape.type_name}")


def _text(shape: Any, node: Any) -> str:
    if isinstance(node, str):
        return node
    if isinstance(node, list) or len(node):
        raise NotAwsResponseError(f"{shape.name} is a structure, not a {shape.type_name}")
    return node.text or ""


class _StrictQueryRoot(_StrictXml):
    """The root of a query response is named after the operation and contains its result."""

    def _parse_body_as_xml(self, response: dict[str, Any], shape: Any, inject_metadata: bool = True) -> Any:
        if inject_metadata:
            root = self._parse_xml_string_to_dom(response["body"])
            self._check_root(root, {f"{self._operation}Response"})
            wrapper = shape.serialization.get("resultWrapper") if shape is not None else None
            children = [self._node_tag(child) for child in root]  # type: ignore[attr-defined]
            if wrapper and children.count(wrapper) != 1:
                raise NotADocumentError(f"it has no {wrapper}")
        return super()._parse_body_as_xml(response, shape, inject_metadata)  # type: ignore[misc]


class StrictJSONParser(_StrictJson, AioJSONParser):  # type: ignore[misc]
    """The JSON protocol."""


class StrictRestJSONParser(_StrictJson, AioRestJSONParser):  # type: ignore[misc]
    """The REST-JSON protocol."""


class StrictQueryParser(_StrictQueryRoot, AioQueryParser):  # type: ignore[misc]
    """The query protocol."""


class StrictEC2QueryParser(_StrictQueryRoot, AioEC2QueryParser):  # type: ignore[misc]
    """EC2's variant of the query protocol."""


class StrictRestXMLParser(_StrictXml, AioRestXMLParser):  # type: ignore[misc]
    """The REST-XML protocol."""

    def _do_error_parse(self, response: dict[str, Any], shape: Any) -> Any:
        # botocore's takes a page for an empty body.
        if response["body"]:
            return self._parse_error_from_body(response)
        return super()._do_error_parse(response, shape)

    def _parse_payload(self, response: dict[str, Any], shape: Any, members: Any, parsed: Any) -> None:
        payload = shape.serialization.get("payload")
        body = members[payload] if payload else shape
        if body.type_name in ("structure", "list"):
            root = self._parse_xml_string_to_dom(response["body"])
            names = {shape.name, body.name, f"{self._operation}Response", f"{self._operation}Result"}
            names |= {str(payload), str(body.serialization.get("name")), XML_ROOTS.get(self._operation, "")}
            self._check_root(root, names)
        elif body.type_name == "string" and payload == "Policy":
            _StrictJson._parse_body_as_json(self, response["body"])
        super()._parse_payload(response, shape, members, parsed)


_PARSERS: dict[str, Callable[..., Any]] = {
    "ec2": StrictEC2QueryParser,
    "json": StrictJSONParser,
    "query": StrictQueryParser,
    "rest-json": StrictRestJSONParser,
    "rest-xml": StrictRestXMLParser,
}


class StrictParserFactory(AioResponseParserFactory):  # type: ignore[misc]
    """Creates the strict parser of a protocol, one per response."""

    def create_parser(self, protocol_name: str) -> Any:
        """Return a parser; raises `NotAwsResponseError` for a protocol that no declared read uses."""
        if protocol_name not in _PARSERS:
            raise NotAwsResponseError(f"answers in {protocol_name} are not read")
        return _PARSERS[protocol_name](**self._defaults)
