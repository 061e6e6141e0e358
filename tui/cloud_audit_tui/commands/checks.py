"""``cloud-audit-tui checks``: the catalogue, without a scan and without an account."""

from __future__ import annotations

import click
import msgspec

from cloud_audit_tui.checks.catalogue import all_checks, select
from cloud_audit_tui.checks.explanation import as_plain, explanation
from cloud_audit_tui.commands.options import mistakes_in_words


@click.group(invoke_without_command=True)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
@click.pass_context
def checks(context: click.Context, form: str) -> None:
    """List the checks: what each looks for, and how bad it is when it fails."""
    if context.invoked_subcommand is not None:
        return
    known = all_checks().values()
    if form == "json":
        listed = [{**as_plain(explanation(check.id)), "reads": list(check.reads)} for check in known]
        click.echo(msgspec.json.format(msgspec.json.encode(listed), indent=2).decode())
        return
    for check in known:
        about = explanation(check.id).about
        click.echo(f"{check.id:<20}  {about.severity.upper():<8}  {about.title}")


@checks.command()
@click.argument("check_id")
def show(check_id: str) -> None:
    """Print one check's explanation as Markdown."""
    with mistakes_in_words():
        (check,) = select([check_id])
    value = explanation(check.id)
    about = value.about
    click.echo(f"# {about.title}\n")
    click.echo(f"{about.severity.upper()} · {about.service} · {about.id}\n\n{value.summary}")
    for heading, text in value.sections.items():
        click.echo(f"\n## {heading}\n\n{text}")
