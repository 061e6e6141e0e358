"""What a process imports before the tests fork the program from it, and how a fork ends."""

from __future__ import annotations

import contextlib
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

_MODULES = (
    "aws.second_process.server",
    "checks.facts",
    "commands.main",
    "commands.report_output",
    "commands.running",
    "commands.scanner",
    "remediation.export",
    "scan.executors.local",
)
"""What a command imports once it runs."""


def import_program() -> None:
    """Import what the commands, a scanner and a second process need, with all checks and formats."""
    from cloud_audit_tui.aws.aiohttp_import import import_aiohttp

    import_aiohttp()
    for name in _MODULES:
        import_module(f"cloud_audit_tui.{name}")
    from cloud_audit_tui.checks.catalogue import all_checks
    from cloud_audit_tui.reports.format_registry import formats

    all_checks()
    formats()


def run_to_end(program: Callable[[], object]) -> NoReturn:
    """Run a program in this fork and end as Python does after it, without the exit handlers of the parent."""
    code = 1
    try:
        program()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                with contextlib.suppress(OSError, ValueError):
                    stream.flush()
        os._exit(code)
