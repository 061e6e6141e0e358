"""What an exception of botocore's or aiohttp's means, in words a person can act on."""

from __future__ import annotations

import re
import shlex
from typing import Any

import aiohttp
import botocore.exceptions as boto
from botocore.parsers import ResponseParserError

from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.aws.permissions import action_of
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
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidToken",
        "MissingAuthenticationToken",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
        "UnrecognizedClientException",
        "InvalidSignatureException",
    }
)
THROTTLED_CODES = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
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
"""The codes that botocore's standard retry mode counts as throttling (``botocore.retries.standard``)."""
SERVER_CODES = frozenset(
    {
        "502",
        "503",
        "504",
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServerException",
        "InternalServiceError",
        "InternalServiceException",
        "ServiceException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
    }
)
"""The codes with which AWS says that the trouble is on its side, and passes."""
UNAVAILABLE_CODES = frozenset({"OptInRequired", "RegionDisabledException", "SubscriptionRequiredException"})

_PERMISSION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:[A-Za-z0-9*]+)")
_EXPLICIT_DENY = re.compile(r"with an explicit deny in (?:an? |the )?([a-z -]+policy)", re.IGNORECASE)


def read_error(error: BaseException, *, service: str, operation: str, region: str, profile: str) -> ReadError:
    """Return what an exception of botocore's or aiohttp's means; anything else is a bad response."""
    if isinstance(error, ReadError):
        return error
    where = f"{service}:{operation} in {region}"
    if isinstance(error, boto.ClientError):
        return _from_service(dict(error.response.get("Error", {})), service, operation, where, profile)
    credential = credential_error(error, profile)
    if credential is not None:
        return credential
    if isinstance(error, boto.EndpointConnectionError | boto.ConnectTimeoutError | boto.ProxyConnectionError):
        return ReadError(
            Unread.UNREACHABLE,
            f"The endpoint for {where} cannot be reached.",
            action="Check the network, the proxy and AWS_ENDPOINT_URL; "
            "the service may not exist in this region.",
        )
    if isinstance(error, boto.SSLError):
        return ReadError(
            Unread.UNREACHABLE,
            f"The certificate of the endpoint for {where} was not accepted.",
            action="Behind a proxy that opens TLS, set AWS_CA_BUNDLE to its certificate.",
        )
    if isinstance(error, boto.HTTPClientError | aiohttp.ClientError | TimeoutError | OSError):
        return ReadError(Unread.UNREACHABLE, f"{where} did not answer ({type(error).__name__}).")
    if isinstance(error, boto.UnknownServiceError | boto.UnknownRegionError | boto.NoRegionError):
        return ReadError(Unread.UNAVAILABLE, f"{service} is not available in {region}.")
    if isinstance(error, ResponseParserError):
        return ReadError(Unread.BAD_RESPONSE, f"The answer to {where} is not what AWS documents.")
    return ReadError(Unread.BAD_RESPONSE, f"{where} failed: {type(error).__name__}.")


def _from_service(error: dict[str, Any], service: str, operation: str, where: str, profile: str) -> ReadError:
    code = str(error.get("Code", ""))
    message = quoted(str(error.get("Message", "")))
    short = code.removeprefix("Client.").rsplit("#", 1)[-1]
    if short in DENIED_CODES:
        named = _PERMISSION.search(message)
        permission = named[1] if named else action_of(f"{service}:{operation}")
        deny = _EXPLICIT_DENY.search(message)
        action = (
            f"An explicit deny ({deny[1].lower()}) forbids it; an allow does not help."
            if deny
            else f"Add {permission} to the permissions of this identity."
        )
        return ReadError(
            Unread.DENIED, f"Access denied to {where}.", action=action, permission=permission, code=code
        )
    if short in CREDENTIAL_CODES:
        return _rejected(short, code, where, profile, service)
    if short in THROTTLED_CODES:
        return ReadError(
            Unread.THROTTLED,
            f"AWS throttled {where} until the retries were used up.",
            action="Scan fewer regions or checks at once, or again later.",
            code=code,
        )
    if short in SERVER_CODES:
        return ReadError(
            Unread.SERVER, f"AWS failed to answer {where} ({short}).", action="Scan again later.", code=code
        )
    if short.isdecimal():
        return ReadError(
            Unread.BAD_RESPONSE,
            f"The endpoint answered {where} with HTTP {short} and no error of AWS's.",
            action="It may not offer this operation.",
            code=code,
        )
    if short in UNAVAILABLE_CODES:
        return ReadError(
            Unread.UNAVAILABLE, f"{where} is not available to this account: {message}", code=code
        )
    return ReadError(Unread.REFUSED, f"AWS refused {where}: {short}: {message}", code=code)


def _rejected(short: str, code: str, where: str, profile: str, service: str) -> ReadError:
    if "xpired" in short:
        reason = f"The credentials of {profile!r} have expired."
    elif service == "sts":
        reason = f"AWS does not accept the credentials of {profile!r} ({short})."
    else:
        # A region that is not enabled answers as if the credentials were wrong.
        reason = f"AWS does not accept the credentials of {profile!r} for {where} ({short})."
        return ReadError(
            Unread.CREDENTIALS,
            reason,
            action="The region may not be enabled in this account, or the credentials were revoked.",
            code=code,
        )
    return ReadError(
        Unread.CREDENTIALS, reason, action="Log in again the way this profile does, then rescan.", code=code
    )


def credential_error(error: BaseException, profile: str) -> ReadError | None:
    """Return what is wrong with a profile's credentials, or ``None`` when that is not the trouble.

    The texts of these exceptions may quote a program's output, so only their types are used.
    """
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
            (boto.CredentialRetrievalError,),
            f"The program or service that gives {profile!r} its credentials failed.",
            "Run its credential_process by hand, or look at the machine's role.",
        ),
        (
            (boto.RefreshWithMFAUnsupportedError,),
            f"The MFA session of {profile!r} has ended.",
            "Rescan and give a new code.",
        ),
        (
            (boto.ProfileNotFound,),
            f"The configuration of {profile!r} names a profile that does not exist.",
            "Look at its source_profile.",
        ),
        (
            (boto.InvalidConfigError, boto.InfiniteLoopConfigError, boto.ConfigParseError, boto.SSOError),
            f"The configuration of {profile!r} is not usable.",
            "Compare it with `aws configure list --profile NAME`.",
        ),
    ):
        if isinstance(error, types):
            return ReadError(Unread.CREDENTIALS, reason, action=action)
    return None
