from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.model import Finding, Status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]

ON, ATTENDED = "aws-gd-001", "aws-gd-002"
DETECTOR = "12abc34d567e8fa901bc2d34e56789f0"
ARN = f"arn:aws:guardduty:eu-central-1:111122223333:detector/{DETECTOR}"
NOW = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
OLD = "2025-06-01T00:00:00.000Z"


def detector(aws: Any, status: str = "ENABLED", **members: Any) -> None:
    aws.answer("guardduty", "ListDetectors", {"DetectorIds": [DETECTOR]})
    aws.answer("guardduty", "GetDetector", {"ServiceRole": "role", "Status": status, **members})


def guardduty_finding(
    identifier: str,
    severity: float = 5.0,
    *,
    sample: bool = False,
    created_at: str = OLD,
    archived: bool = False,
) -> dict[str, Any]:
    information = {"Value": json.dumps({"sample": True}), "Type": "default"} if sample else {"Value": "{}"}
    return {
        "AccountId": "111122223333",
        "Arn": f"{ARN}/finding/{identifier}",
        "CreatedAt": created_at,
        "Id": identifier,
        "Region": "eu-central-1",
        "Resource": {},
        "SchemaVersion": "2.0",
        "Severity": severity,
        "Type": f"Recon:EC2/{identifier}",
        "UpdatedAt": NOW,
        "Service": {"AdditionalInfo": information, "Archived": archived},
    }


def script_findings(aws: Any, *pages: list[dict[str, Any]]) -> None:
    detector(aws)
    by_id = {one["Id"]: one for page in pages for one in page}
    for index, page in enumerate(pages):
        answer: dict[str, Any] = {"FindingIds": [one["Id"] for one in page]}
        if index + 1 < len(pages):
            answer["NextToken"] = f"page{index + 1}"
        token: dict[str, Any] = {"nextToken": f"page{index}" if index else None}
        aws.answer("guardduty", "ListFindings", answer, **token)
    aws.answer(
        "guardduty",
        "GetFindings",
        lambda params: {"Findings": [by_id[identifier] for identifier in params["findingIds"]]},
    )


async def test_a_region_without_a_detector_fails(aws: Any, judge: Judge) -> None:
    aws.answer("guardduty", "ListDetectors", {"DetectorIds": []})
    [finding] = await judge(ON)
    assert finding.status is Status.FAIL
    assert finding.resource_name == "eu-central-1"
    assert await judge(ATTENDED) == []


@pytest.mark.parametrize(
    ("status", "verdict"),
    [("ENABLED", Status.PASS), ("DISABLED", Status.FAIL), ("PAUSED", Status.NOT_ASSESSED)],
)
async def test_a_suspended_detector_fails(aws: Any, judge: Judge, status: str, verdict: Status) -> None:
    detector(aws, status)
    [finding] = await judge(ON)
    assert finding.status is verdict
    assert finding.resource_id == ARN


async def test_protection_plans_that_are_off_are_named_and_do_not_fail(aws: Any, judge: Judge) -> None:
    features = [
        {"Name": "S3_DATA_EVENTS", "Status": "DISABLED"},
        {"Name": "EKS_AUDIT_LOGS", "Status": "ENABLED"},
        {"Name": "FLOW_LOGS", "Status": "ENABLED"},
    ]
    detector(aws, Features=features)
    [finding] = await judge(ON)
    assert finding.status is Status.PASS
    assert finding.evidence["features_off"] == ["S3_DATA_EVENTS"]
    assert finding.reason.endswith("Protection plans that are off: S3_DATA_EVENTS.")


@pytest.mark.parametrize(
    ("on", "off"),
    [("RUNTIME_MONITORING", []), ("EKS_RUNTIME_MONITORING", ["RUNTIME_MONITORING"])],
)
async def test_the_runtime_plan_includes_that_of_eks(aws: Any, judge: Judge, on: str, off: list[str]) -> None:
    plans = ("EKS_RUNTIME_MONITORING", "RUNTIME_MONITORING")
    detector(
        aws, Features=[{"Name": name, "Status": "ENABLED" if name == on else "DISABLED"} for name in plans]
    )
    [finding] = await judge(ON)
    assert finding.evidence["features_off"] == off


async def test_a_denied_detector_is_not_assessed(aws: Any, judge: Judge) -> None:
    aws.answer("guardduty", "ListDetectors", {"DetectorIds": [DETECTOR]})
    for finding in await judge(ON, ATTENDED):
        assert finding.status is Status.NOT_ASSESSED
        assert finding.resource_id == ARN
        assert finding.evidence["missing_permission"].startswith("guardduty:")


