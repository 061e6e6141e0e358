"""The facts that the fixes of a report's findings lack, and the findings completed with answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cloud_audit_tui.model import OWN_SCAN
from cloud_audit_tui.remediation.given_facts import WrongAnswerError, completed
from cloud_audit_tui.remediation.input_kinds import Reuse, variable_of
from cloud_audit_tui.remediation.render import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.remediation.quoting import Language
    from cloud_audit_tui.remediation.templates import Input


@dataclass(frozen=True)
class MissingFact:
    """A fact to ask for under ``key``; ``fixes`` counts the fixes that share it, ``finding`` is the first."""

    key: str
    input: Input
    finding: Finding
    fixes: int = 1


def missing_of(findings: Iterable[Finding], language: Language) -> list[MissingFact]:
    """Return the facts to ask for before these findings can be rendered; none for our own scan."""
    missing: dict[str, MissingFact] = {}
    for finding in findings:
        if finding.source == OWN_SCAN:
            continue
        for needed in render(finding).questions(language):
            key = _key(finding, needed.variable)
            entry = missing.get(key)
            missing[key] = (
                MissingFact(key, needed, finding) if entry is None else replace(entry, fixes=entry.fixes + 1)
            )
    return list(missing.values())


def with_answers(
    findings: Iterable[Finding],
    language: Language,
    missing: Sequence[MissingFact],
    values: Mapping[str, str],
) -> list[Finding]:
    """Return findings with the facts of valid answers, by `MissingFact.key`; the others are unchanged."""
    variables = {each.input.variable for each in missing}
    return [_with_answers(finding, language, variables, values) for finding in findings]


def _with_answers(
    finding: Finding, language: Language, variables: Iterable[str], values: Mapping[str, str]
) -> Finding:
    own = {name: value for name in variables if (value := values.get(_key(finding, name)))}
    if not own:
        return finding
    try:
        return completed(finding, language, own)
    except WrongAnswerError:
        return finding


def _key(finding: Finding, variable: str) -> str:
    """Return one key for all findings that share an answer; an answer that is never reused is not shared."""
    shared = (finding.account_id, finding.region)
    own = (finding.check_id, finding.resource_id, *shared)
    return " ".join((variable, *(own if variable_of(variable).reuse is Reuse.NEVER else shared)))
