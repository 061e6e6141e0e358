"""``cloud-audit-tui open``: shows a report in the app, read-only."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from os.path import realpath
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cloud_audit_tui.app.opened_file import OpenedFile
from cloud_audit_tui.aws.profiles import ConfigError, list_profiles, select_profiles
from cloud_audit_tui.commands.app import in_terminal, leave, run_until_left
from cloud_audit_tui.commands.export_fixes_option import check_force, export_fixes_options
from cloud_audit_tui.commands.options import Mistake, mistakes_in_words, profile_option
from cloud_audit_tui.commands.pasteable import pasteable_environment
from cloud_audit_tui.commands.report_file import read_report_file
from cloud_audit_tui.commands.user_settings import load_settings, profiles_named
from cloud_audit_tui.model import Disposition
from cloud_audit_tui.scan.events import Result
from cloud_audit_tui.store.finding_key import finding_key
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud_audit_tui.aws.profiles import Profile
    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.reports.opened_report import OpenedReport


@click.command("open")
@click.argument("file", type=click.Path(path_type=Path))
@profile_option
@export_fixes_options("Write all fixes to a file instead")
def open_report(file: Path, profiles: tuple[str, ...], fixes: Path | None, *, force: bool) -> None:
    """Show a report in the app, read-only.

    Nothing is scanned, and AWS is called only when you press v. FILE is a JSON report of cloud-audit-tui or
    of cloud-audit, or the OCSF findings of Prowler. A finding of another scanner gets our explanation and fix
    if one of our checks is equivalent. If the report lacks facts that the fix needs, v runs our check to read
    them, through the profiles named here or chosen then. --export-fixes needs no terminal, and runs our
    checks only if profiles are named.
    """
    check_force(fixes, force=force)
    if fixes is not None and realpath(fixes) == realpath(file):
        raise Mistake(f"{plain(str(file))} is the report: name another file for the fixes.")
    with mistakes_in_words():
        names = profiles_named(profiles)
        configured = _profiles(names)
    # Importing the reports is slow, and the app's child processes do not need them.
    from cloud_audit_tui.reports.opened_report import opened_report  # noqa: PLC0415

    kind, document = read_report_file(file)
    report = opened_report(document)
    if fixes is not None:
        # Importing Jinja2 is slow, and the app's child processes do not need it.
        from cloud_audit_tui.commands.report_fixes import write_reported_fixes  # noqa: PLC0415

        if document.narrowing is not None:
            click.echo(plain(f"The report has {document.narrowing.words}."), err=True)
        with mistakes_in_words():
            sys.exit(write_reported_fixes(fixes, _open_findings(report), names, overwrite=force))
    if not in_terminal():
        raise Mistake("The app needs a terminal. `cloud-audit-tui report` writes reports without one.")
    opened = OpenedFile(file.name, kind, tuple(names), document.narrowing)
    leave(*asyncio.run(_show(opened, report, configured)))


def _open_findings(report: OpenedReport) -> list[Finding]:
    """Return the findings of a report that are neither muted nor fixed."""
    closed_keys = {each.key for each in report.amendments if each.disposition is not Disposition.OPEN}
    findings = [event.finding for event in report.events if isinstance(event, Result)]
    return [finding for finding in findings if finding_key(finding) not in closed_keys]


def _profiles(names: list[str]) -> list[Profile]:
    """Return the configured profiles; raises `ConfigError` and `UnknownProfileError` if any are named."""
    try:
        configured = list_profiles(os.environ)
    except ConfigError:
        if names:
            raise
        # A report can be shown without a profile.
        return []
    if names:
        select_profiles(configured, names, os.environ)
    return configured


async def _show(
    opened: OpenedFile, report: OpenedReport, configured: Sequence[Profile]
) -> tuple[Exception | None, int]:
    """Run the app on a temporary store that contains only the report."""
    # Importing Textual is slow, and the other commands do not need it.
    from cloud_audit_tui.app.app import CloudAuditApp  # noqa: PLC0415
    from cloud_audit_tui.app.system.terminal_driver import terminal_driver  # noqa: PLC0415
    from cloud_audit_tui.store.store import Store, StoreError  # noqa: PLC0415

    settings = load_settings()
    with tempfile.TemporaryDirectory(prefix="cloud-audit-tui-") as directory:
        try:
            with Store.open(Path(directory) / "report.db") as store:
                store.apply(report.events)
                store.amend(report.amendments)
                app = CloudAuditApp(
                    store,
                    configured,
                    selected=report.profiles,
                    pasteable=pasteable_environment(),
                    opened=opened,
                    theme=settings.theme,
                    keymap=settings.keys,
                    driver_class=terminal_driver(),
                )
                return await run_until_left(app)
        except StoreError as error:
            raise Mistake(str(error)) from None
