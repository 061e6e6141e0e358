"""JUnit XML, for build servers: a suite is a check in an account, a case is a subject."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from cloud_audit_tui.model import Disposition, Status
from cloud_audit_tui.reports.document import place
from cloud_audit_tui.reports.format import Format, Options
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from cloud_audit_tui.reports.document import Entry, Report

# XML 1.0 cannot represent these, not even as a reference; `plain` removes all other control characters.
_NONCHARACTERS = str.maketrans(dict.fromkeys((0xFFFE, 0xFFFF), "�"))


def to_text(report: Report, options: Options) -> str:
    """Return one case for each finding: failures fail, and muted or not assessed findings are skipped.

    A scan that did not complete is an error, so that a build does not pass because findings are missing.
    """
    name = " ".join(filter(None, ("cloud-audit-tui", report.narrowing_words)))
    suites = ET.Element("testsuites", name=_text(name), time=f"{report.scan.elapsed:.3f}")
    for (check_id, account_id), group in groupby(sorted(report.entries, key=_suite), key=_suite):
        entries = list(group)
        suite = ET.SubElement(suites, "testsuite", name=_text(f"{check_id} {account_id}".strip()))
        for entry in entries:
            _add_case(suite, entry, report)
        _count(suite)
        if report.scan.started_at:
            suite.set("timestamp", _text(report.scan.started_at.removesuffix("+00:00")))
    if report.incomplete:
        suite = ET.SubElement(suites, "testsuite", name="scan")
        case = ET.SubElement(suite, "testcase", classname="scan", name="The scan is complete", time="0")
        ET.SubElement(case, "error", message=_text(report.incomplete))
        _count(suite)
    _count(suites)
    ET.indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(suites, encoding="unicode")}\n'


def _add_case(suite: ET.Element, entry: Entry, report: Report) -> None:
    finding = entry.finding
    where = place(finding, report.alias(finding.account_id))
    identity = finding.resource_id or finding.resource_name
    case = ET.SubElement(
        suite,
        "testcase",
        classname=_text(f"{finding.check_id}.{finding.region or 'global'}"),
        name=_text(f"{finding.title}: {identity}"),
        time="0",
    )
    message = _text(finding.reason)
    if entry.disposition is Disposition.MUTED:
        ET.SubElement(case, "skipped", message=_text(entry.reason))
    elif finding.status is Status.NOT_ASSESSED:
        ET.SubElement(case, "skipped", message=_text(f"not assessed: {finding.reason}"))
    elif entry.is_open_failure:
        failure = ET.SubElement(case, "failure", type=finding.severity.value, message=message)
        failure.text = _text(f"{finding.severity.upper()}: {finding.reason} ({where})")


def _count(element: ET.Element) -> None:
    element.set("tests", str(len(element.findall(".//testcase"))))
    element.set("failures", str(len(element.findall(".//failure"))))
    element.set("errors", str(len(element.findall(".//error"))))
    element.set("skipped", str(len(element.findall(".//skipped"))))


def _suite(entry: Entry) -> tuple[str, str]:
    return entry.finding.check_id, entry.finding.account_id


def _text(value: str) -> str:
    return plain(value).translate(_NONCHARACTERS)


FORMAT = Format("junit", ".xml", "JUnit XML, for build servers", to_text, says_narrowing=True)
