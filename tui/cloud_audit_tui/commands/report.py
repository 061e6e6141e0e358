"""``cloud-audit-tui report``: reports the stored findings or those in a file, without scanning."""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cloud_audit_tui.aws.profiles import list_profiles
from cloud_audit_tui.commands.app_store import app_store, note_unknown_profiles
from cloud_audit_tui.commands.audit_file import active_mutes, audit_file
from cloud_audit_tui.commands.config_option import config_option
from cloud_audit_tui.commands.format_option import FormatName
from cloud_audit_tui.commands.options import Mistake, mistakes_in_words, profile_option
from cloud_audit_tui.commands.output import check_writable
from cloud_audit_tui.commands.output_option import output_option
from cloud_audit_tui.commands.pasteable import pasteable_environment
from cloud_audit_tui.commands.report_file import read_report_file
from cloud_audit_tui.commands.user_settings import profiles_named
from cloud_audit_tui.filters.errors import FilterError
from cloud_audit_tui.filters.parse import parse
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cloud_audit_tui.config.mutes import ActiveMutes
    from cloud_audit_tui.filters.expression import Expression
    from cloud_audit_tui.reports.document import Report


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=FormatName(events=False),
    help="Report format; by default from the name of the -o file, else a table.",
)
@output_option
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
    file: Path | None,
    form: str | None,
    output: Path | None,
    profiles: tuple[str, ...],
    config_path: Path | None,
    text: str,
    *,
    remediation: bool,
) -> None:
    """Report the findings of the app's last scans, or of FILE.

    Nothing is scanned. By default for every configured profile. FILE is a report that `open` can show; its
    own mutes apply, and a finding of another scanner gets our explanation and fix if one of our checks is
    equivalent. Exit code 0: report written. 2: no report could be written.
    """
    # Importing the reports and the store is slow, and the app's child processes do not need them.
    from cloud_audit_tui.commands.report_output import report_format, write_report  # noqa: PLC0415

    with mistakes_in_words():
        with _filter_mistakes():
            expression = parse(text)
        if file is not None and (profiles or config_path):
            raise Mistake(
                "--profile and --config are for what the app has stored. Omit them; --filter 'profile:NAME' "
                "chooses the findings of a profile, and the report says itself what is muted."
            )
        if output is not None:
            check_writable(output)
        now = datetime.now(UTC)
        if file is None:
            mutes = active_mutes(audit_file(config_path))
            document, left_out = _stored_report(profiles_named(profiles), expression, mutes, now)
        else:
            document, left_out = _report_in(file, expression, now)
        output_format = report_format(form, output)
        if text.strip():
            document = document.with_narrowing(text.strip(), left_out)
        if unsaid := output_format.unsaid(document):
            click.echo(plain(unsaid), err=True)
        write_report(document, output_format, output, pasteable_environment(), remediation=remediation)


@contextmanager
def _filter_mistakes() -> Iterator[None]:
    try:
        yield
    except FilterError as error:
        raise Mistake(plain(f"--filter: {error.message}")) from None


def _report_in(file: Path, expression: Expression, now: datetime) -> tuple[Report, int]:
    """Return the report in a file, filtered, and how many findings not assessed the filter leaves out."""
    from cloud_audit_tui.reports.opened_report import with_own_checks  # noqa: PLC0415
    from cloud_audit_tui.reports.record import filtered  # noqa: PLC0415

    _, report_in_file = read_report_file(file)
    whole = with_own_checks(report_in_file)
    with _filter_mistakes():
        document = filtered(whole, expression, now)
    return document, len(whole.not_assessed) - len(document.not_assessed)


def _stored_report(
    named_profiles: Sequence[str], expression: Expression, mutes: ActiveMutes, now: datetime
) -> tuple[Report, int]:
    """Return the stored report, filtered, and how many findings not assessed the filter leaves out."""
    profiles = named_profiles or [profile.name for profile in list_profiles(os.environ)]
    from cloud_audit_tui.reports.stored_report import not_assessed, stored_report  # noqa: PLC0415

    advice = "Scan in the app; `cloud-audit-tui scan` reports its own findings and stores none."
    with app_store(advice) as store:
        # A filter such as status:muted refers to the mutes that are active today.
        store.mute(mutes)
        document = stored_report(store, profiles, expression, now=now).with_mutes(mutes)
        left_out = not_assessed(store, profiles) - len(document.not_assessed)
        if not document.accounts and not document.failures:
            names = plain(", ".join(profiles)) or "any profile"
            raise Mistake(f"The store holds nothing about {names}. Scan in the app first.")
        note_unknown_profiles(store, named_profiles)
    return document, left_out
