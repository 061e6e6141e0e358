"""AWS's access denied responses, with the message and format of each protocol."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud_audit_tui.demo.accounts import Denial
    from cloud_audit_tui.demo.caller import Caller

Answer = tuple[str, list[tuple[str, str]], bytes]
"""A status line, headers and a body."""


def words(caller: Caller, denial: Denial, name: str) -> str:
    """Return AWS's message for a denied call."""
    because = (
        f"with an explicit deny in {denial.policy} policy"
        if denial.explicit
        else f"because no identity-based policy allows the {denial.action} action"
    )
    service = denial.action.partition(":")[0]
    message = f"User: {caller.arn} is not authorized to perform: {denial.action}"
    if denial.resource_type:
        arn = f"arn:aws:{service}:{caller.region}:{caller.account_id}:{denial.resource_type}/{name}"
        message += f" on resource: {arn}"
    elif service == "s3":
        message += f' on resource: "arn:aws:s3:::{name}"'
    message += f" {because}"
    return f"You are not authorized to perform this operation. {message}" if service == "ec2" else message


DENIED = {
    "json": "AccessDeniedException",
    "rest-json": "AccessDeniedException",
    "ec2": "UnauthorizedOperation",
    "query": "AccessDenied",
    "s3": "AccessDenied",
}
"""The error code of a denied read, by protocol."""
UNKNOWN_KEY = {
    "json": "UnrecognizedClientException",
    "rest-json": "UnrecognizedClientException",
    "ec2": "AuthFailure",
    "query": "InvalidClientTokenId",
    "s3": "InvalidAccessKeyId",
}
"""The error code of a call whose access key this AWS did not issue, by protocol."""


def refusal(protocol: str, message: str, codes: Mapping[str, str] = DENIED) -> Answer:
    """Return the error response in a protocol; `request_parser.ParsedRequest` lists the protocols."""
    request_id = str(uuid.uuid4())
    code = codes[protocol]
    if protocol in ("json", "rest-json"):
        # rest-json returns the error code in a header, and names the message member differently.
        member = {"json": "Message", "rest-json": "message"}[protocol]
        content = {"__type": code, member: message}
        headers = [("x-amzn-RequestId", request_id), ("x-amzn-ErrorType", code)]
        status = "400 Bad Request" if protocol == "json" else "403 Forbidden"
        return status, [("Content-Type", "application/x-amz-json-1.1"), *headers], _json(content)
    body = _XML[protocol].format(code=code, message=escape(message), id=request_id)
    return "403 Forbidden", [("Content-Type", "text/xml")], body.encode()


def answer(content: object) -> Answer:
    """Return a successful JSON response."""
    headers = [("Content-Type", "application/json"), ("x-amzn-RequestId", str(uuid.uuid4()))]
    return "200 OK", headers, _json(content)


def _json(content: object) -> bytes:
    return json.dumps(content).encode()


_XML = {
    "ec2": "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    "</Errors><RequestID>{id}</RequestID></Response>",
    "query": "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
    "<Message>{message}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>",
    "s3": "<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{id}</RequestId></Error>",
}
