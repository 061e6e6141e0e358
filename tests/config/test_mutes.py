"""A mute accepts the findings that it names and no others, until its last day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from cloud_audit_tui.config.mutes import ActiveMutes, Mute, literal, mute_for, review
from cloud_audit_tui.model import Finding, Resource, Severity, Status
from each_row import each_row

TODAY = date(2026, 11, 26)
ARN = "arn:aws:s3:::logs-2026"


def finding(**changes: Any) -> Finding:
    values: dict[str, Any] = {
        "check_id": "aws-s3-001",
        "status": Status.FAIL,
        "severity": Severity.HIGH,
        "title": "Bucket is public",
        "subject": Resource(ARN, "logs-2026", "AWS::S3::Bucket"),
        "reason": "",
        "region": "eu-central-1",
        "account_id": "111122223333",
        "profile": "prod",
        "partition": "aws",
        **changes,
    }
    return Finding(**values)


ROWS: dict[str, tuple[Mute, bool]] = {
    "its check": (Mute("aws-s3-001", "r"), True),
    "a glob of checks": (Mute("aws-s3-*", "r"), True),
    "another check": (Mute("aws-s3-002", "r"), False),
    "letter case counts": (Mute("AWS-S3-001", "r"), False),
    "the ARN": (Mute("*", "r", resource=ARN), True),
    "the name": (Mute("*", "r", resource="logs-*"), True),
    "a part of the name": (Mute("*", "r", resource="logs"), False),
    "the account": (Mute("*", "r", account="111122223333"), True),
    "another account": (Mute("*", "r", account="444455556666"), False),
    "regions": (Mute("*", "r", region="eu-*"), True),
    "another region": (Mute("*", "r", region="us-*"), False),
    "its last day": (Mute("*", "r", expires=TODAY), True),
    "the day after": (Mute("*", "r", expires=TODAY - timedelta(days=1)), False),
}


def test_a_mute_covers_what_it_names() -> None:
    with each_row() as row:
        for name, (mute, expected) in ROWS.items():
            with row(name):
                assert (ActiveMutes([mute], TODAY).of(finding()) is mute) is expected


def test_the_mute_of_a_finding_covers_no_other_one() -> None:
    odd = finding(subject=Resource("arn:aws:s3:::a[1]*?", "a[1]*?", "AWS::S3::Bucket"))
    mute = mute_for(odd, reason="accepted")
    assert mute.covers(odd)
    assert mute.is_for_one_resource
    others = [
        finding(subject=Resource("arn:aws:s3:::a1xx", "a1xx", "")),
        finding(subject=odd.subject, account_id="444455556666"),
        finding(subject=odd.subject, region="us-east-1"),
        finding(subject=odd.subject, check_id="aws-s3-002"),
    ]
    assert [other for other in others if mute.covers(other)] == []
    assert literal("plain-text") == "plain-text"


def test_a_review_names_expired_unused_and_too_wide_mutes() -> None:
    right = Mute("aws-s3-001", "r", resource=ARN)
    expired = Mute("aws-s3-001", "r", expires=date(2020, 1, 1))
    unused = Mute("aws-s3-001", "r", resource="nothing")
    wide = Mute("aws-s3-*", "r")
    starred = Mute("aws-*", "r", resource="*", account="444455556666")
    whole_check = Mute("aws-s3-00?", "r", resource="logs-*")
    mutes = [right, expired, unused, wide, starred, whole_check]
    result = review(mutes, [finding()], ["aws-s3-001", "aws-s3-002"], TODAY)
    assert result.counts == (1, 1, 0, 1, 0, 1)
    assert (result.expired, result.unused, result.too_wide) == (
        (expired,),
        (unused, starred),
        (wide, starred),
    )
