"""AWS Lambda: public function URLs, deprecated runtimes and secrets in environment variables."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING

from cloud_audit_tui.aws.errors import ReadError
from cloud_audit_tui.checks.api import Item, Region, Verdicts, check
from cloud_audit_tui.checks.deciding_statements import DecidingStatement, deciding
from cloud_audit_tui.checks.secret_names import variable_holds_a_secret
from cloud_audit_tui.checks.services.lambda_functions.runtimes import AS_OF, RUNTIMES, dates_on
from cloud_audit_tui.checks.wording import in_quotes
from cloud_audit_tui.iam.conditions import public_statements
from cloud_audit_tui.iam.policy import PolicyError, parse
from cloud_audit_tui.model import Resource, Status, Verdict
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from cloud_audit_tui.iam.policy import Statement

FUNCTIONS = "lambda:ListFunctions"
NEWER_SETTINGS = ("CapacityProviderConfig", "DurableConfig", "TenancyConfig")
"""Members of a function that Terraform's AWS provider 6 manages and a file for provider 5 cannot preserve."""
LONGEST_POLICY_NAME = 128
"""Characters of the name of a role's inline policy."""
FUNCTION_TYPE = "AWS::Lambda::Function"
IMAGE = "Image"
GONE = "ResourceNotFoundException"
NO_SUCH_PATH = "404"
"""The code of a response that is not AWS's: the endpoint does not have the operation."""
INVOKE_URL = "lambda:InvokeFunctionUrl"
QUALIFIED_ARN_PARTS = 8


@check(
    "aws-lambda-001",
    reads=[
        FUNCTIONS,
        "lambda:ListFunctionUrlConfigs",
        "lambda:GetFunctionUrlConfig",
        "lambda:GetPolicy",
    ],
)
def public_function_url(region: Region) -> Verdicts:
    """Fail a function with a URL that requires no authentication.

    Source: ListFunctionUrlConfigs.AuthType, which lists the URLs of the function and of its aliases; no list
    of functions has it, so each function needs one call. GetFunctionUrlConfig, which others use, returns only
    the URL without a qualifier; it is read only at an endpoint that lacks ListFunctionUrlConfigs. A URL with
    AuthType NONE fails. AWS documents that the resource policy must admit everyone as well. If it does not,
    the URL refuses all callers; the reason says so, but the URL fails, because one permission, which the
    console adds automatically, opens it.
    """
    urls = _Urls(region)
    return region.judge(
        region.items("lambda", "ListFunctions"), _resource, partial(_judge_urls, region, urls)
    )


@check("aws-lambda-002", reads=[FUNCTIONS])
def deprecated_runtime(region: Region) -> Verdicts:
    """Fail a function whose runtime AWS has deprecated.

    Source: ListFunctions.Runtime and the dates of `runtimes`, compared with today, because a fixed list of
    deprecated runtimes becomes outdated. Functions of container images have no runtime and are not judged. A
    runtime that is not in the table is not assessed.
    """
    return region.judge(region.items("lambda", "ListFunctions"), _resource, _judge_runtime)


@check("aws-lambda-003", reads=[FUNCTIONS])
def secrets_in_environment(region: Region) -> Verdicts:
    """Fail a function with environment variables whose names indicate secrets.

    Source: the names in ListFunctions.Environment.Variables; values are never read or stored. Names that end
    in words such as ARN, NAME, ID, PATH or URL point to a secret and do not hold it, except DATABASE_URL,
    which commonly contains the password. If Lambda cannot decrypt the variables (Environment.Error), they are
    unknown: not assessed.
    """
    return region.judge(
        region.items("lambda", "ListFunctions"), _resource, partial(_judge_environment, region)
    )


def _resource(function: Item) -> Resource:
    return Resource(
        str(function.get("FunctionArn") or ""), str(function.get("FunctionName") or ""), FUNCTION_TYPE
    )


def _facts(function: Item) -> Item:
    return {
        "function": str(function.get("FunctionName") or ""),
        "role": str(function.get("Role") or ""),
        "runtime": str(function.get("Runtime") or ""),
    }


