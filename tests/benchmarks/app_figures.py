"""The figures of one part of the app, measured in a process of its own; `bench_app` runs it.

``python app_figures.py PART [ARGUMENT...]`` prints one JSON object on its last line. The app runs without a
terminal, and everything below its driver is as the user has it.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import sys
import tempfile
import time
from contextlib import asynccontextmanager, closing
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.bench_store import PROFILES, REGIONS, findings, scan
from cloud_audit_tui.app.app import CloudAuditApp
from cloud_audit_tui.app.widgets.findings_pane import FindingsPane
from cloud_audit_tui.app.widgets.findings_table import FindingsTable
from cloud_audit_tui.aws.profiles import Profile, ProfileKind
from cloud_audit_tui.model import Fact, FactKind, Finding, Resource, Severity, Status
from cloud_audit_tui.scan.events import (
    AnyEvent,
    FactRecorded,
    Outcome,
    Progress,
    Result,
    ScanFinished,
    read_event,
    to_line,
)
from cloud_audit_tui.scan.jobs import IdentifyJob, Job
from cloud_audit_tui.store.store import Store
from cloud_audit_tui.store.view import Sort

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    from textual.pilot import Pilot

BATCH = 1_000
ROUNDS = 3
"""How often a sort or a keystroke is repeated: the quickest is disturbed least by other work."""
SIZE = (120, 40)
TYPED = "prod"
"""The filter whose letters are typed one by one."""
COPIED = "aws-ec2-004"
"""A check whose fix asks for no input."""
SAMPLE = 0.005
"""Seconds between two looks at the event loop."""
READING = 3.0
"""Seconds between the start of the app and the key that scans."""
PAGE = 500
NOW = "2026-01-01T00:00:00+00:00"


# The store


def ingest(path: Path, rows: int) -> dict[str, float]:
    """Fill a store; return the milliseconds of a batch when it is full, and the bytes of a finding."""
    *begin, end = (event for event in scan("one", findings(0)))
    took = []
    with closing(Store.open(path)) as store:
        store.apply([*begin, Result(_copied())])
        batch: list[AnyEvent] = []
        for finding in findings(rows + 5 * BATCH):
            batch.append(Result(finding))
            if len(batch) == BATCH:
                began = time.perf_counter()
                store.apply(batch)
                took.append(time.perf_counter() - began)
                batch = []
        store.apply([*batch, end])
    number = rows + 5 * BATCH
    return {
        "rows": number,
        "milliseconds": statistics.median(took[-10:]) * 1_000,
        "bytes": path.stat().st_size / number,
    }


def _copied() -> Finding:
    """Return the finding whose fix is copied."""
    return Finding(
        check_id=COPIED,
        status=Status.FAIL,
        severity=Severity.CRITICAL,
        profile=PROFILES[0],
        account_id=f"{0:012}",
        region=REGIONS[0],
        partition="aws",
        subject=Resource(f"arn:aws:ec2:{REGIONS[0]}:{0:012}:instance/i-1", "i-1", "AWS::EC2::Instance"),
        title="Instance allows version 1 of the metadata service",
        reason="HttpTokens is optional.",
        evidence={
            "instance_id": "i-1",
            "operator": "",
            "auto_scaling_group": "",
            "account_default_http_tokens": "required",
        },
    )


# The app over a full store


def _profiles() -> list[Profile]:
    # Profiles with MFA are not identified at the start, so nothing but the app runs.
    return [Profile(name, ProfileKind.KEYS, REGIONS[0], mfa=True) for name in PROFILES]


async def _until(true: Callable[[], object]) -> None:
    """Give the loop its turns until something is true."""
    while not true():  # noqa: ASYNC110 - there is no event for what a screen shows
        await asyncio.sleep(0.0005)


async def _timed(
    pilot: Pilot[None], act: Callable[[], object], true: Callable[[], object], *, draw: bool = True
) -> float:
    """Return the milliseconds from an act to what is true and drawn after it, or only true."""
    began = time.perf_counter()
    act()
    async with asyncio.timeout(20):
        await _until(true)
    if draw:
        refresh = asyncio.Event()
        pilot.app.screen.call_after_refresh(refresh.set)
        await refresh.wait()
    return (time.perf_counter() - began) * 1_000


async def _press(app: CloudAuditApp, key: str) -> None:
    """Send a key without the pauses of a pilot."""
    from textual import events
    from textual.keys import _character_to_key

    name = _character_to_key(key) if len(key) == 1 else key
    app.post_message(events.Key(name, key if len(key) == 1 else None))


async def _use(path: Path) -> dict[str, Any]:
    began = time.perf_counter()
    with closing(Store.open(path)) as store:
        copied = asyncio.Event()

        class Copying(CloudAuditApp):
            def copy_to_clipboard(self, text: str) -> None:
                copied.set()

        app = Copying(store, _profiles(), selected=PROFILES)
        async with app.run_test(size=SIZE) as pilot:
            pane, table = app.main.query_one(FindingsPane), app.main.query_one(FindingsTable)

            def shows(text: str) -> bool:
                query = pane.page.query if pane.page is not None else None
                return query is not None and query.filter == text and query == app.session.view.query

            await _timed(pilot, lambda: None, lambda: pane.page is not None and table.selected_row)
            figures: dict[str, Any] = {"open": (time.perf_counter() - began) * 1_000}
            figures["opened_mebibytes"] = _resident()
            await pilot.pause(0.5)

            sorts: dict[str, list[float]] = {}
            for sort in (Sort.TITLE, Sort.RESOURCE, Sort.REGION, Sort.CHECK, Sort.SEVERITY) * ROUNDS:
                act = partial(app.session.sort_by, sort, descending=False)
                sorts.setdefault(sort, []).append(await _timed(pilot, act, lambda: shows("")))
                await pilot.pause(0.4)
            figures["sort"] = max(map(min, sorts.values()))

            keystrokes: dict[str, list[float]] = {}
            for _ in range(ROUNDS):
                await _press(app, "/")
                await pilot.pause(0.4)
                for end in range(1, len(TYPED) + 1):
                    letters = TYPED[:end]
                    send = partial(asyncio.ensure_future, _press(app, letters[-1]))
                    took = await _timed(pilot, send, partial(shows, letters))
                    keystrokes.setdefault(letters, []).append(took)
                    await pilot.pause(0.3)
                await _press(app, "escape")
                await pilot.pause(0.4)
            figures["keystroke"] = statistics.median(map(min, keystrokes.values()))
            figures["slowest_keystroke"] = max(map(min, keystrokes.values()))

            app.session.filter_by(f"check:{COPIED} status:fail")
            async with asyncio.timeout(20):
                await _until(lambda: shows(f"check:{COPIED} status:fail") and table.selected_row)
            await pilot.pause(0.5)
            copies = []
            for _ in range(5):
                send = partial(asyncio.ensure_future, _press(app, "c"))
                copied.clear()
                copies.append(await _timed(pilot, send, copied.is_set, draw=False))
                await pilot.pause(0.2)
                while app.screen is not app.main:
                    await _press(app, "escape")
                    await pilot.pause(0.2)
            figures["copy"] = statistics.median(copies[1:])
            figures["first_copy"] = copies[0]
            figures["used_mebibytes"] = _resident()
        return figures


def use(path: Path) -> dict[str, Any]:
    """Open a full store in the app, sort it, filter it and copy from it; milliseconds and mebibytes."""
    return asyncio.run(_use(path))


def _resident() -> float:
    """Return the mebibytes of this process now; at its peak where there is no /proc."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return pages * resource.getpagesize() / 2**20


