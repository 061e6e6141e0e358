"""The JSON of cloud-audit 2.5: the keys and types of its ``ScanReport``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.model import RegionScope, Resource
from cloud_audit_tui.reports.document import Entry, Report, ScanInfo
from cloud_audit_tui.reports.format import Options
from cloud_audit_tui.reports.formats.cloud_audit import to_text
from reports.made_report import ACCOUNT, finding_of, whole_report

if TYPE_CHECKING:
    from collections.abc import Mapping

FINDING = {
    "check_id": str, "title": str, "severity": str, "category": str, "resource_type": str, "resource_id": str,
    "region": str, "description": str, "recommendation": str, "remediation": dict, "compliance_refs": list,
    "references": list,
}  # fmt: skip
RESULT = {
    "check_id": str, "check_name": str, "findings": list, "resources_scanned": int, "coverage_gaps": list,
}  # fmt: skip
REPORT = {
    "provider": str, "account_id": str, "regions": list, "timestamp": str, "duration_seconds": float,
    "summary": dict, "results": list, "attack_chains": list, "root_causes": list, "escalation_paths": list,
}  # fmt: skip


def document(report: Report) -> Any:
    return json.loads(to_text(report, Options()))


def wrong(value: dict[str, Any], types: Mapping[str, type]) -> list[str]:
    return [key for key, kind in types.items() if not isinstance(value.get(key), kind)]


def test_the_keys_and_types_are_those_of_its_models() -> None:
    for report in (whole_report(), Report()):
        whole = document(report)
        assert wrong(whole, REPORT) == []
        for result in whole["results"]:
            assert wrong(result, RESULT) == []
            for finding in result["findings"]:
                assert wrong(finding, FINDING) == []
                assert set(finding["remediation"]) == {"cli", "terraform", "doc_url", "effort"}
                assert finding["remediation"]["effort"] in {"low", "medium", "high"}


def test_open_failures_are_findings_and_what_was_not_assessed_is_a_gap() -> None:
    whole = document(whole_report())
    assert (whole["account_id"], whole["regions"]) == (ACCOUNT, ["eu-central-1"])
    results = {result["check_id"]: result for result in whole["results"]}
    notebook = results["aws-sagemaker-001"]
    assert len(notebook["findings"]) == 2
    assert notebook["error"] is None
    assert len(notebook["coverage_gaps"]) == 2
    assert results["profile-access"]["error"] == ("expired: The SSO session has ended. Run aws sso login.")
    assert results["aws-s3-001"] | {"check_name": ""} == {
        "check_id": "aws-s3-001", "check_name": "", "findings": [], "resources_scanned": 0, "error": None,
        "coverage_gaps": [],
    }  # fmt: skip


def test_the_summary_adds_up_as_its_own_does() -> None:
    assert document(whole_report())["summary"] == {
        "total_findings": 4, "by_severity": {"critical": 3, "low": 1}, "by_category": {"security": 4},
        "resources_scanned": 7, "checks_passed": 1, "checks_failed": 3, "checks_errored": 1,
        "coverage_gaps": 3, "score": 38,
    }  # fmt: skip


def test_a_check_that_did_not_run_is_no_pass() -> None:
    report = Report(scan=ScanInfo(outcome="cancelled", checks=("aws-s3-001",)))
    whole = document(report)
    assert whole["results"][0]["error"] == "The scan did not complete: cancelled."
    assert (whole["summary"]["checks_passed"], whole["summary"]["checks_errored"]) == (0, 1)


def test_its_diff_tells_regions_and_accounts_apart() -> None:
    policy = Resource(
        "arn:aws:iam::aws:policy/AWSSupportAccess", "AWSSupportAccess", "AWS::IAM::ManagedPolicy"
    )
    findings = [
        *(finding_of(subject=RegionScope(), region=region) for region in ("eu-central-1", "eu-west-1")),
        *(finding_of(subject=policy, account_id=account) for account in ("111122223333", "444455556666")),
        finding_of(),
    ]
    (result,) = document(Report(entries=tuple(map(Entry, findings))))["results"]
    assert len({finding["resource_id"] for finding in result["findings"]}) == len(findings)
    assert finding_of().resource_id in {finding["resource_id"] for finding in result["findings"]}
