"""``cloud-audit-tui open``: shows a report in the app, read-only."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cloud_audit_tui.commands.app import in_terminal, leave, run_until_left
from cloud_audit_tui.commands.options import Mistake
from cloud_audit_tui.commands.pasteable import pasteable_environment
from cloud_audit_tui.commands.user_settings import load_settings
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from cloud_audit_tui.reports.opened import OpenedReport


@click.command("open")
@click.argument("file", type=click.Path(path_type=Path))
def open_report(file: Path) -> None:
    """Show a report in the app, read-only: nothing is scanned or verified.

    FILE is a JSON report of cloud-audit-tui or of cloud-audit, or the OCSF findings of Prowler. A finding of
    another scanner has our explanation and fix where one of our checks looks for the same.
    """
    kind, report = _read(file)
    if not in_terminal():
        raise Mistake("The app needs a terminal. `cloud-audit-tui report` writes reports without one.")
    leave(*asyncio.run(_show(file, kind, report)))


def _read(file: Path) -> tuple[str, OpenedReport]:
    """Return what kind of report a file holds, and the report; raises `Mistake`."""
    # Importing the readers is slow, and the app's child processes do not need them.
    from cloud_audit_tui.reports.opened import opened  # noqa: PLC0415
    from cloud_audit_tui.reports.reader import UnreadableReportError  # noqa: PLC0415
    from cloud_audit_tui.reports.reading import MOST_BYTES, recognised  # noqa: PLC0415

    name = plain(str(file))
    try:
        if not file.is_file():
            raise Mistake(f"{name} is not a file. Name a report to open.")
        with file.open("rb") as opened_file:
            content = opened_file.read(MOST_BYTES + 1)
        reader, report = recognised(content)
    except UnreadableReportError as error:
        raise Mistake(f"{name} cannot be opened. {plain(str(error))}") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise Mistake(f"{name} cannot be read: {plain(str(reason))}.") from None
    return reader.description, opened(report)


async def _show(file: Path, kind: str, report: OpenedReport) -> tuple[Exception | None, int]:
    """Run the app on a store that holds the report alone and is gone afterwards."""
    # Importing Textual is slow, and the other commands do not need it.
    from cloud_audit_tui.app.app import CloudAuditApp  # noqa: PLC0415
    from cloud_audit_tui.app.session import OpenedFile  # noqa: PLC0415
    from cloud_audit_tui.app.system.stdout_driver import driver_for_streams  # noqa: PLC0415
    from cloud_audit_tui.store.store import Store, StoreError  # noqa: PLC0415

    settings = load_settings()
    with tempfile.TemporaryDirectory(prefix="cloud-audit-tui-") as directory:
        try:
            with Store.open(Path(directory) / "report.db") as store:
                store.apply(report.events)
                store.amend(report.amendments)
                app = CloudAuditApp(
                    store,
                    [],
                    selected=report.profiles,
                    pasteable=pasteable_environment(),
                    opened=OpenedFile(file.name, kind),
                    theme=settings.theme,
                    keymap=settings.keys,
                    driver_class=driver_for_streams(),
                )
                return await run_until_left(app)
        except StoreError as error:
            raise Mistake(str(error)) from None
