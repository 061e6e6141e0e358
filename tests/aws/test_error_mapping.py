"""What a failed read means is said in words: which permission, which action to take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import botocore.exceptions as boto
import pytest

from cloud_audit_tui.aws.error_mapping import read_error
from cloud_audit_tui.aws.errors import ReadError, Unread
from each_row import each_row

if TYPE_CHECKING:
    from pathlib import Path


def from_service(code: str, message: str, service: str = "sagemaker") -> ReadError:
    error = boto.ClientError({"Error": {"Code": code, "Message": message}}, "ListEndpoints")
    return read_error(error, service=service, operation="ListEndpoints", region="eu-west-1", profile="prod")


def from_exception(error: Exception) -> ReadError:
    return read_error(
        error, service="sagemaker", operation="ListEndpoints", region="eu-west-1", profile="my prod"
    )


def test_the_missing_permission_is_the_one_that_aws_names() -> None:
    error = from_service(
        "AccessDeniedException",
        "User: arn:aws:sts::111122223333:assumed-role/audit/x is not authorized to perform: "
        "kms:DescribeKey on resource: arn:aws:kms:eu-west-1:111122223333:key/1 because no identity-based "
        "policy allows the kms:DescribeKey action",
    )
    assert (error.kind, error.permission) == (Unread.DENIED, "kms:DescribeKey")
    assert "Add kms:DescribeKey" in error.words


def test_without_a_name_the_missing_permission_is_the_operation() -> None:
    assert from_service("AccessDenied", "Access Denied").permission == "sagemaker:ListEndpoints"


def test_an_explicit_deny_is_not_answered_with_an_allow() -> None:
    error = from_service(
        "AccessDeniedException",
        "User: x is not authorized to perform: sagemaker:ListEndpoints with an explicit deny in a service "
        "control policy",
    )
    assert error.action == (
        "An explicit deny (service control policy) blocks it: change that policy. "
        "Adding an allow has no effect."
    )


def test_the_policy_that_denies_is_the_one_to_change() -> None:
    deny = "blocks it: change that policy. Adding an allow has no effect."
    rows = [
        (
            "with an explicit deny in a permissions boundary",
            f"An explicit deny (permissions boundary) {deny}",
        ),
        (
            "with an explicit deny in a resource control policy: arn:aws:organizations::1:policy/o-a/p-b",
            f"An explicit deny (resource control policy) {deny}",
        ),
        ("with an explicit deny", f"An explicit deny {deny}"),
        (
            "because no identity-based policy allows it",
            "Add s3:GetBucketAcl to the permissions of this identity.",
        ),
        *(
            (
                f"because no {policy} allows the s3:GetBucketAcl action",
                f"The {policy} does not allow it: add s3:GetBucketAcl to it. "
                "An allow for this identity is not enough.",
            )
            for policy in ("service control policy", "VPC endpoint policy", "permissions boundary")
        ),
    ]
    with each_row() as row:
        for reason, action in rows:
            with row(reason):
                resource = "b" * 600
                message = f"User: me is not authorized to perform: s3:GetBucketAcl on {resource} {reason}"
                error = from_service("AccessDenied", message, "s3")
                assert (error.action, error.permission) == (action, "s3:GetBucketAcl")


def test_where_sts_is_not_active_it_is_said_how_to_assume_a_role() -> None:
    error = boto.ClientError({"Error": {"Code": "RegionDisabledException", "Message": "No"}}, "AssumeRole")
    read = from_exception(error)
    assert (read.kind, read.reason) == (
        Unread.UNAVAILABLE,
        "sts:AssumeRole in eu-west-1 is not available to this account: No",
    )
    assert read.action == (
        "Activate STS there (IAM > Account settings), or set another region for 'my prod'."
    )


def test_credentials_that_are_refused_during_a_call_are_not_blamed_on_that_call() -> None:
    rows = [
        ("AssumeRole", "AccessDenied", Unread.DENIED, "Access denied to sts:AssumeRole in eu-west-1."),
        (
            "AssumeRole",
            "InvalidClientTokenId",
            Unread.CREDENTIALS,
            "AWS does not accept the credentials of 'prod' (InvalidClientTokenId).",
        ),
        (
            "GetRoleCredentials",
            "ForbiddenException",
            Unread.DENIED,
            "Access denied to the role of 'prod' in IAM Identity Center.",
        ),
    ]
    with each_row() as row:
        for operation, code, kind, reason in rows:
            with row((operation, code)):
                error = boto.ClientError({"Error": {"Code": code, "Message": "No access"}}, operation)
                explained = read_error(
                    error, service="ec2", operation="DescribeVpcs", region="eu-west-1", profile="prod"
                )
                assert (explained.kind, explained.reason) == (kind, reason)
                assert "ec2" not in explained.words
                assert "GetRoleCredentials" not in explained.words


def test_codes_have_a_kind() -> None:
    rows: list[tuple[str, Unread]] = [
        ("ExpiredTokenException", Unread.CREDENTIALS),
        ("UnrecognizedClientException", Unread.CREDENTIALS),
        ("MissingAuthenticationTokenException", Unread.CREDENTIALS),
        ("UnauthorizedException", Unread.DENIED),
        ("ThrottlingException", Unread.THROTTLED),
        ("Client.RequestLimitExceeded", Unread.THROTTLED),
        ("OptInRequired", Unread.UNAVAILABLE),
        ("ValidationException", Unread.REFUSED),
        ("InternalServerError", Unread.SERVER),
        ("500", Unread.SERVER),
        ("429", Unread.THROTTLED),
        ("404", Unread.BAD_RESPONSE),
    ]
    with each_row() as row:
        for code, kind in rows:
            with row(code):
                assert from_service(code, "message").kind is kind


def test_an_endpoint_that_the_settings_exclude_is_no_fault_to_report() -> None:
    rows = [
        (boto.EndpointResolutionError(msg="Partition does not support FIPS"), "does not support FIPS."),
        (boto.EndpointVariantError(tags=["dualstack"], error_msg=""), "variant(s) ['dualstack']."),
    ]
    with each_row() as row:
        for exception, reason in rows:
            with row(reason):
                error = from_exception(exception)
                assert error.kind is Unread.UNAVAILABLE
                assert error.reason.endswith(reason)
                assert "AWS_USE_FIPS_ENDPOINT" in error.action


def test_a_region_that_is_not_enabled_is_not_blamed_on_the_login_alone() -> None:
    assert "region may not be enabled" in from_service("UnrecognizedClientException", "invalid").action


def test_exceptions_say_what_to_do_and_never_what_a_program_printed() -> None:
    rows: list[tuple[Exception, str]] = [
        (boto.UnauthorizedSSOTokenError(), "aws sso login --profile 'my prod'"),
        (boto.SSOTokenLoadError(error_msg="x"), "aws sso login --profile 'my prod'"),
        (boto.NoCredentialsError(), "aws configure"),
        (
            boto.CredentialRetrievalError(provider="custom-process", error_msg="TOPSECRET"),
            "credential_process",
        ),
        (boto.EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), "AWS_ENDPOINT_URL"),
        (boto.SSLError(endpoint_url="https://x", error="x"), "AWS_CA_BUNDLE"),
        (boto.ReadTimeoutError(endpoint_url="https://x"), "did not answer"),
        (KeyError("x"), "KeyError"),
    ]
    with each_row() as row:
        for error, words in rows:
            with row(error):
                read = from_exception(error)
                assert words in read.words
                assert "TOPSECRET" not in read.words


def test_a_misspelt_region_that_cannot_be_reached_is_named_with_the_right_one() -> None:
    unreachable = boto.EndpointConnectionError(endpoint_url="https://sts.us-esat-1.amazonaws.com")
    for region, hint in (
        ("us-esat-1", "'us-esat-1' is known. Did you mean"),
        ("us-east-1", "in this region."),
    ):
        read = read_error(
            unreachable, service="sts", operation="GetCallerIdentity", region=region, profile="prod"
        )
        assert hint in read.words
        assert ("Did you mean" in read.words) == (region == "us-esat-1")


def test_a_mistake_in_the_configuration_is_not_a_fault_to_report() -> None:
    too_short = boto.ParamValidationError(report="Invalid length for parameter RoleArn, value: 5")
    rows: list[tuple[Exception, str, str]] = [
        (ValueError("Invalid endpoint: foo"), "prod", "Correct AWS_ENDPOINT_URL"),
        (ValueError("Port out of range 0-65535"), "prod", "Correct AWS_ENDPOINT_URL"),
        (boto.HTTPClientError(error=aiohttp.InvalidURL("ftp://x")), "prod", "Correct AWS_ENDPOINT_URL"),
        (
            too_short,
            "prod",
            "The role of 'prod' cannot be assumed: its RoleArn is not valid. Correct the role",
        ),
        (boto.NoCredentialsError(), "prod", "Run `aws configure sso`"),
        (
            boto.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
            "environment",
            "Set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ),
        (boto.NoCredentialsError(), "instance role", "Attach a role to this machine"),
        (
            boto.InfiniteLoopConfigError(source_profile="a", visited_profiles=["a", "b"]),
            "a",
            "The source_profile of 'a' leads in a circle.",
        ),
        (
            boto.InvalidConfigError(error_msg='The specified sso-session does not exist: "corp"'),
            "prod",
            "Add its section [sso-session NAME]",
        ),
        (
            boto.InvalidSTSRegionalEndpointsConfigError(sts_regional_endpoints_config="maybe"),
            "prod",
            "A setting of 'prod' is not valid: STS regional endpoints option maybe is invalid.",
        ),
        (boto.InvalidDefaultsMode(mode="maybe", valid_modes="auto"), "prod", "invalid defaults mode: maybe."),
    ]
    with each_row() as row:
        for error, profile, words in rows:
            with row(error):
                read = read_error(
                    error, service="sts", operation="GetCallerIdentity", region="eu-west-1", profile=profile
                )
                assert words in read.words
                assert "report it" not in read.words


def test_a_message_of_aws_cannot_draw_on_the_terminal() -> None:
    error = from_service("ValidationException", "a\x1b[31mred\x1b[0m\nline\u202eevil" + "x" * 2000)
    assert not any(ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 for letter in error.words)
    assert "\u202e" not in error.words
    assert len(error.words) < 700


def from_response(code: str, message: str, status: int, **headers: str) -> ReadError:
    metadata = {"HTTPStatusCode": status, "HTTPHeaders": headers}
    error = boto.ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata}, "ListEndpoints"
    )
    return read_error(error, service="s3", operation="ListBuckets", region="eu-west-1", profile="prod")


def test_an_error_without_a_code_is_told_by_its_status() -> None:
    rows: list[tuple[str, int, Unread, str]] = [
        ("", 400, Unread.BAD_RESPONSE, "HTTP 400"),
        ("", 403, Unread.DENIED, "Access denied"),
        ("", 429, Unread.THROTTLED, "throttled"),
        ("", 500, Unread.SERVER, "(500)"),
        ("Mystery", 503, Unread.SERVER, "(Mystery)"),
        ("Mystery", 429, Unread.THROTTLED, "throttled"),
        ("", 0, Unread.REFUSED, "an error without a code"),
    ]
    with each_row() as row:
        for code, status, kind, words in rows:
            with row((code, status)):
                error = from_response(code, "", status)
                assert error.kind is kind
                assert words in error.words
                assert ": :" not in error.words
                assert not error.words.endswith(": ")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "RequestTimeTooSkewed",
            "The difference between the request time and the server's time is too large.",
        ),
        ("InvalidSignatureException", "Signature expired: 20260101T000000Z is now earlier than ..."),
        ("SignatureDoesNotMatch", "Signature not yet current: 20990101T000000Z is still later than ..."),
    ],
)
def test_a_clock_that_is_wrong_is_called_so(code: str, message: str) -> None:
    error = from_response(code, message, 403, date="Thu, 01 Jan 2026 00:00:00 GMT")
    assert error.kind is Unread.CREDENTIALS
    assert "the clock of this machine is" in error.words
    assert "min ahead of AWS's" in error.words
    assert "differs from AWS's" in from_response(code, message, 403).words


def test_a_profile_is_named_in_the_command_to_look_at_it() -> None:
    error = from_exception(boto.InvalidConfigError(error_msg="x"))
    assert "aws configure list --profile 'my prod'" in error.words
    assert "NAME" not in error.words


def test_a_token_file_that_is_missing_is_named(tmp_path: Path) -> None:
    try:
        (tmp_path / "token").read_text()
    except OSError as error:
        words = from_exception(error).words
    assert str(tmp_path / "token") in words
    assert "No such file" in words
