"""A report with one finding of every kind, and hostile text in it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from cloud_audit_tui.config.mutes import Mute
from cloud_audit_tui.model import (
    PROFILE_ACCESS,
    AccountScope,
    Disposition,
    Finding,
    ProfileScope,
    RegionScope,
    Resource,
    Severity,
    Status,
    Subject,
)
from cloud_audit_tui.reports.document import Account, Entry, Report, ScanInfo
from cloud_audit_tui.scan.events import ProfileFailed

HOSTILE = '=cmd()|"<script>alert(1)</script>`$(id)`\x1b[2J\u202e|\n# a\ud800'
ACCOUNT = "111122223333"
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def finding_of(name: str = "lab", **other: Any) -> Finding:
    """Return a failure of a notebook instance of this name."""
    subject: Subject = Resource(
        f"arn:aws:sagemaker:eu-central-1:{ACCOUNT}:notebook-instance/{name}",
        name,
        "AWS::SageMaker::NotebookInstance",
    )
    values: dict[str, Any] = {
        "check_id": "aws-sagemaker-001",
        "status": Status.FAIL,
        "severity": Severity.CRITICAL,
        "subject": subject,
        "profile": "prod",
        "account_id": ACCOUNT,
        "region": "eu-central-1",
        "partition": "aws",
        "title": "Notebook with root access",
        "reason": "Root access is enabled.",
        "evidence": {"notebook_name": name, "status": "Stopped", "lifecycle_config": ""},
        **other,
    }
    return Finding(**values)


def profile_failure(name: str = "expired") -> Finding:
    return finding_of(
        check_id=PROFILE_ACCESS,
        status=Status.NOT_ASSESSED,
        subject=ProfileScope(name),
        profile=name,
        account_id="",
        region="",
        partition="",
        title="Profile cannot be used",
        reason="The SSO session has ended. Run aws sso login.",
        evidence={},
    )


def whole_report() -> Report:
    """Return a report with every status, disposition and kind of subject."""
    return Report(
        scan=ScanInfo(
            id="0123456789abcdef",
            version="0.1.0",
            started_at="2026-11-26T10:00:00+00:00",
            finished_at="2026-11-26T10:00:05+00:00",
            outcome="complete",
            checks=("aws-iam-001", "aws-s3-001", "aws-sagemaker-001"),
            profiles=("prod", "expired"),
            calls=12,
            elapsed=5.25,
        ),
        accounts=(
            Account(
                ACCOUNT, "aws", "prod", ("prod", "admin"), ("eu-central-1",), "acme", "arn:aws:iam::1:user/me"
            ),
        ),
        failures=(ProfileFailed("expired", "expired", "The SSO session has ended.", "Run aws sso login."),),
        entries=(
            Entry(finding_of(), first_seen="2026-11-01T00:00:00+00:00"),
            Entry(finding_of(HOSTILE, reason=HOSTILE)),
            Entry(
                finding_of("accepted"),
                Disposition.MUTED,
                mute=Mute("aws-sagemaker-001", "Rebuilt next week.", owner="ops", expires=date(2999, 12, 31)),
            ),
            Entry(
                finding_of("repaired", status=Status.PASS, reason="Root access is off."),
                Disposition.FIXED,
            ),
            Entry(finding_of("good", status=Status.PASS, reason="Root access is off.")),
            Entry(finding_of("unread", status=Status.NOT_ASSESSED, reason="Access denied.")),
            Entry(
                finding_of(
                    check_id="aws-iam-001",
                    subject=AccountScope("AWS::IAM::AccountPasswordPolicy"),
                    region="",
                    title="Root user has no MFA",
                    evidence={},
                )
            ),
            Entry(
                finding_of(
                    status=Status.NOT_ASSESSED,
                    subject=RegionScope("AWS::SageMaker::NotebookInstance"),
                    reason="Add sagemaker:ListNotebookInstances.",
                    evidence={"unread": "denied"},
                )
            ),
            Entry(
                finding_of(
                    "unknown",
                    check_id="other-tool-7",
                    title="A check of another program",
                    severity=Severity.LOW,
                )
            ),
            Entry(profile_failure()),
        ),
    )


def prowler_event(**other: Any) -> dict[str, Any]:
    """Return an event with the attributes that Prowler documents for its OCSF output."""
    return {
        "message": "IAM user a has no MFA.",
        "metadata": {
            "event_code": "iam_user_mfa_enabled_console_access",
            "product": {"name": "Prowler", "uid": "prowler", "vendor_name": "Prowler", "version": "5.1.0"},
            "profiles": ["cloud", "datetime"],
            "tenant_uid": "",
            "version": "1.4.0",
        },
        "severity_id": 4,
        "severity": "High",
        "status": "New",
        "status_code": "FAIL",
        "status_detail": "User a has a password and no MFA.",
        "status_id": 1,
        "unmapped": {"compliance": {"CIS-3.0": ["1.10"]}},
        "activity_name": "Create",
        "activity_id": 1,
        "finding_info": {"created_time": 1739539640, "desc": "About MFA.", "title": "MFA is on", "uid": "x"},
        "resources": [
            {
                "cloud_partition": "aws",
                "region": "us-east-1",
                "data": {"details": "", "metadata": {}},
                "group": {"name": "iam"},
                "labels": [],
                "name": "a",
                "type": "AwsIamUser",
                "uid": f"arn:aws:iam::{ACCOUNT}:user/a",
            }
        ],
        "category_uid": 2,
        "class_uid": 2004,
        "cloud": {
            "account": {"name": "", "uid": ACCOUNT, "labels": []},
            "provider": "aws",
            "region": "us-east-1",
        },
        "time": 1739539640,
        "type_uid": 200401,
        **other,
    }
