"""Identifies the caller of a request: the account and the assumed role of the signing access key."""

from __future__ import annotations

from dataclasses import dataclass

from moto.iam.models import get_account_id_from, iam_backends
from moto.sts.models import sts_backends


@dataclass(frozen=True)
class Caller:
    """The signer of a call and the region that the call was signed for."""

    account_id: str
    region: str
    arn: str


def caller_of(authorization: str) -> Caller:
    """Return the caller of an ``Authorization`` header of signature version 4.

    A key that moto did not issue maps to moto's default account.
    """
    key, region = _key_and_region(authorization)
    account_id = str(get_account_id_from(key))
    _, arn, _ = sts_backends[account_id]["aws"].get_caller_identity(key, region)
    return Caller(account_id, region, str(arn))


def has_issued_key(authorization: str) -> bool:
    """Say whether this AWS issued the key of an ``Authorization`` header."""
    key, _ = _key_and_region(authorization)
    return any(
        key in backend.access_keys
        for account in list(iam_backends.values())
        for backend in list(account.values())
    )


def _key_and_region(authorization: str) -> tuple[str, str]:
    _, _, scope = authorization.partition("Credential=")
    key, _, region, *_ = [*scope.split(",")[0].split("/"), "", "", ""]
    return key, region
