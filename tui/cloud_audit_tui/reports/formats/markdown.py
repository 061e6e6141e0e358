"""Markdown: a summary, failures by check with their fixes, and the subjects not assessed."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from cloud_audit_tui.checks.explanation import about_of
from cloud_audit_tui.reports.document import place
from cloud_audit_tui.reports.format import Format, Options
from cloud_audit_tui.reports.markdown_text import escaped, fenced

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cloud_audit_tui.reports.document import Entry, Report


def to_text(report: Report, options: Options) -> str:
    """Return the report, with the fixes if ``options.remediation`` is set."""
    return "\n".join([*_lines(report, options), ""])


def _lines(report: Report, options: Options) -> Iterator[str]:
    scan = report.scan
    yield "# AWS security report"
    yield ""
    yield f"**{escaped(report.summary.words)}**"
    yield ""
    for label, value in (
        ("Scan", scan.id),
        ("Started", scan.started_at),
        ("Finished", scan.finished_at),
        ("Outcome", " - ".join(part for part in (scan.outcome, scan.message) if part)),
        ("Version", scan.version),
        ("Findings", report.narrowing_words),
    ):
        if value:
            yield f"- {label}: {escaped(value)}"
    for account in report.accounts:
        name = f"{account.alias} ({account.account_id})" if account.alias else account.account_id
        yield f"- Account {escaped(name)}: {escaped(', '.join(account.regions) or 'no region')}"
    yield from _failures(report, options)
    yield from _list("Not assessed", report, report.not_assessed)
    yield from _list("Muted", report, report.muted)


def _failures(report: Report, options: Options) -> Iterator[str]:
    yield ""
    yield f"## Failures: {len(report.failed)}"
    for (severity, check_id), group in groupby(report.failed, key=_check):
        entries = list(group)
        title = entries[0].finding.title
        yield ""
        yield f"### {severity.upper()}: {escaped(title)} ({escaped(check_id)}, {len(entries)})"
        if about := about_of(check_id):
            yield ""
            yield f"Fix: {escaped(about.effect.changes)}"
        yield ""
        yield "| Resource | Where | Reason |"
        yield "|---|---|---|"
        for entry in entries:
            yield _row(report, entry)
        if options.remediation:
            yield from _fixes(entries, options)


def _fixes(entries: Sequence[Entry], options: Options) -> Iterator[str]:
    for entry in entries:
        fix = options.fix(entry.finding)
        for label, language, code in (("AWS CLI", "sh", fix.cli), ("Terraform", "hcl", fix.terraform)):
            if code:
                yield ""
                yield f"{label} for {escaped(entry.finding.resource_name)}:"
                yield ""
                yield fenced(code, language)


def _list(heading: str, report: Report, entries: Sequence[Entry]) -> Iterator[str]:
    if not entries:
        return
    yield ""
    yield f"## {heading}: {len(entries)}"
    yield ""
    yield "| Check | Resource | Where | Reason |"
    yield "|---|---|---|---|"
    for entry in entries:
        yield f"| {escaped(entry.finding.title)} ({escaped(entry.finding.check_id)}) {_row(report, entry)}"


def _row(report: Report, entry: Entry) -> str:
    finding = entry.finding
    where = place(finding, report.alias(finding.account_id))
    return f"| {escaped(finding.resource_name)} | {escaped(where)} | {escaped(entry.reason)} |"


def _check(entry: Entry) -> tuple[str, str]:
    return entry.finding.severity.value, entry.finding.check_id


FORMAT = Format(
    "markdown",
    ".md",
    "Failures by check, for issues and wikis",
    to_text,
    fixes_on_request=True,
    says_narrowing=True,
)
