"""S3 in the accounts: secure, incomplete and public buckets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.demo.accounts import PRODUCTION, RESEARCH, STAGING
from cloud_audit_tui.demo.region_client import allow, policy

if TYPE_CHECKING:
    from cloud_audit_tui.demo.accounts import Account
    from cloud_audit_tui.demo.region_client import At, RegionClient

PARTNER = "999900001111"


@dataclass(frozen=True)
class Bucket:
    """A bucket; most members tell whether one protection is configured.

    ``reader`` is an external principal with read access: ``*`` or an account; ``service`` is an AWS service
    that may write.
    """

    account: Account
    region: str
    name: str
    blocked: bool = True
    kms: bool = True
    versions: bool = True
    lifecycle: bool = True
    logs_to: str = ""
    tls: bool = True
    reader: str = ""
    service: str = ""


def trail_bucket(account: Account) -> str:
    """Return the bucket that an account's trail and recorders deliver to."""
    return f"{account.alias}-audit"


_PROD_LOGS = f"{PRODUCTION.alias}-access-logs"
_STAGING_LOGS = f"{STAGING.alias}-access-logs"
_BARE: dict[str, Any] = {
    "blocked": False,
    "kms": False,
    "versions": False,
    "lifecycle": False,
    "tls": False,
}

BUCKETS = (
    Bucket(PRODUCTION, "us-east-1", _PROD_LOGS, kms=False, service="logging.s3.amazonaws.com"),
    Bucket(
        PRODUCTION,
        "us-east-1",
        trail_bucket(PRODUCTION),
        logs_to=_PROD_LOGS,
        service="cloudtrail.amazonaws.com",
    ),
    Bucket(PRODUCTION, "us-east-1", f"{PRODUCTION.alias}-models", logs_to=_PROD_LOGS),
    Bucket(PRODUCTION, "us-east-1", f"{PRODUCTION.alias}-inference", logs_to=_PROD_LOGS, lifecycle=False),
    Bucket(PRODUCTION, "us-east-1", f"{PRODUCTION.alias}-feature-store"),
    Bucket(PRODUCTION, "us-east-1", "acme-claims-partner-exchange", logs_to=_PROD_LOGS, reader=PARTNER),
    Bucket(PRODUCTION, "us-east-1", "acme-legal-hold", logs_to=_PROD_LOGS),
    Bucket(PRODUCTION, "eu-west-1", f"{PRODUCTION.alias}-models-eu", tls=False),
    Bucket(STAGING, "eu-central-1", _STAGING_LOGS, kms=False, service="logging.s3.amazonaws.com"),
    Bucket(
        STAGING,
        "eu-central-1",
        trail_bucket(STAGING),
        kms=False,
        lifecycle=False,
        service="cloudtrail.amazonaws.com",
    ),
    Bucket(
        STAGING, "eu-central-1", f"{STAGING.alias}-models", logs_to=_STAGING_LOGS, lifecycle=False, tls=False
    ),
    Bucket(
        STAGING,
        "eu-central-1",
        f"{STAGING.alias}-load-tests",
        kms=False,
        versions=False,
        lifecycle=False,
        tls=False,
    ),
    Bucket(STAGING, "us-east-1", f"{STAGING.alias}-claims-samples", kms=False, lifecycle=False),
    Bucket(RESEARCH, "ap-southeast-2", "acme-research-open-data", **{**_BARE, "versions": True}, reader="*"),
    Bucket(RESEARCH, "ap-southeast-2", "acme-research-scratch", **_BARE),
    Bucket(RESEARCH, "ap-southeast-2", "acme-research-genomes", **{**_BARE, "blocked": True, "kms": True}),
    Bucket(RESEARCH, "us-west-2", "acme-research-speech-corpus", **_BARE, reader=PARTNER),
)


def fill(at: At) -> None:
    """Create the resources of `BUCKETS`."""
    for bucket in BUCKETS:
        _fill(at(bucket.account, bucket.region), bucket)


def _fill(here: RegionClient, bucket: Bucket) -> None:
    name = bucket.name
    where = {} if here.region == "us-east-1" else {"LocationConstraint": here.region}
    here("s3", "CreateBucket", Bucket=name, **({"CreateBucketConfiguration": where} if where else {}))
    if bucket.blocked:
        settings = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        here(
            "s3",
            "PutPublicAccessBlock",
            Bucket=name,
            PublicAccessBlockConfiguration=dict.fromkeys(settings, True),
        )
    if bucket.kms:
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": here.key}
        rules = [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]
        here("s3", "PutBucketEncryption", Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
    if bucket.versions:
        here("s3", "PutBucketVersioning", Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    if bucket.lifecycle:
        rule = {
            "ID": "clear-away",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 90},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        }
        here("s3", "PutBucketLifecycleConfiguration", Bucket=name, LifecycleConfiguration={"Rules": [rule]})
    if document := _policy(bucket):
        here("s3", "PutBucketPolicy", Bucket=name, Policy=document)
    if bucket.logs_to:
        target = {"TargetBucket": bucket.logs_to, "TargetPrefix": f"{name}/"}
        here("s3", "PutBucketLogging", Bucket=name, BucketLoggingStatus={"LoggingEnabled": target})


def _policy(bucket: Bucket) -> str:
    arn = f"arn:aws:s3:::{bucket.name}"
    statements: list[dict[str, Any]] = []
    if bucket.tls:
        statements.append(
            {
                "Sid": "DenyInsecureTransport",
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": "s3:*",
                "Resource": [arn, f"{arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        )
    if bucket.service:
        own = {"StringEquals": {"aws:SourceAccount": bucket.account.id}}
        service = {"Service": bucket.service}
        statements += [
            allow("s3:GetBucketAcl", arn, Sid="LookAtBucket", Principal=service, Condition=own),
            allow("s3:PutObject", f"{arn}/*", Sid="Deliver", Principal=service, Condition=own),
        ]
    if bucket.reader:
        who = {"AWS": "*" if bucket.reader == "*" else f"arn:aws:iam::{bucket.reader}:root"}
        statements.append(
            allow(["s3:GetObject", "s3:ListBucket"], [arn, f"{arn}/*"], Sid="Readers", Principal=who)
        )
    return policy(*statements) if statements else ""
