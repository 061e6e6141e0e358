"""What holds for every format: it takes any report, says each thing once, and is the same each time."""

from __future__ import annotations

import html
from typing import Any

from cloud_audit_tui.model import Resource, Status
from cloud_audit_tui.reports.document import Account, Entry, Report, ScanInfo
from cloud_audit_tui.reports.format import Options
from cloud_audit_tui.reports.format_registry import format_of, formats, names
from each_row import each_row
from reports.made_report import finding_of, whole_report
from reports.read_report import read_report


def test_an_empty_report_is_written() -> None:
    with each_row() as row:
        for name, form in formats().items():
            with row(name):
                text = form.to_text(Report(), Options())
                assert text.endswith("\n")
                text.encode()


def test_the_text_is_the_same_whatever_came_first() -> None:
    report = whole_report()
    turned = Report(report.scan, report.accounts, report.failures, tuple(reversed(report.entries)))
    with each_row() as row:
        for name, form in formats().items():
            with row(name):
                assert form.to_text(report, Options()) == form.to_text(turned, Options())


def test_hostile_text_is_harmless_on_a_terminal_and_can_be_encoded() -> None:
    with each_row() as row:
        for name, form in formats().items():
            with row(name):
                text = form.to_text(whole_report(), Options())
                text.encode()
                assert "\x1b" not in text
                assert "\u202e" not in text


def test_no_text_of_a_file_draws_on_a_terminal_whichever_field_it_is_in() -> None:
    hostile = "a\x1b]0;title\x07\u202eb\x9b31m"
    texts = ("check_id", "profile", "account_id", "region", "partition", "title", "reason", "source")
    fields: dict[str, Any] = dict.fromkeys(texts, hostile)
    subject = Resource(hostile, hostile, hostile)
    account = Account(hostile, hostile, hostile, (hostile,), (hostile,), hostile, hostile, hostile)
    scan = ScanInfo(
        id=hostile,
        version=hostile,
        started_at=hostile,
        finished_at=hostile,
        outcome=hostile,
        message=hostile,
        checks=(hostile,),
        profiles=(hostile,),
    )
    findings = (
        finding_of(**fields, subject=subject, evidence={hostile: hostile}, status=status)
        for status in (Status.FAIL, Status.NOT_ASSESSED, Status.PASS)
    )
    entries = tuple(Entry(finding, first_seen=hostile) for finding in findings)
    report = Report(scan, (account,), (), entries).with_narrowing(hostile, 1)
    with each_row() as row:
        for name, form in formats().items():
            for options in (Options(), Options(remediation=True)):
                with row((name, options.remediation)):
                    text = form.to_text(report, options)
                    assert not {"\x1b", "\x07", "\u202e", "\x9b"} & set(text)


def test_what_could_not_be_looked_at_is_there_with_its_reason() -> None:
    reasons = ("Access denied.", "Add sagemaker:ListNotebookInstances.", "The SSO session has ended.")
    with each_row() as row:
        for name, form in formats().items():
            with row(name):
                text = html.unescape(form.to_text(whole_report(), Options()))
                assert [words for words in reasons if words not in text] == []


def test_a_filtered_report_says_what_it_leaves_out_where_the_format_can() -> None:
    report = whole_report().with_narrowing('"<b>" severity:high+', 3)
    narrowing = 'only what matches "<b>" severity:high+, which leaves out 3 not assessed'
    with each_row() as row:
        for name, form in formats().items():
            if name != "json":
                with row(name):
                    text = html.unescape(form.to_text(report, Options())).replace('\\"', '"')
                    assert (narrowing in text.replace("\\<b\\>", "<b>")) == form.says_narrowing
    again = read_report(formats()["json"].to_text(report, Options()).encode())
    assert again.narrowing == report.narrowing
    assert again.with_narrowing("lab", 1).narrowing_words == (
        'only what matches "<b>" severity:high+ lab, which leaves out 4 not assessed'
    )


def test_marked_findings_stay_marked_ones_when_a_filter_chooses_among_them() -> None:
    marked = whole_report().with_narrowing("", 2)
    assert marked.narrowing_words == "only the marked findings, which leaves out 2 not assessed"
    again = read_report(formats()["json"].to_text(marked, Options()).encode())
    assert again.with_narrowing("lab", 0).narrowing_words == (
        "only the marked findings that match lab, which leaves out 2 not assessed"
    )


def test_a_page_does_not_call_what_a_filter_leaves_out_a_pass() -> None:
    page = formats()["html"].to_text(Report().with_narrowing("lab", 0), Options())
    assert "No failure is among these findings." in page
    assert "No failure was found" not in page


def test_a_format_declares_what_a_dialog_shows() -> None:
    with each_row() as row:
        for name, form in formats().items():
            with row(name):
                assert form.name == name
                assert form.suffix.startswith(".")
                assert form.description


def test_a_files_name_tells_its_format() -> None:
    from pathlib import PurePath

    by_name = {name: format_of(PurePath(name)) for name in ("a.JSON", "a.ocsf.json", "b.txt", "c.unknown")}
    assert {name: each.name if each else "" for name, each in by_name.items()} == {
        "a.JSON": "json",
        "a.ocsf.json": "ocsf",
        "b.txt": "table",
        "c.unknown": "",
    }


def test_every_format_is_named_like_its_module() -> None:
    assert list(formats()) == names()
