"""How long the findings table takes to draw and to answer a key, with 100 and with 100,000 rows.

Run it by hand: ``python tests/benchmarks/bench_table.py``. It prints milliseconds and their ratios; the
ratios should stay near 1, because only what is on the screen is read and drawn.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from cloud_audit_tui.app.app import CloudAuditApp
from cloud_audit_tui.app.widgets.findings_pane import FindingsPane
from cloud_audit_tui.app.widgets.findings_table import FindingsTable
from cloud_audit_tui.aws.profiles import Profile, ProfileKind
from cloud_audit_tui.model import Finding, Resource, Severity, Status
from cloud_audit_tui.scan.events import (
    AccountReady,
    Outcome,
    ProfileReady,
    Result,
    ScanFinished,
    ScanStarted,
)
from cloud_audit_tui.scan.jobs import ScanJob
from cloud_audit_tui.store.store import Store

FEW, MANY = 100, 100_000
ROUNDS = 60
ACCOUNT = "111122223333"


def finding(number: int) -> Finding:
    name = f"endpoint-{number:06}"
    return Finding(
        check_id=f"aws-sagemaker-{number % 9 + 1:03}",
        status=Status.FAIL,
        severity=list(Severity)[number % 4],
        profile="dev",
        account_id=ACCOUNT,
        region="eu-central-1",
        partition="aws",
        subject=Resource(
            f"arn:aws:sagemaker:eu-central-1:{ACCOUNT}:endpoint/{name}", name, "AWS::SageMaker::Endpoint"
        ),
        title="SageMaker endpoint not encrypted with KMS",
        reason="Its endpoint configuration names no KMS key.",
        evidence={"endpoint_name": name},
    )


def fill(store: Store, count: int) -> None:
    now = datetime.now(UTC).isoformat()
    store.apply(
        [
            ScanStarted("bench", now, "0", ScanJob(["dev"]), ["aws-sagemaker-003"], ["dev"]),
            ProfileReady("dev", ACCOUNT, "aws", "", region="eu-central-1"),
            AccountReady(ACCOUNT, "aws", "dev", ["dev"], ["eu-central-1"]),
        ]
    )
    for start in range(0, count, 5_000):
        store.apply([Result(finding(number)) for number in range(start, min(start + 5_000, count))])
    store.apply([ScanFinished("bench", Outcome.COMPLETE, now, count, 0, 0, 0, 0.0)])


def milliseconds(seconds: list[float]) -> float:
    return statistics.median(seconds) * 1_000


async def measure(count: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as directory, Store.open(Path(directory) / "findings.db") as store:
        await asyncio.to_thread(fill, store, count)
        profile = Profile("dev", ProfileKind.KEYS, "eu-central-1", mfa=True)
        app = CloudAuditApp(store, [profile], selected=["dev"])
        figures: dict[str, float] = {}
        async with app.run_test(size=(120, 40)) as pilot:
            table = app.main.query_one(FindingsTable)
            began = time.perf_counter()
            while not app.main.query_one(FindingsPane).refresher.settled.is_set():
                await pilot.pause(0.005)
            figures["first rows on the screen"] = (time.perf_counter() - began) * 1_000
            await pilot.pause(0.3)

            frames = []
            for _ in range(ROUNDS):
                table.notify_style_update()
                began = time.perf_counter()
                for y in range(table.size.height):
                    table.render_line(y)
                frames.append(time.perf_counter() - began)
            figures["a whole frame of the table"] = milliseconds(frames)

            moves = []
            for _ in range(ROUNDS):
                began = time.perf_counter()
                table.action_cursor_down()
                for y in range(table.size.height):
                    table.render_line(y)
                moves.append(time.perf_counter() - began)
            figures["cursor down and its frame"] = milliseconds(moves)

            presses = []
            for _ in range(ROUNDS):
                began = time.perf_counter()
                await pilot.press("j")
                presses.append(time.perf_counter() - began)
            figures["key press to redraw (with pilot)"] = milliseconds(presses)

            jumps = []
            for key in ("end", "home") * 5:
                began = time.perf_counter()
                await pilot.press(key)
                while table.selected_row is None:  # noqa: ASYNC110 - the table has no event for it
                    await asyncio.sleep(0)
                jumps.append(time.perf_counter() - began)
            figures["end or home, rows read"] = milliseconds(jumps)

            lags = []
            app.main.query_one(FindingsPane).refresher.changed(urgent=True)
            while not app.main.query_one(FindingsPane).refresher.settled.is_set():
                began = time.perf_counter()
                await asyncio.sleep(0)
                lags.append(time.perf_counter() - began)
            figures["longest lag while all rows are read again"] = max(lags, default=0.0) * 1_000

            began = time.perf_counter()
            await pilot.press("g")
            while table.row_count == count:  # noqa: ASYNC110 - the table has no event for it
                await asyncio.sleep(0.001)
            figures["rows grouped by check"] = (time.perf_counter() - began) * 1_000
        return figures


def main() -> None:
    few, many = asyncio.run(measure(FEW)), asyncio.run(measure(MANY))
    sys.stdout.write(f"{'milliseconds':44}{FEW:>12,}{MANY:>12,}{'ratio':>8}\n")
    for name, value in few.items():
        sys.stdout.write(f"{name:44}{value:12.2f}{many[name]:12.2f}{many[name] / max(value, 1e-9):8.1f}\n")


if __name__ == "__main__":
    main()
