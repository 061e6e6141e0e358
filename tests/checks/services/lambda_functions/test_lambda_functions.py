from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import botocore.session
import msgspec
import pytest

from aws_stub import Refusal
from cloud_audit_tui.checks.explanation import explanation
from cloud_audit_tui.checks.secret_names import variable_holds_a_secret
from cloud_audit_tui.checks.services.lambda_functions.runtimes import AS_OF, RUNTIMES, successor_on
from cloud_audit_tui.model import Finding, Severity, Status
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]

URL, RUNTIME, SECRETS = "aws-lambda-001", "aws-lambda-002", "aws-lambda-003"
WHERE = "arn:aws:lambda:eu-central-1:111122223333:function"


def function(name: str = "pay", **members: Any) -> dict[str, Any]:
    return {
        "FunctionName": name,
        "FunctionArn": f"{WHERE}:{name}",
        "Runtime": "python3.13",
        "Role": "arn:aws:iam::111122223333:role/pay",
        "PackageType": "Zip",
        **members,
    }


def url(name: str = "pay", auth: str = "NONE") -> dict[str, Any]:
    return {
        "FunctionUrl": "https://abc.lambda-url.eu-central-1.on.aws/",
        "FunctionArn": f"{WHERE}:{name}",
        "AuthType": auth,
        "CreationTime": "2025-01-01T00:00:00Z",
        "LastModifiedTime": "2025-01-01T00:00:00Z",
    }


def functions(aws: Any, *descriptions: dict[str, Any]) -> None:
    aws.answer("lambda", "ListFunctions", {"Functions": list(descriptions)})


def policy(principal: Any, action: str = "lambda:InvokeFunctionUrl") -> dict[str, Any]:
    statement = {
        "Sid": "FunctionURLAllowPublicAccess",
        "Effect": "Allow",
        "Principal": principal,
        "Action": action,
        "Resource": f"{WHERE}:pay",
        "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
    }
    return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}


async def test_an_open_url_fails_and_the_reason_says_what_its_policy_does(aws: Any, judge: Judge) -> None:
    rows: list[tuple[Any, str]] = [
        (policy("*"), "admits everyone"),
        (policy({"AWS": "arn:aws:iam::444455556666:root"}), "strangers are still refused"),
        (policy("*", "lambda:GetFunction"), "strangers are still refused"),
        (
            Refusal("ResourceNotFoundException", "The resource you requested does not exist."),
            "strangers are still refused",
        ),
        (None, "could not be read"),
        ({"Policy": "{"}, "could not be read"),
    ]
    with each_row() as row:
        for answer, words in rows:
            with row(answer):
                aws.restart()
                functions(aws, function())
                aws.answer("lambda", "ListFunctionUrlConfigs", {"FunctionUrlConfigs": [url()]})
                if answer is not None:
                    aws.answer("lambda", "GetPolicy", answer)
                [finding] = await judge(URL)
                assert (finding.status, finding.severity) == (Status.FAIL, Severity.HIGH)
                assert words in finding.reason
                contents = [one["content"]["Sid"] for one in finding.evidence.get("deciding", [])]
                assert contents == (["FunctionURLAllowPublicAccess"] if words == "admits everyone" else [])


async def test_the_url_of_an_alias_on_the_second_page_is_seen(aws: Any, judge: Judge) -> None:
    functions(aws, function())
    aws.pages("lambda", "ListFunctionUrlConfigs", [url(auth="AWS_IAM")], [url("pay:live")])
    aws.answer("lambda", "GetPolicy", policy("*"), Qualifier="live")
    [finding] = await judge(URL)
    assert (finding.status, finding.severity) == (Status.FAIL, Severity.HIGH)
    assert [each["qualifier"] for each in finding.evidence["open"]] == ["live"]


