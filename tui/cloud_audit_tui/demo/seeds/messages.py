"""Messaging and secrets in the accounts: topics, queues, secrets and parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.demo.accounts import PRODUCTION, RESEARCH, STAGING
from cloud_audit_tui.demo.region_client import allow, policy

if TYPE_CHECKING:
    from cloud_audit_tui.demo.accounts import Account
    from cloud_audit_tui.demo.region_client import At, RegionClient

PARTNER = "arn:aws:iam::999900001111:root"


@dataclass(frozen=True)
class Secret:
    """A secret, and the days since its creation and its last rotation (``None`` without rotation)."""

    name: str
    age: int
    rotated: int | None = None
    reader: str = ""


@dataclass(frozen=True)
class Traffic:
    """The topics, queues, secrets and parameters of a region.

    Topics and queues are paired with an external principal with access, empty for none; parameters with their
    type.
    """

    account: Account
    region: str
    topics: tuple[tuple[str, str], ...] = ()
    queues: tuple[tuple[str, str], ...] = ()
    secrets: tuple[Secret, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()


TRAFFIC = (
    Traffic(
        PRODUCTION,
        "us-east-1",
        (("claims-events", ""), ("model-approvals", "")),
        (("claims-intake", ""), ("partner-settlements", PARTNER)),
        (
            Secret("claims/database", 75, rotated=12),
            Secret("partners/settlement-sftp", 380),
            Secret("fraud/vendor-api", 30, rotated=30),
        ),
        (
            ("/platform/log-level", "String"),
            ("/platform/database-password", "SecureString"),
            ("/platform/vendor-endpoint", "String"),
        ),
    ),
    Traffic(
        PRODUCTION,
        "eu-west-1",
        (("consent-events", ""),),
        secrets=(Secret("claims-eu/database", 80, rotated=5),),
    ),
    Traffic(
        STAGING,
        "eu-central-1",
        (("claims-events", "*"),),
        (("claims-intake", ""), ("load-test-replies", "*")),
        (Secret("claims/database", 55), Secret("former-vendor", 500)),
        (("/staging/db-password", "String"), ("/staging/feature-flags", "String")),
    ),
    Traffic(
        RESEARCH,
        "ap-southeast-2",
        (("sensor-readings", "*"), ("grant-deadlines", "")),
        (("sensor-uploads", "*"),),
        (Secret("soil-samples/database", 900, reader="*"), Secret("satellite-provider", 20)),
        (("/lab/api-token", "String"), ("/lab/tile-size", "String"), ("/lab/wifi-password", "SecureString")),
    ),
)


def fill(at: At) -> None:
    """Create the resources of `TRAFFIC`."""
    for traffic in TRAFFIC:
        here = at(traffic.account, traffic.region)
        for name, outsider in traffic.topics:
            document = _policy_for(here.arn("sns", name), "sns:Subscribe", outsider)
            here("sns", "CreateTopic", Name=name, **_attributes(document))
        for name, outsider in traffic.queues:
            document = _policy_for(here.arn("sqs", name), "sqs:SendMessage", outsider)
            here("sqs", "CreateQueue", QueueName=name, **_attributes(document))
        for secret in traffic.secrets:
            _secret(here, secret)
        for name, kind in traffic.parameters:
            here("ssm", "PutParameter", Name=name, Type=kind, Value="demo-only")


def _attributes(document: str) -> dict[str, Any]:
    return {"Attributes": {"Policy": document}} if document else {}


def _policy_for(arn: str, action: str, outsider: str) -> str:
    if not outsider:
        return ""
    principal: Any = "*" if outsider == "*" else {"AWS": outsider}
    return policy(allow(action, arn, Sid="Outsiders", Principal=principal))


def _secret(here: RegionClient, secret: Secret) -> None:
    here("secretsmanager", "CreateSecret", Name=secret.name, SecretString="demo-only")
    if secret.rotated is not None:
        here(
            "secretsmanager",
            "RotateSecret",
            SecretId=secret.name,
            RotationRules={"AutomaticallyAfterDays": 30},
        )
    if secret.reader:
        document = policy(allow("secretsmanager:GetSecretValue", "*", Principal=secret.reader))
        here("secretsmanager", "PutResourcePolicy", SecretId=secret.name, ResourcePolicy=document)
