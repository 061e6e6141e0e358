"""Reports read back, and files that are none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloud_audit_tui.model import (
    PROFILE_ACCESS,
    AccountScope,
    Disposition,
    ProfileScope,
    RegionScope,
    Resource,
    Severity,
    Status,
    Subject,
)
from cloud_audit_tui.reports.document import Entry, Report
from cloud_audit_tui.reports.format import Options
from cloud_audit_tui.reports.format_registry import formats
from cloud_audit_tui.reports.reader import UnreadableReportError
from cloud_audit_tui.reports.reader_registry import readers
from cloud_audit_tui.text import plain
from each_row import each_row
from reports.made_report import ACCOUNT, HOSTILE, finding_of, prowler_event, whole_report
from reports.read_report import read_report


def text(report: Report, name: str) -> str:
    return formats()[name].to_text(report, Options())


def test_our_json_comes_back_as_it_was_written() -> None:
    whole = whole_report()
    entries = tuple(entry for entry in whole.entries if "\ud800" not in entry.finding.reason)
    encodable = Report(whole.scan, whole.accounts, whole.failures, entries)
    for report in (encodable, Report()):
        assert text(read_report(text(report, "json").encode()), "json") == text(report, "json")
    # What UTF-8 cannot hold is replaced once, and then stays.
    again = read_report(text(whole, "json").encode())
    assert read_report(text(again, "json").encode()) == again
    clean = Report(entries=(Entry(finding_of()),))
    assert read_report(text(clean, "json").encode()).entries == clean.entries


def test_what_is_read_is_written_in_every_format() -> None:
    again = read_report(text(whole_report(), "json").encode())
    different = [
        name
        for name in formats()
        if text(again, name).count("Access denied.") != text(whole_report(), name).count("Access denied.")
    ]
    assert different == []


def test_our_own_cloud_audit_json_keeps_failures_and_what_was_not_assessed() -> None:
    report = read_report(text(whole_report(), "cloud-audit").encode())
    assert report.summary.failed == 4
    findings = [entry.finding for entry in report.entries]
    assert {finding.source for finding in findings} == {"cloud-audit"}
    gaps = {
        (finding.check_id, finding.subject, finding.account_id, finding.region, finding.reason)
        for finding in findings
        if finding.status is Status.NOT_ASSESSED
    }
    here = ACCOUNT, "eu-central-1"
    assert gaps == {
        ("aws-sagemaker-001", Resource("unread", "unread", ""), *here, "Access denied."),
        ("aws-sagemaker-001", RegionScope(), *here, "Add sagemaker:ListNotebookInstances."),
        (PROFILE_ACCESS, ProfileScope("expired"), "", "", "The SSO session has ended. Run aws sso login."),
    }
    assert report.summary.not_assessed == whole_report().summary.not_assessed
    assert [failure.profile for failure in report.failures] == ["expired"]
    assert read_report(text(report, "cloud-audit").encode()).summary.words == report.summary.words


def test_each_gap_of_cloud_audit_is_not_assessed_where_it_says() -> None:
    def unassessed(gaps: list[str], error: str | None = None) -> list[tuple[Subject, str, str]]:
        result = {"check_id": "aws-bedrock-001", "coverage_gaps": gaps, "error": error}
        document = {"provider": "aws", "account_id": ACCOUNT, "results": [result]}
        findings = [entry.finding for entry in read_report(json.dumps(document).encode()).entries]
        assert {finding.account_id for finding in findings} <= {ACCOUNT, "444455556666"}
        return [(finding.subject, finding.region, finding.reason) for finding in findings]

    rows: list[tuple[list[str], str | None, list[tuple[Subject, str, str]]]] = [
        ([], None, []),
        (["eu-west-1: denied", "us-gov-east-1: x"], None,
         [(RegionScope(), "eu-west-1", "denied"), (RegionScope(), "us-gov-east-1", "x")]),
        (["eu-west-1: a", "eu-west-1: b"], None, [(RegionScope(), "eu-west-1", "a; b")]),
        (["one", "two"], "Boom.", [(AccountScope(), "", "Boom.; one; two")]),
        (["one", "two"], "one; two", [(AccountScope(), "", "one; two")]),
        ([f"{ACCOUNT} ({ACCOUNT}, profile a b): x"], None, [(AccountScope(), "", "x")]),
        (["r (1) (eu-west-1, 444455556666): x (y): z"], None,
         [(Resource("r (1)", "r (1)", ""), "eu-west-1", "x (y): z")]),
        (["r (here): x"], None, [(AccountScope(), "", "r (here): x")]),
    ]  # fmt: skip
    with each_row() as row:
        for gaps, error, findings in rows:
            with row(gaps):
                assert unassessed(gaps, error) == findings


def test_our_own_ocsf_keeps_states_accounts_and_regions() -> None:
    report = read_report(text(whole_report(), "ocsf").encode())
    states = {
        entry.finding.resource_name: (entry.finding.status, entry.disposition) for entry in report.entries
    }
    assert states["lab"] == (Status.FAIL, Disposition.OPEN)
    assert states["accepted"] == (Status.FAIL, Disposition.MUTED)
    assert states["repaired"] == (Status.PASS, Disposition.FIXED)
    assert states["unread"] == (Status.NOT_ASSESSED, Disposition.OPEN)
    [expired] = [entry.finding for entry in report.entries if entry.finding.check_id == PROFILE_ACCESS]
    assert (expired.subject, expired.profile, expired.account_id) == (ProfileScope("expired"), "expired", "")
    assert [failure.profile for failure in report.failures] == ["expired"]
    (account,) = report.accounts
    assert (account.account_id, account.alias, account.regions) == (ACCOUNT, "acme", ("eu-central-1",))


def test_our_own_ocsf_brings_back_what_its_class_has_no_attribute_for() -> None:
    def in_words(report: Report) -> list[tuple[str, Subject, Severity, str, str]]:
        return sorted(
            (
                (each.finding.check_id, each.finding.subject, each.finding.severity, each.finding.profile,
                 each.finding.reason)
                for each in report.entries
                # A pass is not a detection, and an event has only text that can be shown.
                if each.finding.status is not Status.PASS and each.finding.resource_name.isprintable()
                and plain(HOSTILE) not in each.finding.resource_name
            ),
            key=repr,
        )  # fmt: skip

    report = read_report(text(whole_report(), "ocsf").encode())
    assert in_words(report) == in_words(whole_report())
    assert [account.profile for account in report.accounts] == ["prod"]


def test_what_another_scanner_leaves_unmapped_is_not_ours() -> None:
    values: list[Any] = [{"subject": "region", "profile": "x", "severity": "low"}, [], "x", None]
    for unmapped in values:
        [entry] = read_report(json.dumps([prowler_event(unmapped=unmapped)]).encode()).entries
        assert entry.finding.profile == ""
        assert isinstance(entry.finding.subject, Resource)
        assert entry.finding.severity is Severity.HIGH


@pytest.mark.parametrize(
    ("time", "finished_at"),
    [
        (1739539640, "2025-02-14T13:27:20+00:00"),
        (1739539640000, "2025-02-14T13:27:20+00:00"),
        (0, ""),
        (-1, ""),
        (10**400, ""),
        ("2025-02-14", ""),
        (None, ""),
    ],
)
def test_an_ocsf_report_ended_with_its_last_event(time: Any, finished_at: str) -> None:
    earlier = prowler_event(time=1)
    report = read_report(json.dumps([prowler_event(time=time), earlier]).encode())
    assert report.scan.finished_at == (finished_at or "1970-01-01T00:00:01+00:00")


def test_prowlers_ocsf_is_read() -> None:
    events = [
        prowler_event(),
        prowler_event(status_code="PASS"),
        prowler_event(status_code="MANUAL", status_detail="Look in the console."),
        prowler_event(status="Suppressed", status_id=3),
        prowler_event(class_uid=1001),
    ]
    report = read_report(json.dumps(events).encode())
    assert report.summary.words == "1 failed (1 high) · 1 passed · 1 not assessed · 1 muted"
    finding = report.failed[0].finding
    assert finding.subject == Resource(f"arn:aws:iam::{ACCOUNT}:user/a", "a", "AwsIamUser")
    assert (finding.severity, finding.source) == (Severity.HIGH, "prowler")
    assert finding.reason == "User a has a password and no MFA."


def test_a_severity_is_read_in_any_case_and_from_its_number() -> None:
    def severity_of(**severity: Any) -> Severity:
        event = {key: value for key, value in prowler_event().items() if not key.startswith("severity")}
        return read_report(json.dumps([event | severity]).encode()).failed[0].finding.severity

    assert [severity_of(severity_id=number) for number in range(1, 7)] == [
        *(Severity.LOW, Severity.LOW, Severity.MEDIUM),
        *(Severity.HIGH, Severity.CRITICAL, Severity.CRITICAL),
    ]
    assert severity_of() == Severity.LOW
    assert severity_of(severity="HIGH", severity_id=1) == Severity.HIGH
    result = {"check_id": "a", "findings": [{"title": "", "severity": "High", "resource_id": "i-1"}]}
    report = read_report(json.dumps({"provider": "aws", "results": [result]}).encode())
    assert report.failed[0].finding.severity is Severity.HIGH


def test_a_file_that_is_no_report_says_so_in_words() -> None:
    rows = [
        (b"", "The file is not JSON"),
        (b"\xff\xfe", "The file is not JSON"),
        (b"[" * 100_000, "The file is not"),
        (b"{}", f"Known kinds: {'; '.join(reader.description for reader in readers().values())}."),
        (b"[1]", "not a report that can be read"),
        (b'{"scan": {}, "results": [{}], "summary": {}}', "looks like a JSON report of cloud-audit-tui"),
        (b'{"scan": {}, "results": [{"check_id": 1}], "summary": {}}', "$.results[0].check_id"),
        (b'{"provider": "aws", "results": [{"check_id": "a", "findings": [{"title": "", "severity": "x"}]}]}',
         "'x' is not a severity"),
        (b'[{"class_uid": 2004}]', "looks like OCSF findings"),
        (json.dumps([prowler_event(class_uid=2003)]).encode(), "the first is of class_uid 2003"),
    ]  # fmt: skip
    with each_row() as row:
        for content, words in rows:
            with row(content[:60]):
                with pytest.raises(UnreadableReportError) as error:
                    read_report(content)
                assert words in str(error.value)


def test_hostile_names_of_a_foreign_report_are_as_harmless_as_ours() -> None:
    event = prowler_event(message=HOSTILE, status_detail=HOSTILE)
    event["resources"][0]["name"] = event["resources"][0]["uid"] = HOSTILE.replace("\ud800", "")
    event["status_detail"] = event["message"] = HOSTILE.replace("\ud800", "")
    report = read_report(json.dumps([event]).encode())
    assert [
        name for name in formats() if "\x1b" in text(report, name) or "\u202e" in text(report, name)
    ] == []


def test_every_reader_says_what_it_reads() -> None:
    assert all(reader.name == name and reader.description for name, reader in readers().items())
