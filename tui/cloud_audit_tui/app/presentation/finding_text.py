"""What the detail pane says about one finding; every piece from AWS is made plain here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from textual.content import Content
from textual.highlight import highlight

from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.app.presentation.severity_badges import mark
from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.checks.explanation import about_of, explanation
from cloud_audit_tui.model import Status
from cloud_audit_tui.remediation.inputs import inputs
from cloud_audit_tui.remediation.render import render
from cloud_audit_tui.remediation.selection import effect_of
from cloud_audit_tui.text import plain, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.remediation.inputs import Input
    from cloud_audit_tui.remediation.render import Remediation

TOLD_SECTIONS = ("Why it matters", "Common causes", "Detection", "References")
"""The sections of an explanation that are read; the templates have tabs of their own, filled in."""
LABEL_WIDTH = 11
HIGHLIGHTED = 60_000
"""Characters up to which a text gets its colours; colouring takes time for each."""


@dataclass(frozen=True)
class Shown:
    """A finding with its key in the store, and what is known of its account and its check."""

    key: str
    row_id: int
    finding: Finding
    alias: str = ""
    service: str = ""
    verified_at: str = ""


@dataclass(frozen=True)
class Fix:
    """A finding's remediation and what its script asks for first."""

    remediation: Remediation
    inputs: Sequence[Input]
    effect: Sequence[tuple[str, str]] = ()


def fix_of(finding: Finding, environment: Mapping[str, str]) -> Fix:
    """Return the remediation of a finding; takes milliseconds, so call it in a thread."""
    effect = effect_of(finding) if finding.status is Status.FAIL else ()
    return Fix(render(finding, environment), inputs(finding), effect)


def headline(finding: Finding, *, verified: bool = False) -> Content:
    """Return the finding in one line."""
    shown = mark(finding.status, finding.severity, verified=verified)
    name = plain(finding.resource_name or finding.resource_id)
    parts: list[tuple[str, str]] = [
        (f"{shown.shape} {shown.word}", f"bold ${shown.colour}"),
        (f"  {plain(finding.title)}", "bold"),
    ]
    if name:
        parts.append((f"  {name}", "$foreground 70%"))
    return Content.assemble(*parts)


def summary(shown: Shown) -> Content:
    """Return what was found where, as a short list."""
    finding = shown.finding
    account = " ".join(plain(part) for part in (finding.account_id, shown.alias) if part)
    where = " · ".join(part for part in (account, plain(finding.region), plain(finding.profile)) if part)
    facts = [
        ("Reason", plain(finding.reason)),
        ("Verified", _verified(shown)),
        ("Resource", plain(finding.resource_name)),
        ("Type", plain(finding.resource_type)),
        ("Where", where),
        ("Check", " · ".join(part for part in (finding.check_id, shown.service) if part)),
        ("ARN" if finding.resource_id.startswith("arn:") else "Id", plain(finding.resource_id)),
    ]
    lines = [
        Content.assemble((label.ljust(LABEL_WIDTH), "$foreground 55%"), (value, ""))
        for label, value in facts
        if value
    ]
    return Content("\n").join(lines)


def _verified(shown: Shown) -> str:
    """Return when a finding was verified on its own, and what was found; empty if it was not."""
    found = {
        Status.PASS: "fixed",
        Status.FAIL: "still failing",
        Status.NOT_ASSESSED: "could not be assessed",
    }[shown.finding.status]
    when = formatting.local_time(shown.verified_at)
    return f"{when}: {found}" if when else ""


def service_of(check_id: str) -> str:
    """Return the AWS service that a check is about; empty where its explanation cannot be read."""
    about = about_of(check_id)
    return about.service if about else ""


def told(check_id: str) -> str:
    """Return the explanation of a check as Markdown: our own text, none of it from AWS.

    Raises what `explanation` raises for one that cannot be read.
    """
    if check_id not in all_checks():
        return f"There is no explanation of `{check_id}` in this version."
    known = explanation(check_id)
    sections = [f"### {name}\n\n{known.sections[name]}" for name in TOLD_SECTIONS]
    if known.compliance_list:
        sections.append(f"### Compliance\n\n{known.compliance_list}")
    return "\n\n".join([known.summary, *sections])


def could_not(error: Exception) -> Content:
    """Return what stands in the place of something that cannot be shown."""
    return Content.assemble(
        ("This cannot be shown: ", "bold $text-error"), f"{quoted(str(error))} ({type(error).__name__})"
    )


def coloured(text: str, language: str) -> Content:
    """Return a text with the colours of its language, safe to look at."""
    shown = plain(text, keep_newlines=True)
    return highlight(shown, language=language) if len(shown) <= HIGHLIGHTED else Content(shown)


def lead(finding: Finding, text: str, key: str, kind: str, fix: Fix) -> Content:
    """Return the line above a remediation: the key that copies it, and what to have ready."""
    notes = [plain(note) for note in fix.remediation.note.splitlines()]
    if not text:
        if finding.status is Status.FAIL:
            first = f"There is no {kind} for this finding."
        else:
            first = "There is nothing to fix here."
        return Content("\n").join([Content.styled(first, "bold"), *map(Content, notes), *_effect(fix)])
    lines = [Content.assemble((f"{key} ", "bold $primary"), (f"copies this {kind}", "$foreground 70%"))]
    if kind == "CLI script":
        lines += [
            Content.assemble(
                (f"{needed.variable} ", "bold $warning"),
                (f"{key} asks for it: {needed.meaning}", "$foreground 80%"),
            )
            for needed in fix.inputs
        ]
    lines += [Content.styled(note, "$foreground 70%") for note in notes]
    return Content("\n").join([*lines, *_effect(fix)])


def _effect(fix: Fix) -> list[Content]:
    return [
        Content.assemble((label.ljust(LABEL_WIDTH), "$foreground 55%"), (told, ""))
        for label, told in fix.effect
    ]


def evidence(finding: Finding) -> Content:
    """Return the facts that were read from AWS, as JSON."""
    encoded = msgspec.json.format(msgspec.json.encode(finding.evidence), indent=2)
    return coloured(encoded.decode(), "json")
