"""Maps botocore and aiohttp exceptions to a reason and an action for the user."""

from __future__ import annotations

import re
import shlex
import socket
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import botocore.exceptions as boto
from botocore.parsers import ResponseParserError

from cloud_audit_tui.aws.errors import ReadError, Unread, WrongCodeError
from cloud_audit_tui.aws.operations import CREDENTIAL_CALLS
from cloud_audit_tui.aws.permissions import action_of
from cloud_audit_tui.aws.profiles import ENVIRONMENT, INSTANCE_ROLE
from cloud_audit_tui.aws.regions import known_regions, may_be_disabled
from cloud_audit_tui.aws.response_parsers import PAGE, NotADocumentError
from cloud_audit_tui.aws.tls import BodyTooLargeError
from cloud_audit_tui.suggestion import did_you_mean
from cloud_audit_tui.text import quoted

DENIED_CODES = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "ForbiddenException",
        "Forbidden",
        "UnauthorizedOperation",
        "UnauthorizedAccess",
        "UnauthorizedException",
        "NotAuthorized",
        "403",
    }
)
CREDENTIAL_CODES = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidToken",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
        "UnrecognizedClientException",
        "InvalidSignatureException",
    }
)
EXPIRED_CODES = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
"""Error codes for expired credentials; EC2 and services with its protocol use ``RequestExpired``."""
THROTTLED_CODES = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "429",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
"""The codes that botocore's standard retry mode counts as throttling (``botocore.retries.standard``), and the
HTTP status for throttling."""
SERVER_CODES = frozenset(
    {
        "408",
        "500",
        "502",
        "503",
        "504",
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServerException",
        "InternalServiceError",
        "InternalServiceException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
    }
)
"""Error codes of transient server-side failures."""
UNAVAILABLE_CODES = frozenset({"OptInRequired", "RegionDisabledException", "SubscriptionRequiredException"})

SKEW_CODES = frozenset({"RequestTimeTooSkewed", "RequestInTheFuture"})
"""Error codes for a request time that differs too much from AWS's clock."""
SERVER_STATUSES = frozenset({500, 502, 503, 504})
THROTTLED_STATUS = 429

SETTING_ERRORS = (
    boto.InvalidChecksumConfigError,
    boto.InvalidDefaultsMode,
    boto.InvalidEndpointConfigurationError,
    boto.InvalidEndpointDiscoveryConfigurationError,
    boto.InvalidIMDSEndpointError,
    boto.InvalidIMDSEndpointModeError,
    boto.InvalidRetryConfigurationError,
    boto.InvalidS3AddressingStyleError,
    boto.InvalidS3UsEast1RegionalEndpointConfigError,
    boto.InvalidSTSRegionalEndpointsConfigError,
    boto.UnsupportedS3ConfigurationError,
    boto.UnsupportedS3ControlConfigurationError,
)
"""botocore's exceptions for a setting that it does not accept; their messages name it and its value."""

_SKEW = re.compile(r"signature (?:expired|not yet current)", re.IGNORECASE)
_WRONG_CODE = re.compile(r"MultiFactorAuthentication failed", re.IGNORECASE)
_NO_SSO_SESSION = re.compile(r"sso[-_]session.*does not exist")
_PARAMETER = re.compile(r"for parameter (\w+)")
_PSEUDO_ACTIONS = {
    ENVIRONMENT: "Set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or unset both and name a profile.",
    INSTANCE_ROLE: "Attach a role to this machine or container, or name a profile.",
}
"""What gives credentials to the pseudo profiles, which no file configures."""
_PERMISSION = re.compile(r"not authorized to perform:? ([a-z0-9-]{1,64}:[A-Za-z0-9*]{1,128})")
_EXPLICIT_DENY = re.compile(
    r"with an explicit deny(?: in (?:an? |the )?([a-z -]{1,64}(?:policy|boundary)))?", re.IGNORECASE
)
_NO_ALLOW = re.compile(r"because no ([a-z -]{1,64}(?:policy|boundary)) allows", re.IGNORECASE)
"""What an access denied message says of the policy, by the IAM User Guide, "Troubleshoot access denied error
messages"."""
_IDENTITY_POLICY = "identity-based policy"
_CREDENTIAL_SERVICES = {
    operation: service for service, operation in (call.split(":") for call in CREDENTIAL_CALLS)
}
"""The services of the calls that obtain credentials, which botocore makes when it signs another call."""


