"""Asks for the inputs of fixes before they are copied or saved, and remembers the answers for the session."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from cloud_audit_tui.app.actions.copyable import CopyTarget
from cloud_audit_tui.app.dialogs.input_form import InputForm
from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.app.widgets.input_entry import FormField
from cloud_audit_tui.remediation.quoting import Language
from cloud_audit_tui.scan.events import ChoicesListed
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cloud_audit_tui.app.dialogs.input_form import Place
    from cloud_audit_tui.app.host import Host
    from cloud_audit_tui.app.session import Session
    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.remediation.inputs import Input
    from cloud_audit_tui.remediation.missing import MissingFact
    from cloud_audit_tui.remediation.render import Remediation
    from cloud_audit_tui.remediation.selection import Bundle, BundleInput

USE = "Use"
"""The verb of a form for facts that a report lacks; a form for the fix's own inputs may follow."""
READ_ONLY = "a report is open, so AWS is not read."
LISTING = "choices"
"""The group of the background work that lists the resources to choose from."""


async def ask_for_inputs(
    session: Session, host: Host, target: CopyTarget, finding: Finding, remediation: Remediation
) -> Remediation | None:
    """Return the remediation with the user's values, unchanged if it needs none; None to copy nothing.

    Facts that the fix needs and the report lacks are asked for first. Call it in a worker.
    """
    language = Language.HCL if target is CopyTarget.TERRAFORM else Language.SHELL
    if target in (CopyTarget.CLI, CopyTarget.TERRAFORM) and (missing := remediation.questions(language)):
        form = InputForm(
            "these facts",
            [_field(session, finding, each) for each in missing],
            about=_missing_about(finding),
            verb=USE,
        )
        facts = await _answers(host, form)
        if facts is None:
            return None
        session.inputs.remember(finding, facts)
        remediation = await asyncio.to_thread(_with_values, remediation, facts)
    texts = {CopyTarget.CLI: remediation.cli, CopyTarget.TERRAFORM: remediation.terraform}
    if not texts.get(target):
        return remediation
    needed = remediation.inputs(language)
    if not needed:
        return remediation
    fields = [
        replace(
            _field(session, finding, each),
            name=each.variable.lower() if language is Language.HCL else each.variable,
        )
        for each in needed
    ]
    form = InputForm(
        f"the {target}", fields, about=_about(finding), request_choices=partial(_list_choices, session, host)
    )
    values = await _answers(host, form)
    if not values:
        return None if values is None else remediation
    session.inputs.remember(finding, values)
    return await asyncio.to_thread(_with_values, remediation, values)


async def ask_for_bundle_inputs(
    session: Session, host: Host, target: CopyTarget, findings: Sequence[Finding], *, verb: str = "Copy"
) -> Bundle | None:
    """Return the fixes of findings as one text with the user's values; None to do nothing.

    An input that several fixes share is asked for once. An input left empty stays a variable of the text.
    Call it in a worker. Raises `QuotingError` for a value that the text cannot hold.
    """
    terraform = target is CopyTarget.TERRAFORM
    complete = await _ask_missing(session, host, findings, Language.HCL if terraform else Language.SHELL)
    if complete is None:
        return None
    make = partial(_bundle_of, complete, dict(session.pasteable), terraform=terraform)
    bundle = await asyncio.to_thread(make)
    if not bundle.needed:
        return bundle
    number = formatting.count(len(bundle.needed), "value")
    form = InputForm(
        f"the {target} of {formatting.count(bundle.fixes, 'fix', 'fixes')}",
        [_bundle_field(session, each) for each in bundle.needed],
        about=f"{number}. A value that you leave empty stays a variable in the text.",
        verb=verb,
        partial=True,
        request_choices=partial(_list_choices, session, host),
    )
    values = await _answers(host, form)
    if not values:
        return None if values is None else bundle
    for each in bundle.needed:
        if value := values.get(each.name):
            session.inputs.remember(each.finding, {each.input.variable: value})
    return await asyncio.to_thread(make, values=values)


