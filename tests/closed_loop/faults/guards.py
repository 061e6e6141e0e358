"""An account in which no security service is enabled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closed_loop.fault import SeededFault, fault

if TYPE_CHECKING:
    from closed_loop.account import Account


@fault("aws-account-001")
def no_security_contact(_account: Account) -> SeededFault:
    return SeededFault(
        inputs={
            "CONTACT_EMAIL": "security@example.com",
            "CONTACT_NAME": "Security team",
            "CONTACT_PHONE": "+49 30 1234567",
            "CONTACT_TITLE": "Security",
        }
    )


@fault("aws-backup-001")
def no_backup(account: Account) -> SeededFault:
    return SeededFault(inputs={"BACKUP_ROLE_ARN": account.role("backups", "backup.amazonaws.com")})


@fault("aws-cfg-001", leaves=("aws-cfg-004",))
def no_recorder(account: Account) -> SeededFault:
    return SeededFault(inputs={"CONFIG_BUCKET": account.bucket("config-files", "config.amazonaws.com")})


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
def no_trail(_account: Account) -> SeededFault:
    return SeededFault()


@fault("aws-gd-001", gone=True)
def no_detector(_account: Account) -> SeededFault:
    return SeededFault()


@fault("aws-inspector-001")
def no_inspection(_account: Account) -> SeededFault:
    return SeededFault(inputs={"SCAN_ECR_IMAGES": "yes"})


@fault("aws-iam-012")
def no_analyzer(_account: Account) -> SeededFault:
    return SeededFault()


@fault("aws-sh-001")
def no_hub(_account: Account) -> SeededFault:
    return SeededFault()
