"""An account that nothing guards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closed_loop.fault import Seeded, fault

if TYPE_CHECKING:
    from closed_loop.account import Account


@fault("aws-account-001")
def nobody_to_write_to(_account: Account) -> Seeded:
    return Seeded(
        inputs={
            "CONTACT_EMAIL": "security@example.com",
            "CONTACT_NAME": "Security team",
            "CONTACT_PHONE": "+49 30 1234567",
            "CONTACT_TITLE": "Security",
        }
    )


@fault("aws-backup-001")
def nothing_backed_up(account: Account) -> Seeded:
    return Seeded(inputs={"BACKUP_ROLE_ARN": account.role("backups", "backup.amazonaws.com")})


@fault("aws-cfg-001", leaves=("aws-cfg-004",))
def no_recorder(account: Account) -> Seeded:
    return Seeded(inputs={"CONFIG_BUCKET": account.bucket("config-files", "config.amazonaws.com")})


@fault(
    "aws-ct-001",
    leaves=(
        "aws-ct-004",
        "aws-ct-005",
        "aws-ct-008",
        "aws-s3-002",
        "aws-s3-003",
        "aws-s3-004",
        "aws-s3-005",
        "aws-s3-007",
    ),
)
def no_trail(_account: Account) -> Seeded:
    return Seeded()


@fault("aws-gd-001", gone=True)
def no_detector(_account: Account) -> Seeded:
    return Seeded()


@fault("aws-inspector-001")
def nothing_inspected(_account: Account) -> Seeded:
    return Seeded(inputs={"SCAN_ECR_IMAGES": "yes"})


@fault("aws-iam-012")
def nothing_analyzed(_account: Account) -> Seeded:
    return Seeded()


@fault("aws-sh-001")
def no_hub(_account: Account) -> Seeded:
    return Seeded()
