"""Templates of remediations: Jinja2 that quotes every value for the language of the template.

Safety does not depend on the author of a template: no value is written unquoted, a missing fact is an error,
and a value inside the template's own quotes is refused (see `template_lint`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import jinja2
from jinja2 import nodes

from cloud_audit_tui.aws.account_roles import account_role
from cloud_audit_tui.aws.profiles import PSEUDO_PROFILES
from cloud_audit_tui.remediation import generated_names
from cloud_audit_tui.remediation.cli_options import options
from cloud_audit_tui.remediation.compiled_templates import compiled
from cloud_audit_tui.remediation.input_kinds import Kind, kind_of
from cloud_audit_tui.remediation.quoting import Language, Quoted, QuotingError, quoted_in, visible
from cloud_audit_tui.remediation.shell.agentcore import update_functions
from cloud_audit_tui.remediation.shell.quoting import shell_json, shell_literal, shell_quote
from cloud_audit_tui.remediation.shell.update_guard import check_carried
from cloud_audit_tui.remediation.shell.wait_loop import check_state
from cloud_audit_tui.remediation.template_lint import check_placement
from cloud_audit_tui.remediation.terraform import arguments
from cloud_audit_tui.remediation.terraform.format import aligned
from cloud_audit_tui.remediation.terraform.quoting import hcl_label, hcl_literal, hcl_string

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import CodeType

    from cloud_audit_tui.model import Finding

_LABELS = "labels made from names"
"""The key of the labels in a template's context; it has spaces, so that no template can name it."""
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_PLAIN = re.compile(r"[A-Za-z0-9 .,:;/_()=+-]+")
_OWN_ENDPOINTS = (
    ("AWS::SQS::", "SQS"),
    ("AWS::RDS::", "RDS"),
    ("AWS::DocDB::", "DOCDB"),
    ("AWS::Neptune::", "NEPTUNE"),
)
"""Prefixes of resource types, and the service whose URL AWS CLI 1 does not read from AWS_ENDPOINT_URL."""
_WITHOUT_REGION = re.compile(r"\baws (?:account|iam|s3api|sts) [^\n]*?(?:\{\{|~) where (?:\}\}|~)")
"""Commands that need no region: their service has one for the whole partition, or is S3.

S3 names the region of a bucket in its answer, and the AWS CLI repeats the request there.
"""


class NoRemediationError(Exception):
    """No text would help; the message tells why and what to do instead."""


@dataclass(frozen=True)
class Input:
    """A value that only the user has: an environment variable of the script, or a variable of Terraform.

    ``meaning`` describes the value in plain characters. ``example`` shows the form of a value and may be
    empty. An ``optional`` input has a default.
    """

    variable: str
    meaning: str
    example: str = ""
    optional: bool = False

    @property
    def kind(self) -> Kind:
        """The kind of value, which decides what is valid."""
        return kind_of(self.variable)

    @property
    def instruction(self) -> str:
        """The instruction that the script prints when the variable is not set: one line without quotes."""
        form = f", such as {self.variable}={self.example}" if self.example else ""
        return f"export it first: {self.meaning}{form}"


@dataclass
class Rendered:
    """A template filled with the facts of a finding.

    ``inputs`` are the variables that the text needs, by name, and ``notes`` plain sentences for the reader.
    ``losses`` are the steps that the template declares irreversible, and ``labels`` the Terraform labels
    that were made from names. An empty text comes with a note about the reason; with ``lacks_facts``, the
    finding lacks facts that the text needs, and ``questions`` are those that the user can answer.
    """

    text: str = ""
    inputs: dict[str, Input] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    lacks_facts: bool = False
    questions: list[Input] = field(default_factory=list)

    def required(self, variable: str, meaning: str, example: str = "") -> Quoted:
        """Register an input and return the shell word that expands to its value.

        An example made from facts is dropped unless all of its characters are plain. Raises `QuotingError`
        for a name or a meaning that a message of the shell cannot hold.
        """
        if not (_VARIABLE.fullmatch(variable) and _PLAIN.fullmatch(meaning)):
            raise QuotingError(
                f"{variable}: {meaning!r} has characters that a message of the shell cannot hold"
            )
        self.inputs[variable] = Input(variable, meaning, example if _PLAIN.fullmatch(example) else "")
        return Quoted(f'"${variable}"', Language.SHELL)

    def note(self, words: str) -> None:
        """Add a note for the reader of the remediation."""
        self.notes.append(visible(words))

    def destructive(self, words: str) -> None:
        """Add an irreversible step; a script of many fixes asks before it runs one."""
        self.losses.append(visible(words))


def with_profile(finding: Finding) -> bool:
    """Return whether commands name the profile.

    They name neither the default profile nor pseudo profiles. A role in an account of an organization is no
    profile either: the script assumes it first.
    """
    return is_configured(finding.profile) and account_role(finding.profile) is None


def is_configured(profile: str) -> bool:
    """Return whether a command can name the profile; the default one needs no name."""
    return bool(profile) and profile not in PSEUDO_PROFILES | {"default"}


