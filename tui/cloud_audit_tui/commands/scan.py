"""``cloud-audit-tui scan``: the scanner for scripts and CI."""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import nullcontext
from dataclasses import replace
from os.path import realpath
from typing import TYPE_CHECKING, NamedTuple

import click
import msgspec

from cloud_audit_tui.aws.role_sessions import RoleSessions
from cloud_audit_tui.commands.audit_file import active_mutes, audit_file, checks_without, scope_note
from cloud_audit_tui.commands.config_option import config_option
from cloud_audit_tui.commands.event_stream import write_events
from cloud_audit_tui.commands.executor_option import check_executor, executor_option, starting_on
from cloud_audit_tui.commands.export_fixes_option import check_force, export_fixes_options
from cloud_audit_tui.commands.format_option import EVENTS, FormatName
from cloud_audit_tui.commands.options import (
    COULD_NOT,
    Mistake,
    check_id_named,
    checks_option,
    environment_of,
    mistakes_in_words,
    profile_option,
    regions_named,
    regions_option,
)
from cloud_audit_tui.commands.org_role_option import org_role_option
from cloud_audit_tui.commands.organization import profiles_of_organizations
from cloud_audit_tui.commands.output import check_writable
from cloud_audit_tui.commands.output_option import output_option
from cloud_audit_tui.commands.pasteable import pasteable_environment
from cloud_audit_tui.commands.running import events_of
from cloud_audit_tui.commands.scan_progress import ScanProgress
from cloud_audit_tui.commands.scanner_process import prepare_scanner_process, ready_to_scan
from cloud_audit_tui.commands.timings_table import timings_table
from cloud_audit_tui.commands.user_settings import profiles_named
from cloud_audit_tui.demo.embedded import EmbeddedAws
from cloud_audit_tui.model import Category, Severity, Status
from cloud_audit_tui.scan.events import Result
from cloud_audit_tui.scan.job_checks import checks_of
from cloud_audit_tui.scan.job_server import serve
from cloud_audit_tui.scan.jobs import ScanJob
from cloud_audit_tui.scan.progress import JobState
from cloud_audit_tui.standard_streams import is_terminal
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from pathlib import Path

    from cloud_audit_tui.config.audit_file import AuditFile
    from cloud_audit_tui.scan.running_job import RunningJob


class ScanOptions(NamedTuple):
    """The options of a scan beside its job; ``path`` is None for standard output."""

    form: str | None
    path: Path | None
    fixes: Path | None
    overwrites_fixes: bool
    remediation: bool
    quiet: bool
    file: AuditFile
    timings: bool
    org_role: str | None
    executor: str


@click.command()
@profile_option
@org_role_option
@regions_option("Regions; by default those of the --config file, else each profile's own region.")
@checks_option("Checks to run; by default all.")
@click.option(
    "--min-severity",
    type=click.Choice([severity.value for severity in Severity], case_sensitive=False),
    help="Report only this severity and worse; by default that of the --config file, else all.",
)
@click.option(
    "--category",
    "categories",
    type=click.Choice([category.value for category in Category], case_sensitive=False),
    multiple=True,
    help="Only checks of this category; may be repeated.",
)
@click.option(
    "--format",
    "form",
    type=FormatName(),
    help="Report format; by default from the name of the -o file, else a table. Events are written as they "
    "happen.",
)
@output_option
@click.option(
    "-R",
    "--remediation",
    is_flag=True,
    help="Include the fixes in a table or Markdown report; the other formats ignore this.",
)
@export_fixes_options("Also write all fixes to a file")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
@config_option
@click.option(
    "--timings",
    is_flag=True,
    help="Print the time of the AWS calls by operation on stderr; JSON and events contain it too.",
)
@executor_option
@click.option("--demo", is_flag=True, help="Scan the embedded AWS; no account needed.")
def scan(
    profiles: tuple[str, ...],
    org_role: str | None,
    regions: list[str],
    check_ids: list[str],
    min_severity: str | None,
    categories: tuple[str, ...],
    form: str | None,
    output: Path | None,
    remediation: bool,
    fixes: Path | None,
    force: bool,
    quiet: bool,
    config_path: Path | None,
    timings: bool,
    executor: str,
    demo: bool,
) -> None:
    """Scan without the app, and print the results.

    Exit code 0: no findings. 1: findings that are not muted. 2: invalid input, an incomplete scan, or no
    findings but an unusable profile or nothing assessed. 3: a fault of the program. With --format events, 0
    whatever the scan finds.
    """
    logging.basicConfig(level=logging.ERROR, format="%(levelname)s %(name)s: %(message)s")
    prepare_scanner_process()
    with mistakes_in_words():
        file = audit_file(config_path)
        # What an option overrides does not apply.
        file = replace(
            file,
            profile="" if profiles or demo else file.profile,
            regions=() if regions else file.regions,
            min_severity=None if min_severity else file.min_severity,
            exclude_checks=() if check_ids else file.exclude_checks,
        )
        # Events report muted findings too. The note also explains an error in a value of the file.
        if note := scope_note(replace(file, mutes=()) if form == EVENTS else file):
            ScanProgress(quiet=quiet).tell(note)
        profile_names = profiles_named(profiles) or ([file.profile] if file.profile else [])
        job = ScanJob(
            profiles=profile_names,
            regions=regions_named(file.regions or regions),
            checks=[*map(check_id_named, check_ids)] or checks_without(file),
            categories=[Category(category) for category in categories],
            min_severity=Severity(min_severity) if min_severity else file.min_severity or Severity.LOW,
            timings=timings,
        )
        _check_selection(job)
        options = ScanOptions(
            form, output, fixes, force, remediation, quiet, file, timings, org_role, executor
        )
        _check_output(options)
        check_executor(executor, demo=demo)
        # The demo is scanned by a child process.
        with nullcontext() if demo else ready_to_scan(executor):
            sys.exit(asyncio.run(_scan(job, options, demo=demo)))