async def _judge_urls(region: Region, urls_of: _Urls, function: Item) -> Verdict | None:
    resource = _resource(function)
    urls = await urls_of.of(resource.name)
    if urls is None:
        return None
    name = f"function {in_quotes(resource.name)}"
    open_urls = [url for url in urls if url["auth_type"] == "NONE"]
    evidence: Item = {**_facts(function), "urls": urls, "open": open_urls}
    if not urls:
        return Verdict(Status.PASS, resource, f"There is no URL of {name}.", evidence)
    if not open_urls:
        return Verdict(Status.PASS, resource, f"Callers of the URL of {name} must sign with IAM.", evidence)
    letting_in: list[DecidingStatement] = []
    for url in open_urls:
        statements = await _admitting_everyone(region, resource.name, url["qualifier"])
        url["admits_everyone"] = None if statements is None else bool(statements)
        of = f"resource policy of alias {url['qualifier']}" if url["qualifier"] else "resource policy"
        letting_in += [DecidingStatement(statement, policy=of) for statement in statements or ()]
    evidence |= deciding(letting_in)
    answering = [url for url in open_urls if url["admits_everyone"] is not False]
    places = ", ".join(f"alias {in_quotes(url['qualifier'])}" for url in open_urls if url["qualifier"])
    reason = f"A URL of {name} authenticates nobody (AuthType NONE){f' ({places})' if places else ''}."
    if not answering:
        reason += " Its resource policy does not admit everyone, so strangers are still refused."
    elif any(url["admits_everyone"] for url in answering):
        reason += " Its resource policy admits everyone."
    else:
        reason += " Its resource policy could not be read."
    return Verdict(Status.FAIL, resource, reason, evidence)


class _Urls:
    """The URLs of a region's functions, read by the operation that the endpoint has.

    AWS lists all of a function's URLs. An endpoint that is not AWS's may have only the operation for one URL;
    the read of the first function shows it for all that follow.
    """

    def __init__(self, region: Region) -> None:
        self._region = region
        self._first = asyncio.Lock()
        self._lists: bool | None = None

    async def of(self, name: str) -> list[Item] | None:
        """Return the URLs of a function, or ``None`` when it was deleted since it was listed."""
        async with self._first:
            if self._lists is None:
                return await self._read(name)
        return await self._read(name)

    async def _read(self, name: str) -> list[Item] | None:
        try:
            urls = await self._url_list(name)
            if urls is None:
                one = await self._region.find(
                    "lambda", "GetFunctionUrlConfig", absent={GONE}, FunctionName=name
                )
                urls = [one] if one is not None else []
        except ReadError as error:
            if error.code == GONE:
                return None
            raise
        return [
            {
                "url": str(url.get("FunctionUrl") or ""),
                "qualifier": _qualifier(str(url.get("FunctionArn") or "")),
                "auth_type": str(url.get("AuthType") or ""),
            }
            for url in urls
        ]

    async def _url_list(self, name: str) -> list[Item] | None:
        """Return the URLs as listed, or ``None`` if the endpoint lacks the list operation."""
        if self._lists is False:
            return None
        try:
            listing = self._region.items("lambda", "ListFunctionUrlConfigs", FunctionName=name)
            urls = [url async for url in listing]
        except ReadError as error:
            if error.code != NO_SUCH_PATH:
                raise
            self._lists = False
            return None
        self._lists = True
        return urls


def _qualifier(arn: str) -> str:
    """Return the alias at the end of a function's ARN, empty for the function itself."""
    parts = arn.split(":")
    qualifier = parts[QUALIFIED_ARN_PARTS - 1] if len(parts) >= QUALIFIED_ARN_PARTS else ""
    return "" if qualifier == "$LATEST" else qualifier


