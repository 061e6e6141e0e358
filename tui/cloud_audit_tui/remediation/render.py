"""Renders the fix of a finding: two texts, inputs, notes, losses and effects."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import jinja2

from cloud_audit_tui.checks.explanation import Effect, Risk, about_of, explanation
from cloud_audit_tui.model import OWN_SCAN, Status
from cloud_audit_tui.remediation.destructive import destructive_commands
from cloud_audit_tui.remediation.given_facts import WrongAnswerError, completed, questions
from cloud_audit_tui.remediation.input_kinds import REGION_CODE, shared_name
from cloud_audit_tui.remediation.quoting import Language, QuotingError, visible
from cloud_audit_tui.remediation.shell.script import script
from cloud_audit_tui.remediation.templates import (
    Input,
    NoRemediationError,
    Rendered,
    fill,
    missing_facts,
    needs_region,
)
from cloud_audit_tui.remediation.terraform.variables import variables, with_defaults

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cloud_audit_tui.checks.explanation import Explanation
    from cloud_audit_tui.model import Finding

NAMED_FACTS = 6
"""The number of missing facts that a note names; it counts the rest."""

_OF_NO_ACCOUNT = (
    "The report does not say which account this is in, so a script could not check that it changes the right "
    "account. Scan the account: {command}"
)

# A finding may come from a file or from an older version, with facts of another form.
_BAD_FACTS = (jinja2.TemplateError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True)
class _Templates:
    """The two templates of a finding; each is filled on first use and then cached."""

    finding: Finding
    environment: Mapping[str, str]
    values: Mapping[str, str] = field(default_factory=dict)
    """The answers to the questions of `given_facts`."""

    @cached_property
    def shell(self) -> Rendered:
        return self._filled(Language.SHELL)

    @cached_property
    def hcl(self) -> Rendered:
        return self._filled(Language.HCL)

    def _filled(self, language: Language) -> Rendered:
        finding = self.finding
        if finding.status is not Status.FAIL:
            return Rendered(notes=[_nothing_to_fix(finding)])
        try:
            explained = explanation(finding.check_id)
        except LookupError:
            return Rendered(notes=[f"This version has no remediation for {finding.check_id}."])
        if finding.source == OWN_SCAN:
            return self._attempt(explained, finding, language)
        if not finding.account_id:
            return Rendered(notes=[_OF_NO_ACCOUNT.format(command=scan_command(finding))])
        as_reported = self._attempt(explained, finding, language)
        if not as_reported.lacks_facts:
            return as_reported
        try:
            completed_finding = completed(finding, language, self.values)
        except WrongAnswerError as error:
            return replace(as_reported, notes=[visible(str(error))])
        if completed_finding is not finding:
            return self._attempt(explained, completed_finding, language)
        inputs = questions(finding, language)
        notes = [_asking(finding, language, inputs)] if inputs else as_reported.notes
        return replace(as_reported, questions=list(inputs), notes=notes)

    def _attempt(self, explained: Explanation, finding: Finding, language: Language) -> Rendered:
        source = explained.cli if language is Language.SHELL else explained.terraform
        if finding.source != OWN_SCAN and not finding.region and needs_region(source, language):
            return Rendered(notes=[_lacking(finding, language, ["region"])], lacks_facts=True)
        try:
            return fill(source, language, finding, self.environment)
        except NoRemediationError as error:
            return Rendered(notes=[_stopped(finding, str(error))])
        except QuotingError as error:
            # A missing fact cannot be quoted either, and is the better reason.
            missing = missing_facts(source, language, finding.evidence)
            if not missing:
                return Rendered(notes=[_cannot_be_written(error)])
        except _BAD_FACTS:
            missing = missing_facts(source, language, finding.evidence)
        return Rendered(notes=[_lacking(finding, language, missing)], lacks_facts=True)


@dataclass(frozen=True)
class _Text:
    """A text to paste, or none, and the note about why it cannot be written."""

    text: str = ""
    note: str = ""


@dataclass(frozen=True, eq=False)
class Remediation:
    """The fix of one finding; every part is rendered on first use, and each template is filled once.

    ``values`` are the user's values by the variables of `inputs`: the script sets them, and in the Terraform
    file they are defaults. An input without a value stays required.
    """

    finding: Finding
    environment: Mapping[str, str]
    values: Mapping[str, str]
    _templates: _Templates = field(repr=False)

    @property
    def cli(self) -> str:
        """The shell script to paste; empty if no script would help."""
        return self._script.text

    @property
    def terraform(self) -> str:
        """The Terraform file; empty if no file would help."""
        return self._file.text

    @cached_property
    def note(self) -> str:
        """The notes on both texts, one per line, without duplicates."""
        return "\n".join(dict.fromkeys([*self.notes(Language.SHELL), *self.notes(Language.HCL)]))

    def notes(self, language: Language) -> list[str]:
        """Return the notes on the text of one language: conditions, and why there is no text."""
        text = self._script if language is Language.SHELL else self._file
        return [*self.filled(language).notes, *([text.note] if text.note else [])]

    def filled(self, language: Language) -> Rendered:
        """Return the filled template of one language, without the user's values."""
        return self._templates.shell if language is Language.SHELL else self._templates.hcl

    def inputs(self, language: Language = Language.SHELL) -> list[Input]:
        """Return the inputs of one language in the order of its text.

        For a script they are environment variables; for a file its variables, in capital letters, without
        those that hold a secret.
        """
        return self._script_inputs if language is Language.SHELL else self._file_inputs

    def questions(self, language: Language) -> list[Input]:
        """Return the facts to ask for before a text can be rendered, which another scanner's report lacks."""
        return self.filled(language).questions

    @cached_property
    def losses(self) -> list[str]:
        """The commands of the script that delete, detach or stop something: ``aws ec2 release-address``."""
        steps = self._templates.shell
        return steps.losses or destructive_commands(steps.text)

    @property
    def effects(self) -> Sequence[tuple[str, str]]:
        """The effects from the explanation, each with its label; none unless the finding fails."""
        return effects(self.finding) if self.finding.status is Status.FAIL else ()

    @cached_property
    def risks(self) -> list[Risk]:
        """The risks of the script that need a confirmation, from the explanation and from its commands."""
        if not self._templates.shell.text:
            return []
        effect = _effect_of(self.finding)
        stated = set(effect.risks) if effect else set()
        return [risk for risk in Risk if risk in stated or (risk is Risk.DELETES and self.losses)]

    @cached_property
    def confirmations(self) -> list[str]:
        """The lines to confirm before the script runs, one for each risk."""
        effect = _effect_of(self.finding)
        if effect is None:
            return []
        commands = f"Runs {', '.join(map(visible, self.losses))}. " if self.losses else ""
        lines = {
            Risk.INTERRUPTS: f"Interrupts: {effect.interrupts}",
            Risk.COSTS: f"Costs: {effect.costs}",
            Risk.DELETES: f"{commands}Undo: {effect.undo}",
        }
        return [lines[risk] for risk in self.risks]

    def with_values(self, values: Mapping[str, str]) -> Remediation:
        """Return the same fix with additional values of the user.

        The templates are filled again only if the values answer questions about missing facts.
        """
        together = {**self.values, **values}
        variables = {each.variable for language in Language for each in self.questions(language)}
        if variables.isdisjoint(values):
            return replace(self, values=together)
        return replace(self, values=together, _templates=replace(self._templates, values=together))

    @cached_property
    def _script(self) -> _Text:
        try:
            return _Text(script(self._templates.shell, self.finding, self.environment, self.values))
        except QuotingError as error:
            return _Text(note=_cannot_be_written(error))

    @cached_property
    def _file(self) -> _Text:
        try:
            return _Text(with_defaults(self._templates.hcl.text, self.values))
        except QuotingError as error:
            return _Text(note=_cannot_be_written(error))

    @cached_property
    def _script_inputs(self) -> list[Input]:
        return list(self._templates.shell.inputs.values())

    @cached_property
    def _file_inputs(self) -> list[Input]:
        file_variables = variables(self._templates.hcl.text)
        if not file_variables:
            return []
        examples = {shared_name(entry.variable): entry.example for entry in self._script_inputs}
        return [
            Input(
                variable.variable,
                variable.description.rstrip("."),
                examples.get(shared_name(variable.variable), ""),
                optional=variable.has_default,
            )
            for variable in file_variables
        ]