# The loop while a scan streams in


def events(calls: int, *, findings_of: Callable[[int], Iterator[Finding]] = findings) -> Iterator[AnyEvent]:
    """Yield a scan with a result a call, and a fact and a progress for some of them."""
    begin = list(scan("stream", findings(0)))
    yield from begin[:-1]
    for number, finding in enumerate(findings_of(calls), 1):
        yield Result(finding)
        if number % 4 == 0:
            yield FactRecorded(_fact(number))
        if number % 40 == 0:
            yield Progress(number, calls, number, number / 500)
    yield begin[-1]


def _fact(number: int) -> Fact:
    return Fact(
        kind=FactKind.RESOURCE,
        account_id=f"{number % len(PROFILES):012}",
        partition="aws",
        region=REGIONS[0],
        type="AWS::S3::Bucket",
        id=f"arn:aws:s3:::bucket-{number}",
        name=f"bucket-{number}",
        data={"number": number},
    )


def replay(calls: int, seconds: float) -> None:
    """Write the lines of a scan at an even pace, as a scanner in a process of its own does."""
    began = time.perf_counter()
    for number, event in enumerate(events(calls)):
        due = began + seconds * number / (calls * 1.275)
        if (rest := due - time.perf_counter()) > 0.002:
            sys.stdout.buffer.flush()
            time.sleep(rest)
        sys.stdout.buffer.write(to_line(event))
    sys.stdout.buffer.flush()


