"""``cloud-audit-tui checks``: the catalogue, without a scan and without an account."""

from __future__ import annotations

import sys

import click
import msgspec

from cloud_audit_tui.checks.catalogue import all_checks, select
from cloud_audit_tui.checks.explanation import Explanation, as_plain, explanation
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
    """Print one check's explanation: rendered in a terminal, as Markdown elsewhere."""
    with mistakes_in_words():
        (check,) = select([check_id])
    text = _markdown(explanation(check.id))
    if not sys.stdout.isatty():
        click.echo(text)
        return
    # Rich takes a while to import, which the other commands need not wait for.
    from rich.console import Console  # noqa: PLC0415
    from rich.markdown import Markdown  # noqa: PLC0415

    Console().print(Markdown(text))


def _markdown(value: Explanation) -> str:
    about = value.about
    parts = [f"# {about.title}", f"{about.severity.upper()} · {about.service} · {about.id}", value.summary]
    parts += [f"## {heading}\n\n{text}" for heading, text in value.told.items()]
    if value.compliance_list:
        parts.append(f"## Compliance\n\n{value.compliance_list}")
    return "\n\n".join(parts)
