"""Which checks' fixes the tests proved valid, in each language; told after the tests.

A fix that no command or no file can make is told in words instead, and counts when the words are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.model import Status
from cloud_audit_tui.remediation.quoting import Language
from cloud_audit_tui.remediation.templates import NoRemediationError, fill

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.remediation.templates import Rendered

PROPERTY = "fix"
VALID, IN_WORDS = "valid", "in words"
LANGUAGES = {Language.SHELL: "CLI", Language.HCL: "Terraform"}

Entry = tuple[str, str, str]
"""A check, a language and what was seen of it."""


class Watch:
    """What one test rendered, and what of it was proved."""

    def __init__(self) -> None:
        self.entries: set[Entry] = set()
        self._files: dict[str, str] = {}

    def attach(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Look at everything that is rendered from now on."""

        def watched(source: str, language: Language, finding: Finding, *more: Any) -> Rendered:
            try:
                rendered = fill(source, language, finding, *more)
            except NoRemediationError as error:
                self._no_text(finding, language, str(error))
                raise
            if not rendered.text:
                self._no_text(finding, language, " ".join(rendered.notes))
            elif language is Language.HCL:
                self._files[rendered.text] = finding.check_id
            return rendered

        monkeypatch.setattr("cloud_audit_tui.remediation.render.fill", watched)

    def script_is_right(self, check_id: str) -> None:
        """Note that the proof found nothing wrong with the script of a check."""
        self.entries.add((check_id, LANGUAGES[Language.SHELL], VALID))

    def terraform_is_right(self, text: str) -> None:
        """Note that the proof found nothing wrong with a file, which may hold those of several checks."""
        self.entries |= {
            (check_id, LANGUAGES[Language.HCL], VALID)
            for rendered, check_id in self._files.items()
            if rendered in text
        }

    def _no_text(self, finding: Finding, language: Language, why: str) -> None:
        if why and finding.status is Status.FAIL:
            self.entries.add((finding.check_id, LANGUAGES[language], IN_WORDS))


WATCHED: list[Watch] = []
"""The watch of the test that runs, if it has one."""


def fixes(properties: Iterable[tuple[str, Any]]) -> dict[str, dict[str, str]]:
    """Return what is known of each check's fix in each language, from the properties of the tests."""
    records = {tuple(entry) for name, entries in properties if name == PROPERTY for entry in entries}
    return {
        check_id: {
            language: next((what for what in (VALID, IN_WORDS) if (check_id, language, what) in records), "")
            for language in LANGUAGES.values()
        }
        for check_id in all_checks()
    }


def counts(languages_by_check: dict[str, dict[str, str]]) -> list[str]:
    """Return a line for each language."""
    lines = []
    for language in LANGUAGES.values():
        states = [languages[language] for languages in languages_by_check.values()]
        valid, words = states.count(VALID), states.count(IN_WORDS)
        lines.append(
            f"{valid + words} of {len(languages_by_check)} checks have a proven fix in {language}: "
            f"{valid} valid, {words} in words because there can be none"
        )
    return lines


def table(languages_by_check: dict[str, dict[str, str]]) -> list[str]:
    """Return a line for each check."""
    return [
        f"{check_id:<20} "
        + "  ".join(f"{language} {what or 'MISSING':<8}" for language, what in languages.items())
        for check_id, languages in languages_by_check.items()
    ]