def is_throttled(error: dict[str, Any]) -> bool:
    """Say whether an AWS error is throttling."""
    return _short(str(error.get("Code", ""))) in THROTTLED_CODES


def read_error(error: BaseException, *, service: str, operation: str, region: str, profile: str) -> ReadError:
    """Map a botocore or aiohttp exception to a `ReadError`; any other exception is a bad response."""
    if isinstance(error, ReadError):
        return error
    if isinstance(error, boto.ClientError) and error.operation_name in _CREDENTIAL_SERVICES:
        operation = error.operation_name
        service = _CREDENTIAL_SERVICES[operation]
    where = f"{service}:{operation} in {region}"
    if isinstance(error, boto.ClientError):
        return _from_service(error.response, service, operation, region, profile)
    credential = credential_error(error, profile)
    if credential is not None:
        return credential
    # The operation has no parameters: they are those of the role that is assumed for it.
    if operation == "GetCallerIdentity" and isinstance(error, boto.ParamValidationError):
        parameter_match = _PARAMETER.search(str(error))
        return ReadError(
            Unread.CREDENTIALS,
            f"The role of {profile!r} cannot be assumed: its "
            f"{parameter_match[1] if parameter_match else 'configuration'} is not valid.",
            action="Correct the role in the profile's configuration or in the environment.",
        )
    connection = _connection_error(error, where, region)
    if connection is not None:
        return connection
    if isinstance(error, boto.UnknownServiceError | boto.UnknownRegionError | boto.NoRegionError):
        return ReadError(Unread.UNAVAILABLE, f"{service} is not available in {region}.")
    if isinstance(error, SETTING_ERRORS):
        return ReadError(
            Unread.UNAVAILABLE,
            f"A setting of {profile!r} is not valid: {quoted(str(error)).rstrip(' .')}.",
            action="Correct it in the AWS configuration or in the environment.",
        )
    if isinstance(error, boto.EndpointVariantError | boto.EndpointProviderError):
        return ReadError(
            Unread.UNAVAILABLE,
            f"There is no endpoint for {where}: {quoted(str(error)).rstrip(' .:')}.",
            action="Check AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT and the endpoints in the AWS "
            "configuration.",
        )
    if isinstance(error, boto.InvalidRegionError):
        return ReadError(Unread.UNAVAILABLE, f"{region!r} is not the name of a region.")
    if isinstance(error, ResponseParserError):
        difference = quoted(str(error)) or "it cannot be parsed"
        return ReadError(
            Unread.BAD_RESPONSE,
            f"The answer to {where} is not what AWS documents: {difference}.",
            action="A proxy or a login page may have answered in place of AWS.",
            # A body in the wrong format comes from an intermediary, so the failure may be transient.
            transient=isinstance(error, NotADocumentError),
        )
    return ReadError(
        Unread.BAD_RESPONSE,
        f"{where} failed: {type(error).__name__}.",
        action="Rescan; if it happens again, please report it.",
    )