def render(
    finding: Finding,
    environment: Mapping[str, str] | None = None,
    values: Mapping[str, str] | None = None,
) -> Remediation:
    """Return the remediation of a finding, made from its facts.

    ``environment`` holds the variables that point the AWS CLI at the AWS of the finding; the script exports
    those that name files or endpoints, and never one that may be a secret. No finding raises an error: a
    text that cannot be rendered is empty, and the note tells why.
    """
    where = environment or {}
    return Remediation(finding, where, values or {}, _Templates(finding, where, values or {}))


def effects(finding: Finding) -> Sequence[tuple[str, str]]:
    """Return the effects of a finding's fix, each with its label; none for an unknown check."""
    effect = _effect_of(finding)
    return effect.labelled if effect else ()


def _effect_of(finding: Finding) -> Effect | None:
    about = about_of(finding.check_id)
    return about.effect if about else None


def _cannot_be_written(error: QuotingError) -> str:
    return f"No text that is safe to paste can be made from this finding: {error}."


def _lacking(finding: Finding, language: Language, missing: Sequence[str]) -> str:
    if not missing:
        return "The facts that the remediation needs have a form that this version does not read. Scan again."
    names = ", ".join(missing[:NAMED_FACTS])
    if len(missing) > NAMED_FACTS:
        names += f" and {len(missing) - NAMED_FACTS} more"
    if finding.source == OWN_SCAN:
        return f"The finding lacks facts that the remediation is made from: {names}. Scan again."
    text = "script" if language is Language.SHELL else "Terraform file"
    return (
        f"The report lacks facts that the {text} is made from: {names}. In the app, a verification reads "
        f"them through a profile of account {finding.account_id}. Without the app: {scan_command(finding)}"
    )


