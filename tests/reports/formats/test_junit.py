"""JUnit XML for build servers."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from cloud_audit_tui.reports.document import Entry, Report
from cloud_audit_tui.reports.format import Options
from cloud_audit_tui.reports.formats.junit import to_text
from reports.made_report import finding_of, whole_report


def test_failures_fail_and_what_was_not_assessed_or_is_muted_is_skipped() -> None:
    suites = ET.fromstring(to_text(whole_report(), Options()))
    assert (suites.get("tests"), suites.get("failures"), suites.get("skipped")) == ("10", "4", "4")
    assert sum(int(suite.get("tests", "")) for suite in suites) == 10
    skipped = sorted(element.get("message", "").split(":")[0] for element in suites.iter("skipped"))
    assert skipped == ["Muted by ops until 2999-12-31", "not assessed", "not assessed", "not assessed"]
    assert {element.get("type") for element in suites.iter("failure")} == {"critical", "low"}


def test_a_scan_that_did_not_complete_is_an_error() -> None:
    (suite,) = ET.fromstring(to_text(Report(), Options()))
    assert (suite.get("tests"), suite.get("errors")) == ("1", "1")
    (error,) = suite.iter("error")
    assert error.get("message") == "The scan did not complete: failed."


def test_what_xml_cannot_hold_is_replaced() -> None:
    text = to_text(Report(entries=(Entry(finding_of("a\x00b\ufffe\uffff\ud800]]><x>&")),)), Options())
    case, _ = ET.fromstring(text.encode()).iter("testcase")
    assert case.get("name", "").endswith("ab\ufffd\ufffd\ufffd]]><x>&")