def where(finding: Finding, environment: Mapping[str, str] | None = None) -> Quoted:
    """Return the options that point every ``aws`` command at the finding's region and account.

    ``environment`` holds the variables that the script exports. Where AWS CLI 1 ignores the variable of the
    endpoint, the endpoint becomes an option too.
    """
    words = [f"--region={shell_literal(finding.region)}"] if finding.region else []
    if with_profile(finding):
        words.append(f"--profile={shell_literal(finding.profile)}")
    if endpoint := _ignored_endpoint(finding, environment or {}):
        words.append(f"--endpoint-url={shell_quote(endpoint)}")
    return Quoted(" ".join(words), Language.SHELL)


def _ignored_endpoint(finding: Finding, environment: Mapping[str, str]) -> str:
    """Return the endpoint in the environment that AWS CLI 1 would ignore; empty if there is none."""
    service = next((name for kind, name in _OWN_ENDPOINTS if finding.resource_type.startswith(kind)), "")
    if not service:
        return ""
    return environment.get(f"AWS_ENDPOINT_URL_{service}") or environment.get("AWS_ENDPOINT_URL", "")


def say(words: str) -> Quoted:
    """Return a shell command that prints one line without control characters."""
    return Quoted(f"printf '%s\\n' {shell_quote(visible(words))}", Language.SHELL)


def fill(
    source: str, language: Language, finding: Finding, environment: Mapping[str, str] | None = None
) -> Rendered:
    """Return a template filled with a finding's facts; the script exports the ``environment``.

    Raises `NoRemediationError` when the template stops because no text would help, `QuotingError` for a value
    that the language cannot hold, and `jinja2.TemplateError` for a missing fact or a faulty template.
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
    text = template(source, language, finding.check_id).render(facts)
    if language is Language.HCL:
        text = aligned(text)
    rendered.text = re.sub(r"\n{3,}", "\n\n", text.strip("\n")) + "\n" if text.strip() else ""
    return rendered


def quote_for(language: Language, value: Any) -> Quoted:
    """Return any value quoted for a language; raises `QuotingError`, also for text of the other language."""
    if isinstance(value, Quoted):
        return quoted_in(language, value)
    return shell_literal(value) if language is Language.SHELL else hcl_literal(value)


def _stop(words: str) -> None:
    raise NoRemediationError(visible(words))


@cache
def template(source: str, language: Language, check_id: str) -> jinja2.Template:
    """Return the compiled template of a check, cached; raises `jinja2.TemplateError` for a faulty one."""
    environment = _environment(language)

    def compile_source() -> CodeType:
        check_placement(environment, source, language)
        code: CodeType = environment.compile(source)
        return code

    code = compiled(f"{check_id}.{language.value}", source, compile_source)
    return environment.template_class.from_code(environment, code, environment.make_globals(None))


def missing_facts(source: str, language: Language, evidence: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the facts that a template needs and the evidence lacks, in the order of the template.

    Facts under a condition are included, because the condition may depend on a missing fact too.
    """
    return tuple(name for name in _needed_facts(source, language) if name not in evidence)


@cache
def needs_region(source: str, language: Language) -> bool:
    """Return whether the text of a template depends on the region of the finding.

    A template may mention a region only if there is one: ``x if region else y`` depends on none.
    """
    try:
        tree = _environment(language).parse(source)
    except jinja2.TemplateSyntaxError:
        return False
    conditions = (node for node in tree.find_all(nodes.CondExpr) if _is_region(node.test))
    optional = {id(name) for condition in conditions for name in condition.find_all(nodes.Name)}
    names = [node.name for node in tree.find_all(nodes.Name) if id(node) not in optional]
    return "region" in names or names.count("where") > len(_WITHOUT_REGION.findall(source))


def _is_region(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) and node.name == "region"


@cache
def _needed_facts(source: str, language: Language) -> tuple[str, ...]:
    try:
        tree = _environment(language).parse(source)
    except jinja2.TemplateSyntaxError:
        return ()
    optional = {id(node.node) for node in tree.find_all(nodes.Filter) if node.name == "default"}
    optional |= {id(node.node) for node in tree.find_all(nodes.Test) if node.name == "defined"}
    members: list[nodes.Getattr | nodes.Getitem] = [*tree.find_all(nodes.Getattr)]
    members += tree.find_all(nodes.Getitem)
    reads = [
        (node.lineno, name) for node in members if id(node) not in optional and (name := _fact_read(node))
    ]
    return tuple(dict.fromkeys(name for _, name in sorted(reads, key=lambda read: read[0])))


def _fact_read(node: nodes.Getattr | nodes.Getitem) -> str:
    """Return the fact that ``evidence.name`` or ``evidence["name"]`` reads, empty for anything else."""
    if not (isinstance(node.node, nodes.Name) and node.node.name == "evidence"):
        return ""
    if isinstance(node, nodes.Getattr):
        return node.attr
    return str(node.arg.value) if isinstance(node.arg, nodes.Const) else ""


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
        environment.globals.update(
            check_carried=check_carried,
            check_state=check_state,
            dated_name=generated_names.dated_name,
            options=options,
            renamed=generated_names.renamed,
            say=say,
            update_functions=update_functions,
        )
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