async def _admitting_everyone(region: Region, name: str, qualifier: str) -> list[Statement] | None:
    """Return the statements that let everyone call a function's URL; ``None`` if they cannot be read.

    The URL fails either way; the statements are for the reason only.
    """
    place = {"FunctionName": name, **({"Qualifier": qualifier} if qualifier else {})}
    try:
        response = await region.find("lambda", "GetPolicy", absent={GONE}, **place)
        if response is None:
            return []
        policy = parse(str(response.get("Policy") or ""))
    except (ReadError, PolicyError):
        return None
    return [statement for statement in public_statements(policy) if statement.could_cover_action(INVOKE_URL)]


async def _judge_runtime(function: Item) -> Verdict | None:
    if function.get("PackageType") == IMAGE:
        return None
    resource, evidence = _resource(function), _facts(function)
    name, identifier = f"Function {in_quotes(resource.name)}", evidence["runtime"]
    runtime = RUNTIMES.get(identifier)
    if runtime is None:
        reason = (
            f"{name} has runtime {in_quotes(identifier)}, which this version does not know "
            f"(as of {AS_OF:%Y-%m-%d})."
        )
        return Verdict(Status.NOT_ASSESSED, resource, reason, evidence)
    evidence |= {
        **dates_on(identifier, _today()),
        "layers": [str(layer.get("Arn") or "") for layer in function.get("Layers") or []],
        "handler": str(function.get("Handler") or ""),
        "newer_settings": [name for name in NEWER_SETTINGS if function.get(name)],
    }
    if runtime.deprecated > _today():
        reason = f"{name} runs on {identifier}, which AWS supports until {runtime.deprecated:%Y-%m-%d}."
        return Verdict(Status.PASS, resource, reason, evidence)
    reason = f"{name} runs on {identifier}, which AWS has deprecated ({runtime.deprecated:%Y-%m-%d})."
    if evidence["update_blocked"]:
        reason += " AWS still runs it, but accepts no change except to a supported runtime."
    else:
        reason += (
            f" AWS still runs it, without patches; it blocks changes from {runtime.update_blocked:%Y-%m-%d}."
        )
    return Verdict(Status.FAIL, resource, reason, evidence)


def _today() -> date:
    return datetime.now(UTC).date()


def _secret(region: Region, function: str, variable: str) -> Item:
    """Return the names of the secret and of the role policy that replace a variable.

    The policy has a unique name for each region, function and variable: PutRolePolicy replaces a policy of
    the same name, and functions of several regions may share the role.
    """
    policy = f"read-{region.name}-{function}-{variable}"
    if len(policy) > LONGEST_POLICY_NAME:
        digest = hashlib.sha256(policy.encode()).hexdigest()[:16]
        policy = f"{policy[: LONGEST_POLICY_NAME - len(digest) - 1]}-{digest}"
    return {"variable": variable, "secret": f"lambda/{function}/{variable}", "policy": policy}


async def _judge_environment(region: Region, function: Item) -> Verdict:
    resource, evidence = _resource(function), _facts(function)
    environment = function.get("Environment") or {}
    name = f"function {in_quotes(resource.name)}"
    if error := environment.get("Error"):
        code = quoted(str(error.get("ErrorCode") or "an error"))
        evidence["missing_permission"] = "kms:Decrypt"
        reason = f"Lambda could not decrypt the environment variables of {name} for this identity ({code})."
        return Verdict(Status.NOT_ASSESSED, resource, reason, evidence)
    names = sorted(map(str, environment.get("Variables") or {}))
    suspicious = [variable for variable in names if variable_holds_a_secret(variable)]
    evidence["variables"] = suspicious
    if not suspicious:
        return Verdict(
            Status.PASS, resource, f"No environment variable of {name} is named like a secret.", evidence
        )
    evidence["is_image"] = function.get("PackageType") == IMAGE
    evidence["secrets"] = [_secret(region, evidence["function"], variable) for variable in suspicious]
    reason = (
        f"Environment variables of {name} are named like secrets: {quoted(', '.join(suspicious))}. "
        "Anyone who can read the function's configuration can read them."
    )
    return Verdict(Status.FAIL, resource, reason, evidence)
