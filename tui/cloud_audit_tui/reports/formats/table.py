"""The table report: what was found, in columns, for a person at a terminal."""

from __future__ import annotations

import os
import shutil
from typing import IO, TYPE_CHECKING

import click

from cloud_audit_tui.model import Finding, Severity, Status
from cloud_audit_tui.remediation.render import render
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud_audit_tui.reports.document import Collected

COLOURS = {
    Severity.CRITICAL: "bright_red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
}
NOT_ASSESSED = "not assessed"
INDENT = "    "


def write_table(
    collected: Collected, file: IO[str], environment: Mapping[str, str], *, remediation: bool
) -> None:
    """Write failures and what was not assessed, each with its reason; passes are only counted."""
    colour = file.isatty() and "NO_COLOR" not in os.environ
    width = shutil.get_terminal_size((120, 40)).columns if file.isatty() else 0
    shown = [finding for finding in collected.findings if finding.status is not Status.PASS]
    for finding in shown:
        _write_finding(finding, file, width, colour=colour)
        if remediation and finding.status is Status.FAIL:
            fix = render(finding, environment)
            for title, text in (("AWS CLI", fix.cli), ("Terraform", fix.terraform)):
                if text:
                    # Not indented, so that what is selected with the mouse can be pasted.
                    file.write(f"\n{INDENT}{title}:\n{text.rstrip()}\n")
            if fix.note:
                file.write(f"\n{INDENT}{plain(fix.note)}\n")
            file.write("\n")
    if shown:
        file.write("\n")
    file.write(_summary(collected) + "\n")


def _write_finding(finding: Finding, file: IO[str], width: int, *, colour: bool) -> None:
    failed = finding.status is Status.FAIL
    word = finding.severity.upper() if failed else NOT_ASSESSED
    head = f"{word:<12}"
    if colour:
        head = click.style(head, fg=COLOURS[finding.severity] if failed else "magenta", bold=failed)
    place = " ".join(
        part for part in (finding.region or "-", finding.account_id or "-", finding.profile) if part
    )
    line = f"{finding.check_id}  {plain(finding.resource_name)}  {plain(place)}"
    file.write(f"{head}  {line}\n")
    for text in (finding.title, finding.reason):
        file.writelines(f"{INDENT}{part}\n" for part in _wrapped(plain(text), width))


def _wrapped(text: str, width: int) -> list[str]:
    if not width:
        return [text]
    indent = len(INDENT)
    return click.wrap_text(text, width - indent).splitlines()


def _summary(collected: Collected) -> str:
    findings = collected.findings
    failed = [finding for finding in findings if finding.status is Status.FAIL]
    by_severity = ", ".join(
        f"{count} {severity.value}"
        for severity in Severity
        if (count := sum(finding.severity is severity for finding in failed))
    )
    passed = sum(finding.status is Status.PASS for finding in findings)
    unassessed = sum(finding.status is Status.NOT_ASSESSED for finding in findings)
    parts = [f"{len(failed)} failed" + (f" ({by_severity})" if by_severity else "")]
    parts += [f"{passed} passed", f"{unassessed} not assessed"]
    end = collected.finished
    if end is not None:
        parts.append(f"{end.calls} AWS calls in {end.elapsed:.1f} s")
        if end.message:
            parts.append(plain(end.message))
    return " · ".join(parts)
