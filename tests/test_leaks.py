"""What a long run must not do: grow, or let a secret out."""

from __future__ import annotations

import gc
import resource
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloud_audit_tui.demo.seeds.identity import EMPTY_USER_PASSWORD
from cloud_audit_tui.reports.builder import ReportBuilder
from cloud_audit_tui.reports.format import Options
from cloud_audit_tui.reports.format_registry import formats
from cloud_audit_tui.scan.events import to_line
from cloud_audit_tui.scan.jobs import ScanJob
from cloud_audit_tui.store.store import Store
from scan_runs import scan

if TYPE_CHECKING:
    from cloud_audit_tui.demo.embedded import EmbeddedAws
    from demo_scan import DemoScan

pytestmark = pytest.mark.proof

RESCANS = 9
WARM_UP = 4
MOST_GROWTH = 4 * 1024 * 1024
"""Bytes of memory that the four last rescans may add; one scan of the demo takes about 60 MB."""
CHECKS = ["aws-s3-001", "aws-s3-002", "aws-iam-005", "aws-vpc-002", "aws-lambda-003", "aws-sagemaker-003"]


def resident_bytes() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads the memory of a process of Linux")
async def test_rescans_take_no_more_memory_and_no_more_files(in_demo: EmbeddedAws, tmp_path: Path) -> None:
    job = ScanJob(profiles=[in_demo.profiles[0]], checks=CHECKS)
    store = Store.open(tmp_path / "findings.db")
    memory, files = [], []
    for _ in range(RESCANS):
        store.apply([event async for event in scan(job)])
        memory.append(resident_bytes())
        files.append(open_files())
    store.close()
    assert memory[-1] - memory[WARM_UP] < MOST_GROWTH, memory
    assert files[-1] <= files[WARM_UP], files


def test_no_planted_secret_gets_out(in_demo: EmbeddedAws, demo_scan: DemoScan, tmp_path: Path) -> None:
    # "demo-only" is the value of every secret, parameter and variable of the demo.
    planted = [_secret_key(in_demo), EMPTY_USER_PASSWORD, "demo-only"]
    events = demo_scan.events
    outputs = {"events": b"".join(map(to_line, events)), "log": demo_scan.log.encode()}

    builder = ReportBuilder()
    for event in events:
        builder.apply(event)
    for name, each in formats().items():
        text = each.to_text(builder.report(), Options(environment=in_demo.pasteable, remediation=True))
        outputs[f"report {name}"] = text.encode()

    store = Store.open(tmp_path / "findings.db")
    store.apply(events)
    store.close()
    outputs |= _files_of(tmp_path)

    assert len(outputs["events"]) > 100_000
    leaks = [
        f"{secret[:4]}... in {name}"
        for name, output in outputs.items()
        for secret in planted
        if secret.encode() in output
    ]
    assert not leaks


def _secret_key(demo: EmbeddedAws) -> str:
    lines = Path(demo.environment["AWS_SHARED_CREDENTIALS_FILE"]).read_text().splitlines()
    return next(line.partition("=")[2].strip() for line in lines if "secret" in line)


def _files_of(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}
