"""``cloud-audit-tui checks``: prints the check catalogue; needs no scan and no account."""

from __future__ import annotations

import sys

import click
import msgspec

from cloud_audit_tui.checks.catalogue import all_checks, select
from cloud_audit_tui.checks.explanation import About, Explanation, as_plain, explanation
from cloud_audit_tui.commands.options import check_id_named, is_typed, mistakes_in_words, table_or_json_option
from cloud_audit_tui.commands.output import write_text
from cloud_audit_tui.standard_streams import is_terminal


@click.group(invoke_without_command=True)
@table_or_json_option
@click.pass_context
def checks(context: click.Context, form: str) -> None:
    """List the checks with their titles and severities."""
    if context.invoked_subcommand is not None:
        if is_typed(context, "form"):
            raise click.UsageError("--format is for the list of checks: omit it.")
        return
    catalogue = all_checks().values()
    if form == "json":
        entries = [{**as_plain(explanation(check.id)), "reads": list(check.reads)} for check in catalogue]
        write_text(msgspec.json.format(msgspec.json.encode(entries), indent=2).decode())
        return
    write_text("\n".join(_line(explanation(check.id).about) for check in catalogue))


@checks.command()
@click.argument("check_id")
def show(check_id: str) -> None:
    """Print one check's explanation.

    In a terminal it is rendered, elsewhere it is Markdown.
    """
    with mistakes_in_words():
        (check,) = select([check_id_named(check_id)])
    text = _markdown(explanation(check.id))
    if not is_terminal(sys.stdout):
        write_text(text)
        return
    # Importing Rich is slow, and the other commands do not need it.
    from rich.console import Console  # noqa: PLC0415
    from rich.markdown import Markdown  # noqa: PLC0415

    Console().print(Markdown(text))


def _line(about: About) -> str:
    return f"{about.id:<20}  {about.severity.upper():<8}  {about.title}"


def _markdown(value: Explanation) -> str:
    about = value.about
    parts = [f"# {about.title}", f"{about.severity.upper()} · {about.service} · {about.id}", value.summary]
    parts += [f"## {heading}\n\n{text}" for heading, text in value.sections_with_effect.items()]
    if value.compliance_list:
        parts.append(f"## Compliance\n\n{value.compliance_list}")
    return "\n\n".join(parts)
