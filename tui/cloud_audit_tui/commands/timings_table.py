"""The table of ``scan --timings``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud_audit_tui.scan.events import OperationTiming

HEAD = ("operation", "calls", "throttled", "queued s", "waiting s", "cpu s")


def timings_table(timings: Sequence[OperationTiming]) -> str:
    """Return the operations, the slowest first, and their sum, as lines of text.

    The seconds of concurrent calls are summed, so the sum exceeds the duration of the scan.
    """
    ordered = sorted(timings, key=lambda one: (-(one.queued + one.waiting), one.service, one.operation))
    rows = [
        _row(f"{one.service}:{one.operation}", one.calls, one.throttled, one.queued, one.waiting, one.cpu)
        for one in ordered
    ]
    rows.append(
        _row(
            "all",
            sum(one.calls for one in timings),
            sum(one.throttled for one in timings),
            sum(one.queued for one in timings),
            sum(one.waiting for one in timings),
            sum(one.cpu for one in timings),
        )
    )
    lines = [HEAD, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join((line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:]))).rstrip()
        for line in lines
    )


def _row(name: str, calls: int, throttled: int, *seconds: float) -> tuple[str, ...]:
    return (name, str(calls), str(throttled), *(f"{one:.2f}" for one in seconds))
