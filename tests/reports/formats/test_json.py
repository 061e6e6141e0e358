"""The JSON report has the documented keys."""

from __future__ import annotations

import json

from cloud_audit_tui.reports.format import Options
from cloud_audit_tui.reports.formats.json import to_text
from reports.made_report import ACCOUNT, whole_report


def test_the_keys_and_the_counts() -> None:
    document = json.loads(to_text(whole_report(), Options()))
    assert list(document) == ["scan", "results", "summary"]
    assert document["scan"]["accounts"][0]["profiles"] == ["prod", "admin"]
    assert document["scan"]["failures"][0]["action"] == "Run aws sso login."
    assert document["summary"] == {
        "failed": 4, "passed": 1, "not_assessed": 3, "fixed": 1, "muted": 1,
        "failed_by_severity": {"critical": 3, "high": 0, "medium": 0, "low": 1},
        "calls": 12, "elapsed_seconds": 5.25,
    }  # fmt: skip
    by_name = {result["resource_name"]: result for result in document["results"]}
    assert by_name["accepted"]["disposition"] == "muted"
    assert by_name["repaired"]["disposition"] == "fixed"
    assert by_name[ACCOUNT]["subject"] == "account"
    assert by_name[ACCOUNT]["resource_id"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert by_name["eu-central-1"]["subject"] == "region"
    assert by_name["expired"] | {"remediation": {}} == {
        "check_id": "profile-access", "status": "not_assessed", "severity": "critical", "disposition": "open",
        "mute": None,
        "profile": "expired", "account_id": "", "partition": "", "region": "", "subject": "profile",
        "resource_id": "", "resource_name": "expired", "resource_type": "", "title": "Profile cannot be used",
        "reason": "The SSO session has ended. Run aws sso login.", "evidence": {}, "source": "scan",
        "first_seen": "", "remediation": {},
    }  # fmt: skip
    assert "update-notebook-instance" in by_name["lab"]["remediation"]["cli"]
