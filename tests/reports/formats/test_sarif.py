"""SARIF 2.1.0; the structure follows the sections of the standard that are named."""

from __future__ import annotations

import json
import re
from typing import Any

from cloud_audit_tui.model import Severity
from cloud_audit_tui.reports.document import Entry, Report
from cloud_audit_tui.reports.format import Options
from cloud_audit_tui.reports.formats.sarif import FINGERPRINT, to_text
from reports.made_report import finding_of, whole_report


def run_of(report: Report) -> Any:
    document = json.loads(to_text(report, Options()))
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    return run


def test_the_structure_is_that_of_the_standard() -> None:
    run = run_of(whole_report())
    driver = run["tool"]["driver"]
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids)), "3.49.3: an id is unique among the rules"
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"], "3.49.9"
        assert rule["defaultConfiguration"]["level"] in {"error", "warning", "note"}, "3.50.3"
        assert rule.get("helpUri", "https://").startswith("https://"), "3.49.12"
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"], "3.27.6"
        assert result["message"]["text"], "3.27.11"
        assert (result["level"] == "none") == (result["kind"] != "fail"), "3.27.10"
        (location,) = result["locations"]
        assert re.fullmatch(r"aws/[\w.%~/-]+", location["physicalLocation"]["artifactLocation"]["uri"]), (
            "3.4.3"
        )
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is True, "3.20.14"
    assert invocation["startTimeUtc"] == "2026-11-26T10:00:00Z", "3.9"
    assert run["automationDetails"]["id"] == "cloud-audit-tui/0123456789abcdef"


def test_muted_ones_are_suppressed_and_what_was_not_assessed_is_open() -> None:
    results = run_of(whole_report())["results"]
    by_name = {result["locations"][0]["logicalLocations"][0]["name"]: result for result in results}
    assert by_name["accepted"]["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "Muted by ops until 2999-12-31: Rebuilt next week.",
        }
    ]
    assert "suppressions" not in by_name["lab"]
    assert (by_name["unread"]["kind"], by_name["unread"]["level"]) == ("open", "none")
    assert "Access denied." in by_name["unread"]["message"]["text"]
    assert {"good", "repaired", "expired"}.isdisjoint(by_name)


def test_a_profile_that_cannot_be_used_is_a_notification() -> None:
    (notification,) = run_of(whole_report())["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"] == (
        "Profile expired cannot be used: The SSO session has ended. Run aws sso login."
    )


def test_a_fingerprint_is_of_check_account_region_and_resource_alone() -> None:
    def fingerprint(**values: Any) -> str:
        (result,) = run_of(Report(entries=(Entry(finding_of(**values)),)))["results"]
        return str(result["partialFingerprints"][FINGERPRINT])

    same = [
        fingerprint(),
        fingerprint(profile="other", reason="x", severity=Severity.LOW, title="y", evidence={}),
    ]
    others = [
        fingerprint(region="eu-west-1"), fingerprint(account_id="999999999999"), fingerprint(name="b"),
        fingerprint(check_id="aws-sagemaker-002"),
    ]  # fmt: skip
    assert len(set(same)) == 1
    assert len({*same, *others}) == 5


def test_the_severity_is_what_code_scanning_reads() -> None:
    rules = run_of(whole_report())["tool"]["driver"]["rules"]
    severities = {rule["id"]: rule.get("properties", {}).get("security-severity") for rule in rules}
    assert severities["aws-sagemaker-001"] == "9.5"