class ReplayedJob:
    """A `RunningJob` whose events come from `replay` through a pipe."""

    def __init__(self, calls: int, seconds: float, job: Job, _environment: Mapping[str, str | None]) -> None:
        self._arguments = str(calls), str(seconds)
        self._job = job

    async def events(self) -> AsyncIterator[AnyEvent]:
        if isinstance(self._job, IdentifyJob):
            yield ScanFinished("", Outcome.COMPLETE, NOW, 0, 0, 0, 0, 0.0)
            return
        process = await asyncio.create_subprocess_exec(
            sys.executable, __file__, "replay", *self._arguments, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        async for line in process.stdout:
            yield read_event(line)
        await process.wait()

    async def cancel(self) -> None: ...

    async def answer(self, input_id: str, value: str) -> None: ...

    async def close(self) -> None: ...


@asynccontextmanager
async def _sampled(lags: list[float]) -> AsyncIterator[None]:
    """Note how much later than asked the loop wakes up."""

    async def sample() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(SAMPLE)
            lags.append((time.perf_counter() - began - SAMPLE) * 1_000)

    sampling = asyncio.create_task(sample())
    try:
        yield
    finally:
        sampling.cancel()


async def _stream(path: Path, calls: int, seconds: float) -> dict[str, float]:
    with closing(Store.open(path)) as store:
        start = partial(ReplayedJob, calls, seconds)
        app = CloudAuditApp(store, _profiles(), selected=PROFILES, start_job=start)
        async with app.run_test(size=SIZE) as pilot:
            await pilot.pause(1)
            idle: list[float] = []
            async with _sampled(idle):
                await asyncio.sleep(seconds / 2)
            streaming: list[float] = []
            app.session.start_scan()
            await _until(lambda: app.session.jobs.scanning)
            async with _sampled(streaming):
                await _until(lambda: not app.session.jobs.scanning)
        number = len(store.row_ids(app.session.view.query.view))
    return {
        "rows": number,
        "idle_median": statistics.median(idle),
        "idle_p99": _percentile(idle),
        "median": statistics.median(streaming),
        "p99": _percentile(streaming),
        "longest": max(streaming),
    }


def _percentile(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def stream(path: Path, calls: int, seconds: float) -> dict[str, float]:
    """Return the lag of the app's loop, idle and while a scan streams in, in milliseconds."""
    return asyncio.run(_stream(path, calls, seconds))


# The first finding after the key


async def _first(path: Path, environment: Mapping[str, str | None], profile: str) -> float:
    with closing(Store.open(path)) as store:
        app = CloudAuditApp(
            store,
            [Profile(profile, ProfileKind.KEYS, "eu-central-1", mfa=True)],
            selected=[profile],
            environment=environment,
        )
        async with app.run_test(size=SIZE) as pilot:
            table = app.main.query_one(FindingsTable)
            # A person reads for a moment before the key.
            await pilot.pause(READING)
            send = partial(asyncio.ensure_future, _press(app, "r"))
            took = await _timed(pilot, send, lambda: table.selected_row)
            app.session.stop()
            await _until(lambda: not app.session.jobs.scanning)
        return took


def first(runs: int) -> dict[str, float]:
    """Return the milliseconds from the key that scans to the first finding on the screen, and their floor.

    The floor is a scanner that starts and prints its version: Python and the imports of the command line.
    """
    from cloud_audit_tui.demo.embedded import EmbeddedAws

    with EmbeddedAws(latency_ms=0) as aws, tempfile.TemporaryDirectory() as directory:
        changes: dict[str, str | None] = {**aws.environment, **dict.fromkeys(aws.without)}
        took = [
            asyncio.run(_first(Path(directory) / f"{run}.db", changes, aws.profiles[0]))
            for run in range(runs + 1)
        ]
    return {"milliseconds": statistics.median(took[1:]), "quickest": min(took[1:])}


# The memory of the scanner


class _Volumes(BaseHTTPRequestHandler):
    """An AWS of one account and region that has nothing but encrypted and other volumes."""

    protocol_version = "HTTP/1.1"
    number = 0

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"] or 0)).decode())
        body = self._answer(form["Action"][0], int(form.get("NextToken", ["0"])[0])).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer(self, action: str, start: int) -> str:
        match action:
            case "GetCallerIdentity":
                return (
                    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
                    "<GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/audit</Arn>"
                    "<UserId>AIDAEXAMPLE</UserId><Account>111122223333</Account></GetCallerIdentityResult>"
                    "</GetCallerIdentityResponse>"
                )
            case "ListAccountAliases":
                return (
                    "<ListAccountAliasesResponse><ListAccountAliasesResult><AccountAliases/>"
                    "<IsTruncated>false</IsTruncated></ListAccountAliasesResult></ListAccountAliasesResponse>"
                )
            case "DescribeRegions":
                inside = "<regionInfo><item><regionName>eu-central-1</regionName></item></regionInfo>"
            case "DescribeVolumes":
                end = min(start + PAGE, self.number)
                items = "".join(map(_volume, range(start, end)))
                more = f"<nextToken>{end}</nextToken>" if end < self.number else ""
                inside = f"<volumeSet>{items}</volumeSet>{more}"
            case "DescribeInstances":
                inside = "<reservationSet/>"
            case _:
                inside = "<ebsEncryptionByDefault>false</ebsEncryptionByDefault>"
        return f"<{escape(action)}Response>{inside}</{escape(action)}Response>"

    def log_message(self, *_: object) -> None: ...


def _volume(number: int) -> str:
    return (
        f"<item><volumeId>vol-{number:017x}</volumeId><size>100</size><status>in-use</status>"
        f"<availabilityZone>eu-central-1a</availabilityZone><encrypted>{str(bool(number % 2)).lower()}"
        "</encrypted><volumeType>gp3</volumeType><iops>3000</iops><tagSet><item><key>Name</key>"
        f"<value>data-{number}</value></item></tagSet></item>"
    )


def volumes(number: int) -> None:
    """Serve an AWS with so many volumes until the standard input ends; the port is printed."""
    handler = type("Handler", (_Volumes,), {"number": number})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    import threading

    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    sys.stdin.read()


PARTS: dict[str, Callable[[list[str]], Any]] = {
    "ingest": lambda arguments: ingest(Path(arguments[0]), int(arguments[1])),
    "use": lambda arguments: use(Path(arguments[0])),
    "stream": lambda arguments: stream(Path(arguments[0]), int(arguments[1]), float(arguments[2])),
    "replay": lambda arguments: replay(int(arguments[0]), float(arguments[1])),
    "first": lambda arguments: first(int(arguments[0])),
    "volumes": lambda arguments: volumes(int(arguments[0])),
}


def main() -> None:
    """Measure one part and print its figures."""
    part, *arguments = sys.argv[1:]
    figures = PARTS[part](arguments)
    if figures is not None:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