def _connection_error(error: BaseException, where: str, region: str) -> ReadError | None:
    """Return the error of a failed connection, or ``None`` for other exceptions."""
    inner = getattr(error, "kwargs", {}).get("error") if isinstance(error, boto.BotoCoreError) else None
    if isinstance(inner, ReadError):
        return inner
    if _is_no_address(error) or _is_no_address(inner):
        return ReadError(
            Unread.UNREACHABLE,
            f"The endpoint for {where} is not an address.",
            action="Correct AWS_ENDPOINT_URL, or endpoint_url in the AWS configuration: write it like "
            "https://HOST:PORT.",
        )
    if isinstance(inner, BodyTooLargeError):
        return ReadError(
            Unread.BAD_RESPONSE,
            f"The answer to {where} is larger than the limit of {inner.args[0] // 1024**2} MiB.",
        )
    if isinstance(error, boto.SSLError):
        return ReadError(
            Unread.UNREACHABLE,
            f"The certificate of the endpoint for {where} was not accepted.",
            action="If a proxy intercepts TLS, set AWS_CA_BUNDLE to the file with its CA certificate.",
            transient=not isinstance(inner, aiohttp.ClientConnectorCertificateError),
        )
    if isinstance(error, boto.ProxyConnectionError) and isinstance(inner, aiohttp.ClientHttpProxyError):
        return ReadError(
            Unread.UNREACHABLE,
            f"The proxy refused the connection for {where} with HTTP {inner.status}.",
            action="Check the address and the login in HTTPS_PROXY.",
            transient=inner.status in SERVER_STATUSES | {THROTTLED_STATUS},
        )
    if isinstance(error, boto.EndpointConnectionError | boto.ConnectTimeoutError | boto.ProxyConnectionError):
        return ReadError(
            Unread.UNREACHABLE,
            f"The endpoint for {where} cannot be reached.",
            action="Check the network, the proxy and AWS_ENDPOINT_URL; "
            f"the service may not exist in this region.{_unknown_region(region)}",
            transient=not _has_no_address(inner),
            timed_out=isinstance(error, boto.ConnectTimeoutError),
        )
    if isinstance(error, boto.HTTPClientError | aiohttp.ClientError | TimeoutError | OSError):
        silent = isinstance(error, boto.ReadTimeoutError | TimeoutError)
        return ReadError(
            Unread.UNREACHABLE,
            f"{where} did not answer ({type(error).__name__}).",
            action="Check the network and the proxy, then rescan.",
            transient=True,
            timed_out=silent,
        )
    return None


def _unknown_region(region: str) -> str:
    """Return a sentence about a region that is in no partition, which may be new; else an empty text."""
    if not region or region in known_regions():
        return ""
    hint = did_you_mean(region, known_regions(), "Regions look like eu-central-1.")
    return f" No AWS region {region!r} is known. {hint}"


def _is_no_address(error: object) -> bool:
    """Say whether a client was refused because its endpoint is not an address."""
    return isinstance(error, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError) or (
        isinstance(error, ValueError) and str(error).startswith(("Invalid endpoint", "Port out of range"))
    )


def _is_no_header(error: BaseException) -> bool:
    """Say whether aiohttp refused a header, of which only those with the credentials come from a user."""
    inner = getattr(error, "kwargs", {}).get("error") if isinstance(error, boto.HTTPClientError) else None
    return isinstance(inner, ValueError) and "detected in headers" in str(inner)