async def test_denied_detectors_are_not_assessed_and_not_missing(aws: Any, judge: Judge) -> None:
    aws.denied("guardduty", "ListDetectors")
    for finding in await judge(ON, ATTENDED):
        assert finding.status is Status.NOT_ASSESSED
        assert finding.evidence["missing_permission"] == "guardduty:ListDetectors"


async def test_the_worst_unarchived_findings_are_asked_for_first(aws: Any, judge: Judge) -> None:
    script_findings(aws, [])
    [finding] = await judge(ATTENDED)
    assert finding.status is Status.PASS
    [request] = aws.requests("ListFindings")
    assert request["findingCriteria"]["criterion"] == {"service.archived": {"equals": ["false"]}}
    assert request["sortCriteria"] == {"attributeName": "severity", "orderBy": "DESC"}
    assert aws.requests("GetFindings") == []


async def test_a_finding_is_as_old_as_its_creation_and_not_its_update(aws: Any, judge: Judge) -> None:
    script_findings(aws, [guardduty_finding("new", 8.0, created_at=NOW), guardduty_finding("goes-on", 5.0)])
    [finding] = await judge(ATTENDED)
    assert (finding.status, finding.severity.value) == (Status.FAIL, "medium")
    assert finding.evidence["finding_ids"] == ["goes-on"]


@pytest.mark.parametrize("members", [{"created_at": NOW}, {"archived": True}])
async def test_new_and_archived_findings_pass(aws: Any, judge: Judge, members: dict[str, Any]) -> None:
    script_findings(aws, [guardduty_finding("f", 8.0, **members)])
    assert [finding.status for finding in await judge(ATTENDED)] == [Status.PASS]


@pytest.mark.parametrize(("severity", "level"), [(4.0, "medium"), (7.0, "high"), (8.9, "high")])
async def test_the_worst_old_finding_gives_the_severity(
    aws: Any, judge: Judge, severity: float, level: str
) -> None:
    script_findings(aws, [guardduty_finding("worst", severity), guardduty_finding("other", 2.0)])
    [finding] = await judge(ATTENDED)
    assert (finding.status, finding.severity.value) == (Status.FAIL, level)
    assert finding.evidence["old_findings"] == 2
    assert finding.evidence["worst_type"] == "Recon:EC2/worst"
    assert f"(severity {severity:g})" in finding.reason


async def test_sample_findings_are_passed_over_to_the_second_page(aws: Any, judge: Judge) -> None:
    samples = [guardduty_finding(f"s{index}", 8.0, sample=True) for index in range(50)]
    script_findings(aws, samples, [guardduty_finding("real", 5.0)])
    [finding] = await judge(ATTENDED)
    assert (finding.status, finding.severity.value) == (Status.FAIL, "medium")
    assert finding.evidence["types"] == ["Recon:EC2/real"]


async def test_nothing_but_samples_passes(aws: Any, judge: Judge) -> None:
    script_findings(aws, [guardduty_finding("s", sample=True)])
    assert [finding.status for finding in await judge(ATTENDED)] == [Status.PASS]


async def test_more_findings_than_one_batch_cost_one_more_call(aws: Any, judge: Judge) -> None:
    script_findings(aws, [guardduty_finding(f"f{index}") for index in range(50)], [guardduty_finding("more")])
    [finding] = await judge(ATTENDED)
    assert "at least 50 unarchived findings" in finding.reason
    assert len(aws.requests("GetFindings")) == 1


async def test_endless_samples_leave_the_verdict_open(aws: Any, judge: Judge) -> None:
    pages = [
        [guardduty_finding(f"s{page}x{index}", sample=True) for index in range(50)] for page in range(11)
    ]
    script_findings(aws, *pages)
    assert [finding.status for finding in await judge(ATTENDED)] == [Status.NOT_ASSESSED]


async def test_behind_many_new_findings_the_server_looks_for_old_ones(aws: Any, judge: Judge) -> None:
    many = [guardduty_finding(f"n{index}", 8.0, created_at=NOW) for index in range(550)]
    by_id = {one["Id"]: one for one in [*many, guardduty_finding("old", 5.0)]}
    detector(aws)

    def page(params: dict[str, Any]) -> dict[str, Any]:
        criterion = params["findingCriteria"]["criterion"]
        if "updatedAt" in criterion:
            assert (datetime.now(UTC).timestamp() - criterion["updatedAt"]["lessThan"] / 1000) / 86_400 >= 30
            return {"FindingIds": ["old"]}
        return {"FindingIds": [one["Id"] for one in many]}

    aws.answer("guardduty", "ListFindings", page)
    aws.answer(
        "guardduty",
        "GetFindings",
        lambda params: {"Findings": [by_id[identifier] for identifier in params["findingIds"]]},
    )
    [finding] = await judge(ATTENDED)
    assert (finding.status, finding.evidence["finding_ids"]) == (Status.FAIL, ["old"])
    assert "at least 1 unarchived finding" in finding.reason