def _asking(finding: Finding, language: Language, inputs: Sequence[Input]) -> str:
    text = "script" if language is Language.SHELL else "Terraform file"
    names = ", ".join(each.variable for each in inputs)
    return (
        f"The report lacks facts that the {text} is made from. In the app, copying it asks for {names}, and "
        f"a verification reads them instead, through a profile of account {finding.account_id}. "
        f"Without the app: {scan_command(finding)}"
    )


def _stopped(finding: Finding, reason: str) -> str:
    """Return why a template stopped; for a report, replace the advice to scan, which needs another run."""
    if finding.source == OWN_SCAN or "scan" not in reason.lower():
        return reason
    how = f"In the app, a verification reads the resource again. Without the app: {scan_command(finding)}"
    return f"{reason} {how}"


def scan_command(finding: Finding) -> str:
    """Return the command that scans for a finding and writes its fix to a file.

    It is for a shell, so the only text of the report in it is a valid region.
    """
    about = about_of(finding.check_id)
    regional = about is not None and not about.is_global and REGION_CODE.fullmatch(finding.region)
    regions = f" --regions {finding.region}" if regional else ""
    return f"cloud-audit-tui scan --profile NAME --checks {finding.check_id}{regions} --export-fixes fixes.sh"


def _nothing_to_fix(finding: Finding) -> str:
    if finding.status is Status.NOT_ASSESSED:
        return f"It is not known whether there is something to fix: {finding.reason}"
    return "There is nothing to fix: the check passed."