async def test_functions_without_an_open_url_pass_and_one_that_is_denied_is_not_assessed(
    aws: Any, judge: Judge
) -> None:
    aws.pages(
        "lambda",
        "ListFunctions",
        [function("none"), function("signed")],
        [function("denied"), function("gone")],
    )
    signed_urls = {"FunctionUrlConfigs": [url("signed", "AWS_IAM")]}
    aws.answer("lambda", "ListFunctionUrlConfigs", {"FunctionUrlConfigs": []}, FunctionName="none")
    aws.answer("lambda", "ListFunctionUrlConfigs", signed_urls, FunctionName="signed")
    not_there = aws.refusal("ResourceNotFoundException", "Function not found")
    aws.answer("lambda", "ListFunctionUrlConfigs", not_there, FunctionName="gone")
    findings = {finding.resource_name: finding for finding in await judge(URL)}
    assert {name: finding.status for name, finding in findings.items()} == {
        "none": Status.PASS,
        "signed": Status.PASS,
        "denied": Status.NOT_ASSESSED,
    }
    assert findings["denied"].evidence["missing_permission"] == "lambda:ListFunctionUrlConfigs"


async def test_an_endpoint_that_lists_no_urls_is_asked_for_one_and_tried_once(aws: Any, judge: Judge) -> None:
    functions(aws, *(function(name) for name in ("a", "b", "c")))
    aws.answer("lambda", "ListFunctionUrlConfigs", aws.refusal("404", "no such page"))
    none = aws.refusal("ResourceNotFoundException", "none")
    aws.answer("lambda", "GetFunctionUrlConfig", url("b"), FunctionName="b")
    aws.answer("lambda", "GetFunctionUrlConfig", none)
    statuses = {finding.resource_name: finding.status for finding in await judge(URL)}
    assert statuses == {"a": Status.PASS, "b": Status.FAIL, "c": Status.PASS}
    assert len(aws.requests("ListFunctionUrlConfigs")) == 1


async def test_runtimes(aws: Any, judge: Judge) -> None:
    rows: list[tuple[dict[str, Any], Any, str | None]] = [
        ({"Runtime": "python3.8"}, Status.FAIL, "python3.13"),
        ({"Runtime": "python2.7"}, Status.FAIL, "python3.13"),
        ({"Runtime": "nodejs16.x"}, Status.FAIL, successor_on("nodejs16.x", datetime.now(UTC).date())),
        ({"Runtime": "go1.x"}, Status.FAIL, "provided.al2023"),
        ({"Runtime": "java8"}, Status.FAIL, "java21"),
        ({"Runtime": "ruby2.7"}, Status.FAIL, "ruby3.4"),
        ({"Runtime": "dotnetcore3.1"}, Status.FAIL, "dotnet10"),
        ({"Runtime": "python3.13"}, Status.PASS, ""),
        ({"Runtime": "cobol85"}, Status.NOT_ASSESSED, None),
        ({"PackageType": "Image", "Runtime": ""}, "outside", None),
    ]
    with each_row() as row:
        for members, status, successor in rows:
            with row(members):
                aws.restart()
                functions(aws, function(**members))
                findings = await judge(RUNTIME)
                if status == "outside":
                    assert findings == []
                    continue
                assert [finding.status for finding in findings] == [status]
                assert findings[0].evidence.get("successor") == successor


def test_node_functions_keep_their_callbacks_while_aws_supports_a_runtime_that_runs_them() -> None:
    assert successor_on("nodejs16.x", date(2026, 11, 26)) == "nodejs22.x"
    assert successor_on("nodejs16.x", date(2027, 4, 30)) == "nodejs24.x"
    assert successor_on("nodejs22.x", date(2026, 11, 26)) == "nodejs24.x"
    assert successor_on("python3.8", date(2026, 11, 26)) == "python3.13"


async def test_functions_of_one_role_get_policies_of_their_own(aws: Any, judge: Judge) -> None:
    variables = {"Variables": {"API_KEY": "x", f"{'LONG' * 40}_SECRET": "x", f"{'LONG' * 41}_SECRET": "x"}}
    functions(aws, function("a", Environment=variables), function("b", Environment=variables))
    findings = await judge(SECRETS)
    policies = [secret["policy"] for finding in findings for secret in finding.evidence["secrets"]]
    assert len(set(policies)) == 6
    assert max(map(len, policies)) == 128


async def test_a_runtime_whose_changes_are_blocked_says_so(aws: Any, judge: Judge) -> None:
    functions(aws, function(Runtime="nodejs12.x"))
    [finding] = await judge(RUNTIME)
    assert finding.evidence["update_blocked"] is True
    assert "2023-03-31" in finding.reason


