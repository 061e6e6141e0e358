"""Templates of remediations: Jinja2 in which every value that is put in is quoted for the language.

Nothing depends on the care of a template's author: an unquoted value cannot be written, a missing
fact is an error, and a value inside the template's own quotes is refused (see `placement`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import jinja2

from cloud_audit_tui.aws.profiles import PSEUDO_PROFILES
from cloud_audit_tui.remediation import generated_names
from cloud_audit_tui.remediation.cli_options import options
from cloud_audit_tui.remediation.input_kinds import Kind, kind_of
from cloud_audit_tui.remediation.quoting import (
    Language,
    Quoted,
    QuotingError,
    hcl_label,
    hcl_literal,
    hcl_string,
    quote_for,
    shell_json,
    shell_literal,
    shell_quote,
    visible,
)
from cloud_audit_tui.remediation.template_lint import check_placement
from cloud_audit_tui.remediation.terraform import arguments
from cloud_audit_tui.remediation.terraform.format import aligned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud_audit_tui.model import Finding

_LABELS = "labels made from names"
"""Where a template's context keeps them; no template can say this name."""
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_WORDS = re.compile(r"[A-Za-z0-9 .,:;/_()=+-]+")
_OWN_ENDPOINTS = (
    ("AWS::SQS::", "SQS"),
    ("AWS::RDS::", "RDS"),
    ("AWS::DocDB::", "DOCDB"),
    ("AWS::Neptune::", "NEPTUNE"),
)
"""Kinds of resources, with the service, for which AWS CLI 1 puts a URL of AWS before AWS_ENDPOINT_URL."""


class NoRemediationError(Exception):
    """There is no text that would help; the message says why and what to do instead."""


@dataclass(frozen=True)
class Input:
    """What only the user knows: an environment variable that the script demands, or one of Terraform's.

    ``example`` shows the form of a value and may be empty. One that is ``optional`` has a value of its own.
    """

    variable: str
    meaning: str
    example: str = ""
    optional: bool = False

    @property
    def kind(self) -> Kind:
        """What the variable stands for, which says what is valid."""
        return kind_of(self.variable)

    @property
    def words(self) -> str:
        """What to do about it, in one line without quotes."""
        form = f", such as {self.variable}={self.example}" if self.example else ""
        return f"export it first: {self.meaning}{form}"


@dataclass
class Rendered:
    """A rendered template: its text, what it demands of the user, and remarks in plain words.

    ``losses`` are what it does that cannot be undone, and ``labels`` the Terraform labels that were made
    from names.
    """

    text: str = ""
    inputs: dict[str, Input] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)

    def required(self, variable: str, meaning: str, example: str = "") -> Quoted:
        """Demand an environment variable and return the shell word that stands for its value.

        An example made of facts is left out when it holds anything but plain characters.
        """
        if not (_VARIABLE.fullmatch(variable) and _WORDS.fullmatch(meaning)):
            raise QuotingError(f"{variable}: {meaning!r} is not plain enough for a message of the shell")
        self.inputs[variable] = Input(variable, meaning, example if _WORDS.fullmatch(example) else "")
        return Quoted(f'"${variable}"', Language.SHELL)

    def note(self, words: str) -> None:
        """Keep a remark for the person who reads the remediation."""
        self.notes.append(visible(words))

    def destructive(self, words: str) -> None:
        """Keep what the remediation does that cannot be undone; many fixes at once ask before it."""
        self.losses.append(visible(words))


def with_profile(finding: Finding) -> bool:
    """Whether the script must name the profile: the default and the pseudo profiles are not named."""
    return bool(finding.profile) and finding.profile not in PSEUDO_PROFILES | {"default"}


def where(finding: Finding, environment: Mapping[str, str] | None = None) -> Quoted:
    """Return the options that lead every ``aws`` command to the finding's region and account.

    ``environment`` are the variables that the script exports: where AWS CLI 1 does not obey the one for the
    endpoint, an option says it as well.
    """
    words = [f"--region={shell_literal(finding.region)}"] if finding.region else []
    if with_profile(finding):
        words.append(f"--profile={shell_literal(finding.profile)}")
    if endpoint := _unheeded_endpoint(finding, environment or {}):
        words.append(f"--endpoint-url={shell_quote(endpoint)}")
    return Quoted(" ".join(words), Language.SHELL)


def _unheeded_endpoint(finding: Finding, environment: Mapping[str, str]) -> str:
    """Return the endpoint that AWS CLI 1 would not take from its environment, empty when there is none."""
    service = next((name for kind, name in _OWN_ENDPOINTS if finding.resource_type.startswith(kind)), "")
    if not service:
        return ""
    return environment.get(f"AWS_ENDPOINT_URL_{service}") or environment.get("AWS_ENDPOINT_URL", "")


def say(words: str) -> Quoted:
    """Return a shell command that prints a line, with nothing in it that a terminal would obey."""
    return Quoted(f"printf '%s\\n' {shell_quote(visible(words))}", Language.SHELL)


def fill(
    source: str, language: Language, finding: Finding, environment: Mapping[str, str] | None = None
) -> Rendered:
    """Render a template with a finding's facts, for a script that exports these variables.

    Raises `NoRemediationError` when the template says that nothing would help, `QuotingError` for a
    value that cannot be written, and `jinja2.TemplateError` for a missing fact or a faulty template.
    """
    rendered = Rendered()
    facts: dict[str, Any] = {
        "evidence": finding.evidence,
        "name": finding.resource_name,
        "region": finding.region,
        "account_id": finding.account_id,
        "partition": finding.partition,
        "note": rendered.note,
        "destructive": rendered.destructive,
        "stop": _stop,
        "required": rendered.required,
        "where": where(finding, environment),
        _LABELS: rendered.labels,
    }
    text = _template(source, language).render(facts)
    if language is Language.HCL:
        text = aligned(text)
    rendered.text = re.sub(r"\n{3,}", "\n\n", text.strip("\n")) + "\n" if text.strip() else ""
    return rendered


def _stop(words: str) -> None:
    raise NoRemediationError(visible(words))


@cache
def _template(source: str, language: Language) -> jinja2.Template:
    environment = _environment(language)
    check_placement(environment, source, language)
    return environment.from_string(source)


@cache
def _environment(language: Language) -> jinja2.Environment:
    # Shell scripts and HCL are not HTML: `finalize` quotes every value instead.
    environment = jinja2.Environment(  # noqa: S701
        undefined=jinja2.StrictUndefined,
        finalize=partial(_finalize, language),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.do"],
    )
    if language is Language.SHELL:
        environment.filters.update(json=shell_json, word=shell_literal)
        environment.globals.update(options=options, say=say, timed_name=generated_names.timed_name)
    else:
        environment.filters.update(block_label=_block_label, hcl=hcl_literal, label=_label)
        environment.globals.update(
            arguments=arguments.arguments,
            inexpressible=arguments.inexpressible,
            name_prefix=generated_names.name_prefix,
            renamed=generated_names.renamed,
            tags_as_map=arguments.tags_as_map,
            variable=arguments.variable,
        )
    return environment


@jinja2.pass_context
def _label(context: jinja2.runtime.Context, name: str) -> Quoted:
    label = hcl_label(name)
    context[_LABELS].add(str(label))
    return label


@jinja2.pass_context
def _block_label(context: jinja2.runtime.Context, name: str) -> Quoted:
    return hcl_string(_label(context, name))


def _finalize(language: Language, value: Any) -> str:
    if isinstance(value, jinja2.Undefined):
        return str(value)
    return quote_for(language, value)
