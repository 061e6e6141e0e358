"""An organization in an empty AWS: accounts of every state, in units, with a role that one of them denies."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from aws_stub import REGION
from faults import proxy as faults
from faults.proxy import FaultProxy, Request, faulty

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MANAGEMENT = "123456789012"
ROLE = "Audit"
KEYS = "aws_access_key_id=AKIAEXAMPLE\naws_secret_access_key=x\n"


@dataclass(frozen=True)
class Organization:
    """The ids of the accounts, and the proxy before AWS that denies the role of one."""

    proxy: FaultProxy
    open: str
    denied: str
    suspended: str
    config: Path
    """The AWS configuration with the profile ``prod`` of the management account."""


def client(url: str, service: str, **keys: str) -> Any:
    """Return a client of the AWS at a URL, of the management account unless keys say otherwise."""
    credentials = keys or {"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "x"}
    return boto3.client(service, region_name=REGION, endpoint_url=url, **credentials)


def client_of_account(url: str, service: str, account: str) -> Any:
    """Return a client of a member account, by its role."""
    arn = f"arn:aws:iam::{account}:role/{ROLE}"
    sts = client(url, "sts")
    role = sts.assume_role(RoleArn=arn, RoleSessionName="seed")["Credentials"]
    return client(
        url,
        service,
        aws_access_key_id=role["AccessKeyId"],
        aws_secret_access_key=role["SecretAccessKey"],
        aws_session_token=role["SessionToken"],
    )


def elsewhere_than(account: str) -> Callable[[Request], bool]:
    """Return whether a request is about another account's role."""
    return lambda request: account.encode() not in request.body


@contextmanager
def organization(url: str, directory: Path) -> Iterator[Organization]:
    """Make the organization: two accounts in the unit Workloads, and a suspended one beside it."""
    organizations = client(url, "organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    unit = organizations.create_organizational_unit(ParentId=root, Name="Workloads")
    ids = {}
    for name in ("open", "denied", "suspended"):
        status = organizations.create_account(Email=f"{name}@example.com", AccountName=name)
        ids[name] = status["CreateAccountStatus"]["AccountId"]
    for name in ("open", "denied"):
        organizations.move_account(
            AccountId=ids[name],
            SourceParentId=root,
            DestinationParentId=unit["OrganizationalUnit"]["Id"],
        )
    organizations.close_account(AccountId=ids["suspended"])
    config = directory / "config"
    config.write_text(f"[profile prod]\n{KEYS}region={REGION}\n")
    with faulty(url) as proxy:
        proxy.deal(
            faults.coded(403, "AccessDenied"), operation="AssumeRole", unless=elsewhere_than(ids["denied"])
        )
        yield Organization(proxy, ids["open"], ids["denied"], ids["suspended"], config)


@pytest.fixture
def org(aws_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Organization]:
    """The organization; the environment leads to its AWS and to the profile of its management account."""
    with organization(aws_server, tmp_path) as one:
        monkeypatch.setenv("AWS_CONFIG_FILE", str(one.config))
        monkeypatch.setenv("AWS_ENDPOINT_URL", one.proxy.url)
        yield one