def _has_no_address(error: object) -> bool:
    """Say whether a host name does not exist, as for a service that a region does not offer."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    return isinstance(cause, socket.gaierror) and cause.errno != socket.EAI_AGAIN


def _short(code: str) -> str:
    return code.removeprefix("Client.").removeprefix("Server.").rsplit("#", 1)[-1]


def _from_service(
    response: dict[str, Any], service: str, operation: str, region: str, profile: str
) -> ReadError:
    where = f"{service}:{operation} in {region}"
    error = response.get("Error", {})
    metadata = response.get("ResponseMetadata", {})
    status = metadata.get("HTTPStatusCode", 0)
    is_page = metadata.get(PAGE, False)
    code = str(error.get("Code") or status or "")
    message = quoted(str(error.get("Message", "")))
    short = _short(code)
    if _WRONG_CODE.search(message):
        return WrongCodeError(
            Unread.CREDENTIALS,
            f"AWS refused the MFA code of {profile!r}: {message}",
            action="Rescan and enter the current code of the device.",
            code=code,
        )
    if short in DENIED_CODES and not is_page:
        # Not the quotation, because the policy is named at the end of a message that may be long.
        return _denied(str(error.get("Message", "")), code, where, f"{service}:{operation}", profile)
    if short in SKEW_CODES or (short in CREDENTIAL_CODES and _SKEW.search(message)):
        return _skewed(response, where, code)
    if short in CREDENTIAL_CODES:
        return _rejected(short, code, where, profile, region if service == "sts" else "")
    if short in THROTTLED_CODES or status == THROTTLED_STATUS:
        return ReadError(
            Unread.THROTTLED,
            f"AWS throttled {where} until the retries were used up.",
            action="Scan fewer regions or checks at once, or scan again later.",
            code=code,
            transient=True,
            retry_after=_retry_after(metadata),
        )
    if short in SERVER_CODES or status in SERVER_STATUSES:
        return ReadError(
            Unread.SERVER,
            f"AWS failed to answer {where} ({short}).",
            action="Scan again later.",
            code=code,
            transient=True,
            retry_after=_retry_after(metadata),
        )
    if short.isdecimal():
        return ReadError(
            Unread.BAD_RESPONSE,
            f"The endpoint answered {where} with HTTP {short} and no AWS error.",
            action="A proxy or a login page may have answered in place of AWS."
            if is_page
            else "The endpoint may not offer this operation: check AWS_ENDPOINT_URL.",
            code=code,
        )
    if short in UNAVAILABLE_CODES:
        # Only calls that return credentials are refused where STS is not active, so a profile meets it.
        way_out = f"Activate STS there (IAM > Account settings), or set another region for {profile!r}."
        return ReadError(
            Unread.UNAVAILABLE,
            f"{where} is not available to this account: {message}",
            action=way_out if service == "sts" else "",
            code=code,
        )
    parts = [quoted(short) or "an error without a code", message]
    return ReadError(
        Unread.REFUSED, f"AWS refused {where}: {': '.join(part for part in parts if part)}", code=code
    )


def _retry_after(metadata: dict[str, Any]) -> float:
    """Return the seconds that a response asks to wait; 0 if it asks for none, or names a date.

    ``x-amz-retry-after`` has milliseconds (``botocore.retries.standard`` of botocore 1.43), ``Retry-After``
    seconds (RFC 9110); Lambda sends the latter when it throttles.
    """
    headers = metadata.get("HTTPHeaders", {})
    for name, unit in (("x-amz-retry-after", 1000), ("retry-after", 1)):
        if (value := str(headers.get(name, ""))).isascii() and value.isdecimal():
            return int(value[:9]) / unit
    return 0.0


def _denied(message: str, code: str, where: str, read: str, profile: str) -> ReadError:
    if read == "sso:GetRoleCredentials":
        return ReadError(
            Unread.DENIED,
            f"Access denied to the role of {profile!r} in IAM Identity Center.",
            action="Correct its sso_account_id and sso_role_name, or have that permission set assigned.",
            code=code,
        )
    permission_match = _PERMISSION.search(message)
    permission = permission_match[1] if permission_match else action_of(read)
    deny, no_allow = _EXPLICIT_DENY.search(message), _NO_ALLOW.search(message)
    if deny:
        policy = f" ({deny[1].lower()})" if deny[1] else ""
        action = f"An explicit deny{policy} blocks it: change that policy. Adding an allow has no effect."
    elif no_allow and no_allow[1].lower() != _IDENTITY_POLICY:
        action = (
            f"The {no_allow[1]} does not allow it: add {permission} to it. "
            "An allow for this identity is not enough."
        )
    else:
        action = f"Add {permission} to the permissions of this identity."
    return ReadError(
        Unread.DENIED, f"Access denied to {where}.", action=action, permission=permission, code=code
    )


def _skewed(response: dict[str, Any], where: str, code: str) -> ReadError:
    date = str(response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", ""))
    try:
        minutes = round((datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds() / 60)
    except (TypeError, ValueError):
        minutes = 0
    differs = (
        f"is {abs(minutes)} min {'ahead of' if minutes > 0 else 'behind'}" if minutes else "differs from"
    )
    return ReadError(
        Unread.CREDENTIALS,
        f"AWS refused {where} because the clock of this machine {differs} AWS's.",
        action="Set the clock (turn on network time), then rescan.",
        code=code,
    )


def _rejected(short: str, code: str, where: str, profile: str, sts_region: str) -> ReadError:
    """Return the error of refused credentials; ``sts_region`` is the region of a call of STS, else empty."""
    action = "Log in again or correct the access keys of this profile, then rescan."
    if short in EXPIRED_CODES:
        reason = f"The credentials of {profile!r} have expired."
    elif sts_region:
        reason = f"AWS does not accept the credentials of {profile!r} ({short})."
        if sts_region in known_regions() and may_be_disabled(sts_region):
            action += f" If they are right, their account may not have enabled {sts_region}."
    else:
        # A region that is not enabled responds as if the credentials were invalid.
        reason = f"AWS does not accept the credentials of {profile!r} for {where} ({short})."
        return ReadError(
            Unread.CREDENTIALS,
            reason,
            action="The region may not be enabled in this account, or the credentials were revoked.",
            code=code,
        )
    return ReadError(
        Unread.CREDENTIALS,
        reason,
        action=action,
        code=code,
        expired=short in EXPIRED_CODES,
    )


def credential_error(error: BaseException, profile: str) -> ReadError | None:
    """Return the error in a profile's credentials, or ``None`` for other exceptions.

    The messages of these exceptions may quote a program's output, so only their types are used.
    """
    if _is_no_header(error):
        return ReadError(
            Unread.CREDENTIALS,
            f"The credentials of {profile!r} contain a line end, which no request may have.",
            action="Enter them again; a file with the line ends of Windows leaves one in the environment.",
        )
    if isinstance(error, OSError) and error.filename:
        return ReadError(
            Unread.CREDENTIALS,
            f"A file with the credentials of {profile!r} cannot be read: "
            f"{quoted(str(error.filename))}: {error.strerror}.",
            action="Check the paths in the profile's configuration and in the environment.",
        )
    if isinstance(error, RuntimeError) and "credentials are still expired" in str(error):
        return ReadError(
            Unread.CREDENTIALS,
            f"The credentials of {profile!r} had expired when they were obtained.",
            action="Check the clock of this machine and the source of the profile's credentials.",
        )
    if (
        isinstance(error, boto.PartialCredentialsError | boto.NoCredentialsError)
        and profile in _PSEUDO_ACTIONS
    ):
        return ReadError(
            Unread.CREDENTIALS,
            f"{profile!r} has no complete credentials.",
            action=_PSEUDO_ACTIONS[profile],
        )
    if isinstance(error, boto.InvalidConfigError) and _NO_SSO_SESSION.search(str(error)):
        return ReadError(
            Unread.CREDENTIALS,
            f"The sso_session of {profile!r} is not in the AWS configuration.",
            action="Add its section [sso-session NAME], or correct sso_session in the profile.",
        )
    login = f"`aws sso login --profile {shlex.quote(profile)}`"
    for types, reason, action in (
        (
            (boto.UnauthorizedSSOTokenError, boto.SSOTokenLoadError, boto.TokenRetrievalError),
            f"The SSO session of {profile!r} has expired or was never opened.",
            f"Run {login}, then rescan.",
        ),
        (
            (boto.NoCredentialsError, boto.PartialCredentialsError),
            f"{profile!r} has no complete credentials.",
            "Run `aws configure sso` or `aws configure` for it.",
        ),
        (
            (boto.CredentialRetrievalError, boto.MetadataRetrievalError),
            f"The program or service that gives {profile!r} its credentials failed.",
            "Run its credential_process by hand, or check the role of this machine.",
        ),
        (
            (boto.RefreshWithMFAUnsupportedError,),
            f"The MFA session of {profile!r} has ended.",
            "Rescan and enter a new code.",
        ),
        (
            (boto.ProfileNotFound,),
            f"The configuration of {profile!r} cannot be read, or names a profile that does not exist.",
            'Check its source_profile, and quote a name of several words: [profile "my profile"].',
        ),
        (
            (boto.InfiniteLoopConfigError,),
            f"The source_profile of {profile!r} leads in a circle.",
            "Let the last profile of the chain have keys, an SSO login or a credential_process of its own.",
        ),
        (
            (boto.InvalidConfigError, boto.InfiniteLoopConfigError, boto.ConfigParseError, boto.SSOError),
            f"The configuration of {profile!r} is not usable.",
            f"Run `aws configure list --profile {shlex.quote(profile)}` to see what the AWS CLI reads, and "
            "correct the profile.",
        ),
    ):
        if isinstance(error, types):
            return ReadError(Unread.CREDENTIALS, reason, action=action)
    return None