def test_the_table_knows_every_runtime_of_the_model_and_its_successors_live() -> None:
    model: Any = botocore.session.get_session().get_service_model("lambda").shape_for("Runtime")
    assert set(model.enum) <= set(RUNTIMES)
    for name, runtime in RUNTIMES.items():
        successor = RUNTIMES[runtime.successor or name]
        assert successor.successor == ""
        assert successor.deprecated > date(AS_OF.year + 1, 6, 1)


def test_the_explanation_says_on_which_day_the_table_was_true() -> None:
    assert f"{AS_OF:%d %B %Y}" in explanation(RUNTIME).sections["Detection"]


def test_names_that_hold_secrets() -> None:
    rows = [
        ("DB_PASSWORD", True),
        ("dbPassword", True),
        ("API_KEY", True),
        ("apiKey", True),
        ("STRIPE_SECRET", True),
        ("MYSECRET", True),
        ("GITHUB_TOKEN", True),
        ("PRIVATE_KEY", True),
        ("DATABASE_URL", True),
        ("DB_PASS", True),
        ("DB_SECRET_ARN", False),
        ("secretArn", False),
        ("TOKEN_URL", False),
        ("API_KEY_ID", False),
        ("SECRET_NAME", False),
        ("PASSWORD_FILE", False),
        ("TOKEN_TTL", False),
        ("MAX_TOKENS", False),
        ("TOKENIZER", False),
        ("LOG_LEVEL", False),
        ("PARAMETERS_SECRETS_EXTENSION_CACHE_ENABLED", False),
        ("PARAMETERS_SECRETS_EXTENSION_CACHE_SIZE", False),
        ("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", False),
        ("PARAMETERS_SECRETS_EXTENSION_LOG_LEVEL", False),
        ("PARAMETERS_SECRETS_EXTENSION_MAX_CONNECTIONS", False),
        ("SECRETS_MANAGER_TIMEOUT_MILLIS", False),
        ("SECRETS_MANAGER_TTL", False),
        ("SSM_PARAMETER_STORE_TIMEOUT_MILLIS", False),
        ("SSM_PARAMETER_STORE_TTL", False),
        ("PASSWORD_MIN_LENGTH", False),
        ("TOKEN_ISSUER", False),
        ("SECRETS_CACHE_SIZE", False),
        ("EXTENSION_SECRET", True),
    ]
    with each_row() as row:
        for name, holds in rows:
            with row(name):
                assert variable_holds_a_secret(name) is holds


async def test_secrets_are_told_by_name_and_no_value_is_kept(aws: Any, judge: Judge) -> None:
    values = {"DB_PASSWORD": "hunter2-value", "LOG_LEVEL": "debug-value", "DB_SECRET_ARN": "arn-value"}
    aws.pages(
        "lambda",
        "ListFunctions",
        [function("good", Environment={"Variables": {"TOKEN_URL": "other-value"}}), function("none")],
        [function("bad", Environment={"Variables": values})],
    )
    findings = {finding.resource_name: finding for finding in await judge(SECRETS)}
    assert {name: finding.status for name, finding in findings.items()} == {
        "good": Status.PASS,
        "none": Status.PASS,
        "bad": Status.FAIL,
    }
    assert findings["bad"].evidence["variables"] == ["DB_PASSWORD"]
    assert b"-value" not in msgspec.json.encode(list(findings.values()))


async def test_variables_that_lambda_could_not_decrypt_are_not_assessed(aws: Any, judge: Judge) -> None:
    error = {"ErrorCode": "AccessDeniedException", "Message": "Lambda was unable to decrypt"}
    functions(aws, function(Environment={"Error": error}))
    [finding] = await judge(SECRETS)
    assert finding.status is Status.NOT_ASSESSED
    assert finding.evidence["missing_permission"] == "kms:Decrypt"


@pytest.mark.parametrize("check", [URL, RUNTIME, SECRETS])
async def test_a_denied_list_is_not_assessed(aws: Any, judge: Judge, check: str) -> None:
    aws.denied("lambda", "ListFunctions")
    [finding] = await judge(check)
    assert finding.status is Status.NOT_ASSESSED
