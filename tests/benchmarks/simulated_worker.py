"""A unit without its work: it waits as long as a recorded unit took, and returns what that returned."""

from __future__ import annotations

import json
import os
import time
from functools import cache
from pathlib import Path

VARIABLE = "BENCH_ORGANIZATION_UNIT"
"""Names a file with the recorded unit: ``{"seconds": ..., "account": ..., "reply": ...}``."""


@cache
def _recorded() -> tuple[float, str, str]:
    unit = json.loads(Path(os.environ[VARIABLE]).read_text())
    return unit["seconds"], unit["account"], unit["reply"]


def simulated_unit(request: bytes) -> bytes:
    """Stand in for `cloud_audit_tui.scan.executors.dask_worker.run_unit`."""
    seconds, account, reply = _recorded()
    time.sleep(seconds)
    return reply.replace(account, json.loads(request)["unit"]["account_id"]).encode()
