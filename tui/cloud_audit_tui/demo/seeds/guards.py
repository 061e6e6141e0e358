"""The accounts' security services: Config, GuardDuty, Security Hub, Inspector, Backup, contacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.demo.accounts import PRODUCTION, STAGING
from cloud_audit_tui.demo.seeds.buckets import trail_bucket

if TYPE_CHECKING:
    from cloud_audit_tui.demo.accounts import Account
    from cloud_audit_tui.demo.region_client import At, RegionClient


@dataclass(frozen=True)
class Guard:
    """The services enabled in a region.

    ``recorder`` is ``all`` for all types including global IAM ones, ``region`` for all others, ``some`` for a
    few, empty for no recorder; ``guardduty`` is ``on``, ``suspended`` or empty. ``backup`` is the name of a
    backup plan, and ``backed_up`` that of its selection.
    """

    account: Account
    region: str
    recorder: str = ""
    stopped: bool = False
    hourly: bool = False
    guardduty: str = ""
    hub: bool = False
    inspector: tuple[str, ...] = ()
    backup: str = ""
    backed_up: str = ""


_EVERYTHING = ("EC2", "ECR", "LAMBDA", "LAMBDA_CODE")

GUARDS = (
    Guard(
        PRODUCTION,
        "us-east-1",
        recorder="all",
        hourly=True,
        guardduty="on",
        hub=True,
        inspector=_EVERYTHING,
        backup="daily-35-days",
        backed_up="tagged-for-backup",
    ),
    Guard(
        PRODUCTION,
        "eu-west-1",
        recorder="region",
        guardduty="on",
        hub=True,
        inspector=("EC2", "ECR"),
        backup="planned-but-empty",
    ),
    Guard(
        STAGING,
        "eu-central-1",
        recorder="some",
        stopped=True,
        guardduty="suspended",
        inspector=("ECR",),
    ),
)

SECURITY_CONTACTS = (PRODUCTION,)


def fill(at: At) -> None:
    """Create the resources of `GUARDS` and the security contacts."""
    for guard in GUARDS:
        _fill(at(guard.account, guard.region), guard)
    for account in SECURITY_CONTACTS:
        at(account, "us-east-1")(
            "account",
            "PutAlternateContact",
            AlternateContactType="SECURITY",
            EmailAddress="security@acme.example",
            Name="Security operations",
            PhoneNumber="+1-202-555-0143",
            Title="On call",
        )


def _fill(here: RegionClient, guard: Guard) -> None:
    if guard.recorder:
        _record(here, guard)
    if guard.guardduty:
        here("guardduty", "CreateDetector", Enable=guard.guardduty == "on")
    if guard.hub:
        here("securityhub", "EnableSecurityHub", EnableDefaultStandards=True)
    if guard.inspector:
        here("inspector2", "Enable", accountIds=[here.account.id], resourceTypes=list(guard.inspector))
    if guard.backup:
        here("backup", "CreateBackupVault", BackupVaultName="Default")
        rule = {
            "RuleName": "daily",
            "TargetBackupVaultName": "Default",
            "ScheduleExpression": "cron(0 3 * * ? *)",
            "Lifecycle": {"DeleteAfterDays": 35},
        }
        plan = {"BackupPlanName": guard.backup, "Rules": [rule]}
        response = here("backup", "CreateBackupPlan", BackupPlan=plan)
        if guard.backed_up:
            selection = {
                "SelectionName": guard.backed_up,
                "IamRoleArn": here.role_arn("service-role/AWSBackupDefaultServiceRole"),
            }
            here(
                "backup",
                "CreateBackupSelection",
                BackupPlanId=response["BackupPlanId"],
                BackupSelection=selection,
            )


_GROUPS: dict[str, dict[str, Any]] = {
    "all": {"allSupported": True, "includeGlobalResourceTypes": True},
    "region": {"allSupported": True, "includeGlobalResourceTypes": False},
    "some": {
        "allSupported": False,
        "includeGlobalResourceTypes": False,
        "resourceTypes": ["AWS::EC2::Instance", "AWS::S3::Bucket"],
    },
}


def _record(here: RegionClient, guard: Guard) -> None:
    here(
        "config",
        "PutConfigurationRecorder",
        ConfigurationRecorder={
            "name": "default",
            "roleARN": here.role_arn("config-recorder"),
            "recordingGroup": _GROUPS[guard.recorder],
        },
    )
    every = "One_Hour" if guard.hourly else "TwentyFour_Hours"
    here(
        "config",
        "PutDeliveryChannel",
        DeliveryChannel={
            "name": "default",
            "s3BucketName": trail_bucket(guard.account),
            "configSnapshotDeliveryProperties": {"deliveryFrequency": every},
        },
    )
    if not guard.stopped:
        here("config", "StartConfigurationRecorder", ConfigurationRecorderName="default")
