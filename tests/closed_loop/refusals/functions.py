"""What Lambda refuses: new roles, updates during an update, and runtimes that have ended."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from closed_loop.refusals.iam import is_usable
from closed_loop.refusals.rule import Answer, Refusal, follows, refuses

if TYPE_CHECKING:
    from closed_loop.refusals.call import Call

_REFERENCE = "https://docs.aws.amazon.com/lambda/latest/api"
_GUIDE = "https://docs.aws.amazon.com/lambda/latest/dg"
_NO_UPDATE = frozenset(
    {"go1.x", "nodejs12.x", "nodejs14.x", "python3.6", "python3.7", "ruby2.7", "dotnetcore3.1"}
)
"""Runtimes that AWS no longer accepts in an update of a function; it accepted the last of them until 2024."""


def _function(call: Call) -> Any:
    return call.backend().get_function(call["FunctionName"])


@refuses(
    "lambda:CreateFunction",
    "lambda:UpdateFunctionConfiguration",
    document=f"{_REFERENCE}/API_CreateFunction.html",
)
def role_of_a_function(call: Call) -> Refusal | None:
    """Lambda can assume the function's role, which it cannot for the first seconds of a new one."""
    if not call["Role"] or is_usable(call, call["Role"], "lambda.amazonaws.com"):
        return None
    return Refusal(
        "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."
    )


@follows("lambda:UpdateFunctionConfiguration", document=f"{_GUIDE}/functions-states.html")
def update_takes_its_time(call: Call) -> None:
    """An update is in progress for some seconds, a minute with a VPC."""
    call.clock.make("update", _function(call).function_name)


@refuses("lambda:GetFunctionConfiguration", document=f"{_GUIDE}/functions-states.html")
def status_of_an_update(call: Call) -> Answer | None:
    """The last update of a function is InProgress until it is done."""
    function = _function(call)
    if function is None or call.clock.age("update", function.function_name) >= 5:
        return None
    return Answer({**function.get_configuration(), "LastUpdateStatus": "InProgress"})


@refuses(
    "lambda:UpdateFunctionConfiguration",
    "lambda:UpdateFunctionCode",
    "lambda:PublishVersion",
    document=f"{_GUIDE}/functions-states.html",
)
def update_during_an_update(call: Call) -> Refusal | None:
    """A function is not changed while an update of it is in progress."""
    function = _function(call)
    if function is None or call.clock.age("update", function.function_name) >= 5:
        return None
    return Refusal(
        "ResourceConflictException",
        "The operation cannot be performed at this time. An update is in progress for resource: "
        f"{function.function_arn}",
    )


@refuses("lambda:UpdateFunctionConfiguration", document=f"{_GUIDE}/lambda-runtimes.html")
def runtime_has_ended(call: Call) -> Refusal | None:
    """A function is not moved to a runtime whose updates have ended."""
    if call["Runtime"] not in _NO_UPDATE:
        return None
    return Refusal(
        "InvalidParameterValueException",
        f"The runtime parameter of {call['Runtime']} is no longer supported for creating or updating AWS "
        "Lambda functions.",
    )


@refuses("lambda:AddPermission", document=f"{_REFERENCE}/API_AddPermission.html")
def permission(call: Call) -> Refusal | None:
    """A statement ID of 1 to 100 letters, digits, ``-`` and ``_``; a source account of 12 digits."""
    name = call["StatementId"] or ""
    if not 1 <= len(name) <= 100 or not name.replace("-", "").replace("_", "").isalnum():
        return Refusal("ValidationException", f"Value '{name}' at 'statementId' failed to satisfy constraint")
    account = call["SourceAccount"]
    if account is not None and not (len(account) == 12 and account.isdigit()):
        return Refusal("ValidationException", "Value at 'sourceAccount' failed to satisfy constraint")
    if call["FunctionUrlAuthType"] and call["Action"] != "lambda:InvokeFunctionUrl":
        return Refusal(
            "InvalidParameterValueException",
            "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action",
        )
    return None


@refuses("lambda:UpdateFunctionUrlConfig", document=f"{_REFERENCE}/API_UpdateFunctionUrlConfig.html")
def qualifier_of_a_url(call: Call) -> Refusal | None:
    """A URL belongs to a function or to an alias of it, and never to a version."""
    qualifier = call["Qualifier"]
    if qualifier is None or (re.fullmatch(r"[0-9a-zA-Z_-]{1,128}", qualifier) and not qualifier.isdigit()):
        return None
    return Refusal("ValidationException", "Value at 'qualifier' failed to satisfy constraint")
