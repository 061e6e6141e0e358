"""``cloud-audit-tui report``: reports the stored findings without scanning."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cloud_audit_tui.aws.profiles import list_profiles
from cloud_audit_tui.commands.app_store import app_store
from cloud_audit_tui.commands.audit_file import active_mutes, audit_file
from cloud_audit_tui.commands.config_option import config_option
from cloud_audit_tui.commands.format_option import FormatName
from cloud_audit_tui.commands.options import Mistake, mistakes_in_words, profile_option
from cloud_audit_tui.commands.output import check_writable
from cloud_audit_tui.commands.pasteable import pasteable_environment
from cloud_audit_tui.commands.user_settings import profiles_named
from cloud_audit_tui.filters.errors import FilterError
from cloud_audit_tui.filters.parse import parse
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud_audit_tui.config.mutes import ActiveMutes
    from cloud_audit_tui.filters.expression import Expression
    from cloud_audit_tui.reports.document import Report


@click.command()
@click.option(
    "--format",
    "form",
    type=FormatName(events=False),
    help="Report format; by default from the name of the -o file, else a table.",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file.")
@profile_option
@config_option
@click.option(
    "--filter",
    "text",
    default="",
    metavar="TEXT",
    help="Only findings that match a filter such as 'severity:high+ -region:eu-*'.",
)
@click.option(
    "-R",
    "--remediation",
    is_flag=True,
    help="Include the fixes in a table or Markdown report; the other formats ignore this.",
)
def report(
    form: str | None,
    output: Path | None,
    profiles: tuple[str, ...],
    config_path: Path | None,
    text: str,
    *,
    remediation: bool,
) -> None:
    """Report the findings of the app's last scans, without scanning.

    By default for every configured profile. Exit code 0: report written. 2: no report could be written.
    """
    # Importing the reports and the store is slow, and the app's child processes do not need them.
    from cloud_audit_tui.commands.report_output import report_format, write_report  # noqa: PLC0415

    with mistakes_in_words():
        expression = _expression(text)
        names = profiles_named(profiles) or [profile.name for profile in list_profiles(os.environ)]
        if output is not None:
            check_writable(output)
        mutes = active_mutes(audit_file(config_path))
        document = _stored_report(names, expression, mutes)
        write_report(
            document,
            report_format(form, output),
            output,
            pasteable_environment(),
            remediation=remediation,
        )


def _expression(text: str) -> Expression:
    try:
        return parse(text)
    except FilterError as error:
        raise Mistake(plain(f"--filter: {error.message}")) from None


def _stored_report(profiles: Sequence[str], expression: Expression, mutes: ActiveMutes) -> Report:
    from cloud_audit_tui.reports.stored import stored_report  # noqa: PLC0415

    with app_store("Scan in the app, or use `cloud-audit-tui scan`.") as store:
        # A filter such as status:muted refers to the mutes that are active today.
        store.mute(mutes)
        document = stored_report(store, profiles, expression, now=datetime.now(UTC)).with_mutes(mutes)
    if not document.accounts and not document.failures:
        names = plain(", ".join(profiles)) or "any profile"
        raise Mistake(f"The store holds nothing about {names}. Scan in the app first.")
    return document