async def _ask_missing(
    session: Session, host: Host, findings: Sequence[Finding], language: Language
) -> list[Finding] | None:
    """Return findings with the user's answers for the facts that a report lacks; None to do nothing.

    A finding whose questions are not answered is returned unchanged.
    """
    missing = await asyncio.to_thread(_missing_of, findings, language)
    if not missing:
        return list(findings)
    form = InputForm(
        "these facts",
        [
            replace(
                _field(session, each.finding, each.input),
                key=each.key,
                subject=_subject(each.finding, each.fixes),
            )
            for each in missing
        ],
        about=f"The report lacks {formatting.count(len(missing), 'fact')}. "
        "A fix whose fact you leave empty is left out.",
        verb=USE,
        partial=True,
    )
    values = await _answers(host, form)
    if values is None:
        return None
    for each in missing:
        if value := values.get(each.key):
            session.inputs.remember(each.finding, {each.input.variable: value})
    return await asyncio.to_thread(_with_answers, findings, language, missing, values)


# These import the templates' engine, which is slow, so they run in threads.


def _bundle_of(
    findings: Sequence[Finding],
    environment: Mapping[str, str],
    *,
    terraform: bool,
    values: Mapping[str, str] | None = None,
) -> Bundle:
    from cloud_audit_tui.remediation.export import bundle_of  # noqa: PLC0415

    return bundle_of(findings, environment, terraform=terraform, values=values)


def _missing_of(findings: Sequence[Finding], language: Language) -> list[MissingFact]:
    from cloud_audit_tui.remediation.missing import missing_of  # noqa: PLC0415

    return missing_of(findings, language)


def _with_answers(
    findings: Sequence[Finding],
    language: Language,
    missing: Sequence[MissingFact],
    values: Mapping[str, str],
) -> list[Finding]:
    from cloud_audit_tui.remediation.missing import with_answers  # noqa: PLC0415

    return with_answers(findings, language, missing, values)


async def _answers(host: Host, form: InputForm) -> dict[str, str] | None:
    """Return the form's answers; None, without opening it, while another form is open."""
    if isinstance(host.screen, InputForm):
        # The key was pressed twice before the form opened.
        return None
    try:
        return await host.push_screen_wait(form)
    finally:
        host.cancel_background(LISTING)


def _list_choices(session: Session, host: Host, place: Place, kinds: list[str]) -> None:
    """List the resources of some kinds for the open form."""
    form = host.screen
    if not isinstance(form, InputForm):
        return
    if session.opened is not None and place[0] not in session.reading_profiles:
        for kind in kinds:
            form.add_choices(place, ChoicesListed(*place, kind, [], READ_ONLY))
        return
    if form.is_attached:
        work = partial(session.scans.list_choices, *place, kinds, partial(form.add_choices, place))
        host.background(work, LISTING)


def _bundle_field(session: Session, each: BundleInput) -> FormField:
    field = _field(session, each.finding, each.input)
    return replace(field, key=each.name, name=each.name, subject=_subject(each.finding, each.fixes))


def _subject(finding: Finding, fixes: int) -> str:
    subject = _about(finding)
    return f"for {fixes:,} fixes, such as {subject}" if fixes > 1 else subject


def _field(session: Session, finding: Finding, needed: Input) -> FormField:
    """Return the field for an input of a finding's fix, with the remembered value."""
    return FormField(
        key=needed.variable,
        name=needed.variable,
        needed=needed,
        profile=finding.profile,
        region=finding.region,
        partition=finding.partition,
        value=session.inputs.value_for(finding, needed),
        unsuitable=_own_buckets(finding),
    )


def _own_buckets(finding: Finding) -> frozenset[str]:
    """Return the names of the audited bucket: a fix must not deliver a bucket's logs to itself."""
    if finding.resource_type != "AWS::S3::Bucket":
        return frozenset()
    return frozenset({finding.resource_name, finding.resource_id})


def _with_values(remediation: Remediation, values: Mapping[str, str]) -> Remediation:
    """Return a remediation with the user's values and its texts rendered."""
    complete = remediation.with_values(values)
    _ = complete.cli, complete.terraform
    return complete


def _missing_about(finding: Finding) -> str:
    return f"The report does not say this. {_about(finding)}"


def _about(finding: Finding) -> str:
    name = plain(finding.resource_name or finding.resource_id)
    return " · ".join(part for part in (finding.check_id, name, plain(finding.title)) if part)
