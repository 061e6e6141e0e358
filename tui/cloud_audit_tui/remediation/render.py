"""From a finding to the texts that fix it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jinja2

from cloud_audit_tui.checks.explanation import explanation
from cloud_audit_tui.model import Remediation, Status
from cloud_audit_tui.remediation.quoting import Language, QuotingError
from cloud_audit_tui.remediation.shell.script import script
from cloud_audit_tui.remediation.templates import NoRemediationError, Rendered, fill
from cloud_audit_tui.remediation.terraform.variables import with_defaults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud_audit_tui.model import Finding

# A finding may come from a file or from an older version, with facts of another form.
_BAD_FACTS = (jinja2.TemplateError, AttributeError, LookupError, TypeError, ValueError)


def render(
    finding: Finding,
    environment: Mapping[str, str] | None = None,
    values: Mapping[str, str] | None = None,
) -> Remediation:
    """Return the script and the Terraform file that fix a finding, made from its facts.

    ``environment`` are variables that lead the AWS CLI to where the finding was read; those that say
    where AWS is are exported by the script. ``values`` are what the user has said for the variables of
    `inputs`: the script sets them, and in the Terraform file they are defaults; what is not among them
    is still asked for. Either text is empty where it would not help, and the note says why; nothing is
    raised for a finding, whatever it holds.
    """
    if finding.status is not Status.FAIL:
        return Remediation("", "", _nothing_to_fix(finding))
    cli = fill_for(finding, Language.SHELL, environment)
    terraform = fill_for(finding, Language.HCL)
    try:
        text = script(cli, finding, environment or {}, values)
    except QuotingError as error:
        text = ""
        cli.notes.append(_cannot_be_written(error))
    try:
        terraform.text = with_defaults(terraform.text, values or {})
    except QuotingError as error:
        terraform.text = ""
        terraform.notes.append(_cannot_be_written(error))
    return Remediation(text, terraform.text, "\n".join(dict.fromkeys(cli.notes + terraform.notes)))


def fill_for(finding: Finding, language: Language, environment: Mapping[str, str] | None = None) -> Rendered:
    """Return a finding's template of one language filled in, or an empty one whose notes say why.

    ``environment`` is that of `render`.
    """
    try:
        known = explanation(finding.check_id)
    except LookupError:
        return Rendered(notes=[f"No remediation is known for {finding.check_id}."])
    try:
        source = known.cli if language is Language.SHELL else known.terraform
        return fill(source, language, finding, environment)
    except NoRemediationError as error:
        return Rendered(notes=[str(error)])
    except QuotingError as error:
        return Rendered(notes=[_cannot_be_written(error)])
    except _BAD_FACTS:
        return Rendered(notes=["The finding lacks facts that the remediation is made from. Scan again."])


def _cannot_be_written(error: QuotingError) -> str:
    return f"No text that is safe to paste can be made from this finding: {error}."


def _nothing_to_fix(finding: Finding) -> str:
    if finding.status is Status.NOT_ASSESSED:
        return f"Whether there is something to fix is not known: {finding.reason}"
    return "There is nothing to fix: the check passed."