def _check_selection(job: ScanJob) -> None:
    """Raise `UnknownCheckError` for an unknown check, and `Mistake` if the job has no check to run."""
    if not job.checks:
        return
    if not checks_of(job):
        categories = " or ".join(category.value for category in job.categories)
        raise Mistake(f"No check to run is of the category {categories}: omit --category, or name another.")


def _check_output(options: ScanOptions) -> None:
    """Raise `Mistake` before the scan if the output cannot be written."""
    check_force(options.fixes, force=options.overwrites_fixes)
    if options.form == EVENTS and options.path is not None:
        raise Mistake("Events are streamed to standard output; omit -o.")
    if options.form == EVENTS and options.fixes is not None:
        raise Mistake("Events contain no fixes; omit --export-fixes or choose another format.")
    if options.path is not None:
        check_writable(options.path)
        if options.fixes is not None and realpath(options.path) == realpath(options.fixes):
            raise Mistake(f"-o and --export-fixes both name {plain(str(options.path))}: name two files.")
    if options.fixes is not None:
        from cloud_audit_tui.commands.export_fixes import check_export  # noqa: PLC0415

        check_export(options.fixes, overwrite=options.overwrites_fixes)


async def _scan(job: ScanJob, options: ScanOptions, *, demo: bool) -> int:
    async with EmbeddedAws() if demo else nullcontext() as aws, starting_on(options.executor) as start_job:
        changes = environment_of(aws) if aws is not None else {}
        pasteable = aws.pasteable if aws is not None else pasteable_environment()
        if aws is not None and not job.profiles:
            job = msgspec.structs.replace(job, profiles=aws.profiles)
        sessions = RoleSessions()
        if options.org_role:
            names, notes = await profiles_of_organizations(job.profiles, options.org_role, changes, sessions)
            job = msgspec.structs.replace(job, profiles=names)
            for note in notes:
                ScanProgress(quiet=options.quiet).tell(note)
        running = start_job(job, changes, sessions)
        if options.form != EVENTS:
            return await _report(running, options, pasteable)
        typed = is_terminal(sys.stdin)
        events = events_of(running) if typed else serve(running, ends_with_stdin=False)
        await write_events(running, events)
        return 0


async def _report(job: RunningJob, options: ScanOptions, pasteable: dict[str, str]) -> int:
    state = JobState()
    progress = ScanProgress(quiet=options.quiet)
    making: asyncio.Task[None] | None = None
    events = events_of(job)
    try:
        first = await anext(events)
        # Importing the reports and Jinja2 is slow: it happens while the first AWS calls are in flight.
        from cloud_audit_tui.commands.export_fixes import export_fixes  # noqa: PLC0415
        from cloud_audit_tui.commands.report_output import report_format, write_report  # noqa: PLC0415
        from cloud_audit_tui.remediation.ready_fixes import ReadyFixes  # noqa: PLC0415
        from cloud_audit_tui.reports.builder import ReportBuilder  # noqa: PLC0415

        form = report_format(options.form, options.path)
        builder = ReportBuilder()
        renders = form.has_fixes or (form.fixes_on_request and options.remediation)
        fixes = ReadyFixes(pasteable)
        making = asyncio.create_task(fixes.make_when_idle())
        state.apply(first)
        builder.apply(first)
        progress.show(first)
        async for event in events:
            state.apply(event)
            builder.apply(event)
            progress.show(event)
            if renders and isinstance(event, Result) and event.finding.status is Status.FAIL:
                fixes.announce(event.finding)
    finally:
        if making is not None:
            making.cancel()
        progress.clear()
        await job.close()
    report = builder.report().with_mutes(active_mutes(options.file))
    write_report(report, form, options.path, pasteable, remediation=options.remediation, ready_fixes=fixes)
    if options.fixes is not None:
        overwrite = options.overwrites_fixes
        progress.tell(export_fixes(options.fixes, report.open_findings, pasteable, overwrite=overwrite))
    if options.timings:
        click.echo(timings_table(report.timings), err=True)
    return exit_code(state, report.summary.failed)


def exit_code(state: JobState, failed: int) -> int:
    """Return 1 for failures that are not muted, 0 for none, and 2 if the scan could not run to completion.

    Code 2 means that the scan was cancelled or failed, a profile cannot be used, or nothing could be
    assessed.
    """
    if not state.is_complete:
        return COULD_NOT
    if failed:
        return 1
    return COULD_NOT if state.failures or (state.not_assessed and not state.passed) else 0
