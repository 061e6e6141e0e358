"""``cloud-audit-tui scan``: the scanner for scripts, for CI, and as the app's child process."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import IO, cast

import click
import msgspec

from cloud_audit_tui.checks import catalogue
from cloud_audit_tui.commands import export_fixes as exporting
from cloud_audit_tui.commands.options import (
    COULD_NOT,
    Mistake,
    environment_of,
    mistakes_in_words,
    regions_named,
    split,
)
from cloud_audit_tui.commands.running import ask_in_terminal, interruptible, scan_of
from cloud_audit_tui.demo.embedded import EmbeddedAws
from cloud_audit_tui.model import Category, Severity
from cloud_audit_tui.reports.document import Collected
from cloud_audit_tui.reports.formats.json import write_json
from cloud_audit_tui.reports.formats.table import write_table
from cloud_audit_tui.scan.events import InputNeeded, Outcome, Progress, TargetFailed
from cloud_audit_tui.scan.jobs import Request
from cloud_audit_tui.scan.worker import Commands, RequestError, read_request, stream

FORMATS = ("table", "json", "events")


@click.command(context_settings={"show_default": True})
@click.option("--profile", "profiles", multiple=True, metavar="NAME", help="AWS profile; may be given again.")
@click.option("--regions", default="", metavar="R1,R2|all", help="Regions; the profile's own if not given.")
@click.option("--checks", "check_ids", default="", metavar="ID,...", help="Checks to run; all if not given.")
@click.option(
    "--min-severity",
    type=click.Choice([severity.value for severity in Severity]),
    default=Severity.LOW.value,
    help="Leave out what is less severe.",
)
@click.option(
    "--category",
    "categories",
    type=click.Choice([category.value for category in Category]),
    multiple=True,
    help="Only checks of this category; may be given again.",
)
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", help="What to write.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file.")
@click.option("-R", "--remediation", is_flag=True, help="Print the fix under each finding of the table.")
@click.option(
    "--export-fixes",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write all fixes to a file too: Terraform if it ends in .tf, else a shell script.",
)
@click.option("--force", is_flag=True, help="Overwrite the file of --export-fixes.")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
@click.option("--demo", is_flag=True, help="Scan the embedded AWS; no account needed.")
@click.option("--request", "request_from", type=click.Choice(["-"]), hidden=True)
def scan(
    profiles: tuple[str, ...],
    regions: str,
    check_ids: str,
    min_severity: str,
    categories: tuple[str, ...],
    form: str,
    output: Path | None,
    remediation: bool,
    export_fixes: Path | None,
    force: bool,
    quiet: bool,
    demo: bool,
    request_from: str | None,
) -> None:
    """Scan without the app, and print what was found.

    Exit code 0: clean. 1: findings. 2: the scan could not do its work.
    """
    logging.basicConfig(level=logging.ERROR, format="%(levelname)s %(name)s: %(message)s")
    with mistakes_in_words():
        if request_from:
            request = _given_request()
        else:
            request = Request(
                profiles=list(dict.fromkeys(profiles)),
                regions=regions_named(regions),
                checks=split(check_ids),
                categories=[Category(category) for category in categories],
                min_severity=Severity(min_severity),
            )
            catalogue.select(request.checks)
        if output is not None:
            if form == "events":
                raise Mistake("Events are written to standard output as they come; leave -o out.")
            # Tried before the scan, and without losing the report of before to a scan that fails.
            _opened(output, "a").close()
        if export_fixes is not None:
            if form == "events":
                raise Mistake("Events hold no fixes; leave --export-fixes out, or choose another format.")
            exporting.check_free(export_fixes, force=force)
        command = _ScanCommand(
            request,
            form,
            output,
            fixes=None if export_fixes is None else (export_fixes, force),
            remediation=remediation,
            quiet=quiet,
            owned=bool(request_from),
        )
        sys.exit(asyncio.run(command.all(demo=demo)))


def _given_request() -> Request:
    try:
        return read_request()
    except RequestError as error:
        raise Mistake(str(error)) from None


class _ScanCommand:
    """One scan from the command line."""

    def __init__(
        self,
        request: Request,
        form: str,
        output: Path | None,
        *,
        fixes: tuple[Path, bool] | None,
        remediation: bool,
        quiet: bool,
        owned: bool,
    ) -> None:
        self._fixes = fixes
        self._request = request
        self._form = form
        self._output = output
        self._remediation = remediation
        self._loud = not quiet and form != "events"
        self._live = self._loud and sys.stderr.isatty()
        self._owned = owned
        self._environment: dict[str, str | None] = {}

    async def all(self, *, demo: bool) -> int:
        """Scan, write the report and return the exit code."""
        async with EmbeddedAws() if demo else nullcontext() as aws:
            if aws is None:
                return await self._run(pasteable_environment())
            self._environment = environment_of(aws)
            if not self._request.profiles:
                self._request = msgspec.structs.replace(self._request, profiles=aws.profiles)
            return await self._run(aws.pasteable)

    async def _run(self, pasteable: dict[str, str]) -> int:
        return await (self._stream() if self._form == "events" else self._report(pasteable))

    async def _stream(self) -> int:
        commands = Commands(owned=self._owned)
        scan = scan_of(self._request, self._environment, commands.answer)
        if self._owned or not sys.stdin.isatty():
            commands.obey(scan)
        with interruptible(scan):
            await stream(scan)
        return 0

    async def _report(self, environment: dict[str, str]) -> int:
        collected = Collected()
        scan = scan_of(self._request, self._environment, self._ask_in_terminal)
        with interruptible(scan):
            async for event in scan.events():
                collected.add(event)
                self._tell(event)
        self._clear_line()
        with self._open() as file:
            if self._form == "json":
                write_json(collected, file, environment)
            else:
                write_table(collected, file, environment, remediation=self._remediation)
        if self._fixes is not None:
            path, force = self._fixes
            said = exporting.export_fixes(path, collected.findings, environment, force=force)
            if self._loud:
                click.echo(said, err=True)
        return exit_code(collected)

    def _tell(self, event: object) -> None:
        if self._loud and isinstance(event, TargetFailed):
            self._clear_line()
            click.echo(f"{event.profile}: {event.reason} {event.action}".rstrip(), err=True)
        if self._live and isinstance(event, Progress):
            line = f"{event.done}/{event.total} checks · {event.calls} calls · {event.elapsed:.0f} s"
            click.echo(f"\r\x1b[K{line}", nl=False, err=True)

    def _clear_line(self) -> None:
        if self._live:
            click.echo("\r\x1b[K", nl=False, err=True)

    async def _ask_in_terminal(self, needed: InputNeeded) -> str:
        self._clear_line()
        return await ask_in_terminal(needed)

    def _open(self) -> IO[str]:
        if self._output is None:
            return cast("IO[str]", click.open_file("-", "w", encoding="utf-8"))
        return _opened(self._output, "w")


def _opened(path: Path, mode: str) -> IO[str]:
    try:
        return path.open(mode, encoding="utf-8")
    except OSError as error:
        raise Mistake(f"{path} cannot be written: {error.strerror}.") from None


def exit_code(collected: Collected) -> int:
    """Return 1 for findings, 0 for clean, and 2 when the scan could not do its work."""
    end = collected.finished
    if end is None or end.outcome is not Outcome.COMPLETE:
        return COULD_NOT
    if end.failed:
        return 1
    could_not = bool(collected.failures) or (end.not_assessed > 0 and end.passed == 0)
    return COULD_NOT if could_not else 0


def pasteable_environment() -> dict[str, str]:
    """Return the variables that a pasted command needs to reach the AWS that was scanned."""
    names = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_ENDPOINT_URL")
    return {name: os.environ[name] for name in names if os.environ.get(name)}
