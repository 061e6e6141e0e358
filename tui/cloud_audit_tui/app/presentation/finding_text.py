"""The texts of the detail pane about one finding; texts from AWS pass through `plain` here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.app.presentation.severity_badges import badge
from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.checks.explanation import about_of, explanation
from cloud_audit_tui.model import PROFILE_ACCESS, Status
from cloud_audit_tui.remediation.quoting import Language
from cloud_audit_tui.text import plain, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.remediation.render import Remediation
    from cloud_audit_tui.store.history import FindingHistory

CLI_SCRIPT, TERRAFORM_FILE = "CLI script", "Terraform file"
"""The names of the two fixes on the screen."""
SHOWN_SECTIONS = ("Why it matters", "Common causes", "Detection", "References")
"""The sections on the explanation's tab; the templates are on tabs of their own, filled in."""
PROFILE_ACCESS_TEXT = (
    "The scanner could not use this profile, so no check ran: nothing is known of the account behind it. "
    "The reason above says what to do."
)
"""The explanation of the row that stands for a profile that cannot be used."""


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
        (f"{verdict.sign} {verdict.word}", f"bold ${verdict.color}"),
        (f"  {plain(finding.title)}", "bold"),
    ]
    if name:
        parts.append((f"  {name}", "$foreground 70%"))
    return Content.assemble(*parts)


def summary(selected: SelectedFinding) -> tuple[tuple[str, Content], ...]:
    """Return the reason, the place and the identifiers of a finding, each with its label."""
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
    return tuple((label, Content(value)) for label, value in facts if value)


def _verified(selected: SelectedFinding) -> str:
    """Return the time and the result of the verification of a finding; empty without a verification."""
    result = {
        Status.PASS: "fixed",
        Status.FAIL: "still failing",
        Status.NOT_ASSESSED: "not assessed",
    }[selected.finding.status]
    when = formatting.local_time(selected.verified_at)
    return f"{when}: {result}" if when else ""


def _since(selected: SelectedFinding) -> str:
    """Return when a failure was first seen and how often it reopened; empty for any other status."""
    history = selected.history
    if history is None or selected.finding.status is not Status.FAIL:
        return ""
    since = formatting.local_time(history.first_seen_at)
    if not since:
        return ""
    if history.reopened:
        since += f", reopened {formatting.count(history.reopened, 'time')}"
    return f"{since}, closed {formatting.local_time(history.closed_at)}" if history.closed_at else since


def service_of(check_id: str) -> str:
    """Return the AWS service of a check; empty if its explanation cannot be read."""
    about = about_of(check_id)
    return about.service if about else ""


def explanation_markdown(check_id: str, scan_key: str) -> str:
    """Return the explanation of a check as Markdown; none of it comes from AWS.

    ``scan_key`` is the user's key that scans, empty where nothing can be scanned. Raises what `explanation`
    raises when it cannot be read.
    """
    if check_id == PROFILE_ACCESS:
        return PROFILE_ACCESS_TEXT + (f" Press `{scan_key}` to scan again." if scan_key else "")
    if check_id not in all_checks():
        return f"There is no explanation of `{check_id}` in this version."
    text = explanation(check_id)
    sections = [f"### {name}\n\n{text.sections[name]}" for name in SHOWN_SECTIONS]
    if text.compliance_list:
        sections.append(f"### Compliance\n\n{text.compliance_list}")
    return "\n\n".join([text.summary, *sections])


def cannot_be_shown(error: Exception) -> Content:
    """Return the text that replaces a part that cannot be shown."""
    return Content.assemble(
        ("This cannot be shown: ", "bold $text-error"), f"{quoted(str(error))} ({type(error).__name__})"
    )


def lead(finding: Finding, text: str, kind: str, remediation: Remediation) -> Content:
    """Return why there is no remediation of a kind; empty if there is one."""
    if text:
        return Content("")
    language = Language.SHELL if kind == CLI_SCRIPT else Language.HCL
    questions = remediation.questions(language)
    if questions:
        first = f"The {kind} needs what the report does not say: copying it asks for that."
    elif finding.status is Status.FAIL:
        first = f"There is no {kind} for this finding."
    else:
        first = "There is nothing to fix here."
    lines = [
        Content.styled(first, "bold"),
        *(
            Content.assemble((f"{each.variable} ", "bold $warning"), plain(each.meaning))
            for each in questions
        ),
        *map(Content, _notes(remediation)),
    ]
    return Content("\n").join(lines)


def notes(text: str, key: str, kind: str, remediation: Remediation) -> tuple[tuple[str, Content], ...]:
    """Return the inputs, notes and effects to read before a remediation is copied, each with its label."""
    facts: list[tuple[str, Content]] = []
    if text:
        facts.append(("", Content.assemble((f"{key} ", "bold $primary"), f"copies this {kind}")))
        if kind == CLI_SCRIPT:
            facts += [
                ("Asks for", Content.assemble((f"{each.variable} ", "bold $warning"), plain(each.meaning)))
                for each in remediation.inputs()
            ]
        facts += [("", Content.styled(note, "$foreground 70%")) for note in _notes(remediation)]
    return (*facts, *((label, Content(value)) for label, value in remediation.effects))


def notes_title(facts: Sequence[tuple[str, Content]], key: str) -> Content:
    """Return the title of the notes with their labels, so that folded notes hide no effect.

    ``key`` unfolds and folds them.
    """
    labels = list(dict.fromkeys(label for label, _ in facts if label))
    return Content.assemble(
        (f"{key} ", "bold $primary"), ("Notes", "bold"), (f"  {' · '.join(labels)}", "$foreground 70%")
    )


def _notes(remediation: Remediation) -> list[str]:
    return [plain(note) for note in remediation.note.splitlines()]
