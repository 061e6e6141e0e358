"""``cloud-audit-tui``: the app by default, and the same scanner without a screen."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - click's annotations stay readable

import click

from cloud_audit_tui import __version__
from cloud_audit_tui.commands.app import app_options, open_app
from cloud_audit_tui.commands.interruption import InterruptibleGroup
from cloud_audit_tui.commands.lazy_commands import LazyCommands
from cloud_audit_tui.commands.options import is_typed
from cloud_audit_tui.commands.retention_options import retention_options

EPILOG = (
    "Exit codes of `scan`: 0 no findings, 1 findings, 2 invalid input, an incomplete scan or "
    "nothing assessed, 3 a fault of the program."
)


@click.group(
    cls=InterruptibleGroup,
    commands=LazyCommands(
        {
            "checks": "checks:checks",
            "compare": "history:compare",
            "config": "config:config",
            "history": "history:history",
            "mutes": "mutes:mutes",
            "open": "open_report:open_report",
            "policy": "policy:policy",
            "report": "report:report",
            "scan": "scan:scan",
            "verify": "verify:verify",
        },
        hidden={"scanner": "scanner:scanner"},
    ),
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
)
@click.version_option(__version__, prog_name="cloud-audit-tui")
@app_options
@retention_options
@click.pass_context
def main(
    context: click.Context,
    profiles: tuple[str, ...],
    org_role: str | None,
    regions: list[str],
    config_path: Path | None,
    executor: str,
    demo: bool,
    scan_now: bool,
    keep_scans: int | None,
    keep_days: int | None,
) -> None:
    """Scan AWS profiles and regions for security faults, and copy the fix.

    Without a command the app opens; with `--demo` it opens on an embedded AWS.
    """
    if context.invoked_subcommand is None:
        open_app(
            list(profiles),
            regions,
            config_path=config_path,
            demo=demo,
            scan_now=scan_now,
            keep_scans=keep_scans,
            keep_days=keep_days,
            org_role=org_role,
            executor=executor,
        )
    elif any(is_typed(context, name) for name in context.params):
        raise click.UsageError(
            f"Options go after the command: cloud-audit-tui {context.invoked_subcommand} ..."
        )
