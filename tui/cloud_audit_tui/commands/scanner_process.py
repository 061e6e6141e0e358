"""Prepares a process for a scan."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cloud_audit_tui.aws.aiohttp_import import import_aiohttp
from cloud_audit_tui.aws.second_process.spare import spare_process
from cloud_audit_tui.commands.executor_option import LOCAL
from cloud_audit_tui.scan.open_files import allow_open_files

if TYPE_CHECKING:
    from collections.abc import Iterator


def prepare_scanner_process() -> None:
    """Collect garbage less often, and raise the limit of open files above that of a shell.

    The objects of a scan live until its end, or are freed by reference counting.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    allow_open_files()


@contextmanager
def ready_to_scan(executor: str) -> Iterator[None]:
    """Import the AWS client and keep a spare process for its calls, if this process scans."""
    if executor != LOCAL:
        yield
        return
    import_aiohttp()
    from cloud_audit_tui.aws.second_process.server import serve as serve_calls  # noqa: PLC0415
    from cloud_audit_tui.scan.executors import local  # noqa: F401, PLC0415

    with spare_process(serve_calls):
        yield
