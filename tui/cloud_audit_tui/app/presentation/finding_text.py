"""The texts of the detail pane about one finding; every piece from AWS is made plain here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from textual.content import Content
from textual.highlight import highlight

from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.app.presentation.severity_badges import badge
from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.checks.explanation import about_of, explanation
from cloud_audit_tui.model import PROFILE_ACCESS, Status
from cloud_audit_tui.text import plain, quoted

if TYPE_CHECKING:
    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.remediation.render import Remediation
    from cloud_audit_tui.store.history import FindingHistory

SHOWN_SECTIONS = ("Why it matters", "Common causes", "Detection", "References")
"""The sections of an explanation on its tab; the templates are on tabs of their own, filled in."""
PROFILE_ACCESS_TEXT = (
    "The scanner could not use this profile, so no check ran: nothing is known of the account behind it. "
    "The reason above says what to do. Press `r` to scan again."
)
"""The explanation of the row that stands for a profile that cannot be used."""
LABEL_WIDTH = 11
HIGHLIGHTED = 60_000
"""The most characters of a text that is highlighted; highlighting takes time per character."""


@dataclass(frozen=True)
class SelectedFinding:
    """A finding with its key in the store, its account's alias and its check's service."""

    key: str
    row_id: int
    finding: Finding
    alias: str = ""
    service: str = ""
    verified_at: str = ""
    history: FindingHistory | None = None


def headline(finding: Finding, *, verified: bool = False) -> Content:
    """Return the finding in one line."""
    verdict = badge(finding.status, finding.severity, verified=verified)
    name = plain(finding.resource_name or finding.resource_id)
    parts: list[tuple[str, str]] = [
        (f"{verdict.sign} {verdict.word}", f"bold ${verdict.colour}"),
        (f"  {plain(finding.title)}", "bold"),
    ]
    if name:
        parts.append((f"  {name}", "$foreground 70%"))
    return Content.assemble(*parts)


def summary(selected: SelectedFinding) -> Content:
    """Return the reason, the place and the identifiers of a finding, a line each."""
    finding = selected.finding
    account = " ".join(plain(part) for part in (finding.account_id, selected.alias) if part)
    where = " · ".join(part for part in (account, plain(finding.region), plain(finding.profile)) if part)
    facts = [
        ("Reason", plain(finding.reason)),
        ("Verified", _verified(selected)),
        ("Since", _since(selected)),
        ("Resource", plain(finding.resource_name)),
        ("Type", plain(finding.resource_type)),
        ("Where", where),
        ("Check", " · ".join(part for part in (finding.check_id, selected.service) if part)),
        ("ARN" if finding.resource_id.startswith("arn:") else "Id", plain(finding.resource_id)),
    ]
    lines = [
        Content.assemble((label.ljust(LABEL_WIDTH), "$foreground 55%"), (value, ""))
        for label, value in facts
        if value
    ]
    return Content("\n").join(lines)


def _verified(selected: SelectedFinding) -> str:
    """Return when a finding was verified on its own, with the result; empty if it was not."""
    result = {
        Status.PASS: "fixed",
        Status.FAIL: "still failing",
        Status.NOT_ASSESSED: "not assessed",
    }[selected.finding.status]
    when = formatting.local_time(selected.verified_at)
    return f"{when}: {result}" if when else ""


def _since(selected: SelectedFinding) -> str:
    """Return since when a finding fails, and how often it failed again after a fix; empty for no failure."""
    history = selected.history
    if history is None or selected.finding.status is not Status.FAIL:
        return ""
    since = formatting.local_time(history.first_seen_at)
    if history.reopened:
        since += f", reopened {formatting.count(history.reopened, 'time')}"
    return f"{since}, closed {formatting.local_time(history.closed_at)}" if history.closed_at else since


def service_of(check_id: str) -> str:
    """Return the AWS service that a check is about; empty where its explanation cannot be read."""
    about = about_of(check_id)
    return about.service if about else ""


def explanation_markdown(check_id: str) -> str:
    """Return the explanation of a check as Markdown; none of it comes from AWS.

    Raises what `explanation` raises when it cannot be read.
    """
    if check_id == PROFILE_ACCESS:
        return PROFILE_ACCESS_TEXT
    if check_id not in all_checks():
        return f"There is no explanation of `{check_id}` in this version."
    text = explanation(check_id)
    sections = [f"### {name}\n\n{text.sections[name]}" for name in SHOWN_SECTIONS]
    if text.compliance_list:
        sections.append(f"### Compliance\n\n{text.compliance_list}")
    return "\n\n".join([text.summary, *sections])


def cannot_be_shown(error: Exception) -> Content:
    """Return the text in place of something that cannot be shown."""
    return Content.assemble(
        ("This cannot be shown: ", "bold $text-error"), f"{quoted(str(error))} ({type(error).__name__})"
    )


def highlighted(text: str, language: str) -> Content:
    """Return a text highlighted for its language, with control characters removed."""
    safe = plain(text, keep_newlines=True)
    return highlight(safe, language=language) if len(safe) <= HIGHLIGHTED else Content(safe)


def lead(finding: Finding, text: str, key: str, kind: str, remediation: Remediation) -> Content:
    """Return the lines above a remediation: the key that copies it, its inputs, notes and effect."""
    notes = [plain(note) for note in remediation.note.splitlines()]
    if not text:
        if finding.status is Status.FAIL:
            first = f"There is no {kind} for this finding."
        else:
            first = "There is nothing to fix here."
        return Content("\n").join(
            [Content.styled(first, "bold"), *map(Content, notes), *_effects(remediation)]
        )
    lines = [Content.assemble((f"{key} ", "bold $primary"), (f"copies this {kind}", "$foreground 70%"))]
    if kind == "CLI script":
        lines += [
            Content.assemble(
                (f"{needed.variable} ", "bold $warning"),
                (f"{key} asks for it: {needed.meaning}", "$foreground 80%"),
            )
            for needed in remediation.inputs()
        ]
    lines += [Content.styled(note, "$foreground 70%") for note in notes]
    return Content("\n").join([*lines, *_effects(remediation)])


def _effects(remediation: Remediation) -> list[Content]:
    return [
        Content.assemble((label.ljust(LABEL_WIDTH), "$foreground 55%"), (text, ""))
        for label, text in remediation.effects
    ]


def evidence(finding: Finding) -> Content:
    """Return the facts that were read from AWS, as JSON."""
    encoded = msgspec.json.format(msgspec.json.encode(finding.evidence), indent=2)
    return highlighted(encoded.decode(), "json")
