"""Table: the findings in columns, for a person at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cloud_audit_tui.model import Disposition, Severity, Status
from cloud_audit_tui.plural import plural
from cloud_audit_tui.reports.format import Format, Options
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud_audit_tui.reports.document import Entry, Report

COLOURS = {
    Severity.CRITICAL: "bright_red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
}
NOT_ASSESSED = "not assessed"
INDENT = "    "


def to_text(report: Report, options: Options) -> str:
    """Return the failures and the subjects not assessed, each with its reason, and count all others."""
    entries = [
        entry
        for entry in report.entries
        if entry.finding.status is not Status.PASS and entry.disposition is Disposition.OPEN
    ]
    lines = [line for entry in entries for line in _entry(entry, options)]
    if entries:
        lines.append("")
    return "\n".join([*lines, _summary(report), ""])


def _entry(entry: Entry, options: Options) -> Iterator[str]:
    finding = entry.finding
    is_failure = finding.status is Status.FAIL
    word = finding.severity.upper() if is_failure else NOT_ASSESSED
    head = f"{word:<12}"
    if options.color:
        head = click.style(head, fg=COLOURS[finding.severity] if is_failure else "magenta", bold=is_failure)
    where = " ".join(
        part for part in (finding.region or "-", finding.account_id or "-", finding.profile) if part
    )
    yield f"{head}  {plain(finding.check_id)}  {plain(finding.resource_name)}  {plain(where)}"
    for text in (finding.title, finding.reason):
        yield from (f"{INDENT}{part}" for part in _wrapped(plain(text), options.width))
    if options.remediation and is_failure:
        fix = options.fix(finding)
        for title, text in (("AWS CLI", fix.cli), ("Terraform", fix.terraform)):
            if text:
                # Not indented, so that a selection with the mouse can be pasted.
                yield f"\n{INDENT}{title}:\n{text.rstrip()}"
        if fix.note:
            yield f"\n{INDENT}{plain(fix.note)}"
        yield ""


def _wrapped(text: str, width: int) -> list[str]:
    if not width:
        return [text]
    return click.wrap_text(text, width - len(INDENT)).splitlines()


def _effort(calls: int, elapsed: float) -> list[str]:
    """Return what the scan took; a report of another scanner does not know its calls."""
    time = [f"{elapsed:.1f} s"] if elapsed else []
    number = [f"{calls} {plural(calls, 'AWS call')}"] if calls else []
    return [" in ".join(number + time)] if number or time else []


def _summary(report: Report) -> str:
    parts = [report.summary.words]
    if report.narrowing is not None:
        parts.append(plain(report.narrowing_words))
    parts += _effort(report.scan.calls, report.scan.elapsed)
    if report.scan.message:
        parts.append(plain(report.scan.message))
    return " · ".join(parts)


FORMAT = Format(
    "table",
    ".txt",
    "Failures and what was not assessed, for people",
    to_text,
    fixes_on_request=True,
    says_narrowing=True,
)
