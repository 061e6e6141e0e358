"""Remake the pictures in screenshots/ from the embedded AWS: `python tests/screenshots.py [NAME]...`.

Each picture is taken of the real app on real scans of the demo's accounts, as SVG and as PNG; `walk.svg` is
an animation of one visit. Without names all are made. A browser draws the PNGs: install Chromium or Chrome,
or name it in CHROMIUM.

Paths, the port, the user's name and the times of the scans are stand-ins, so that the pictures change when
the app does, and not with the machine and the day.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import msgspec
from textual.pilot import Pilot
from textual.widgets import Input

from animated_svg import Frame, animated
from cloud_audit_tui.app.app import CloudAuditApp
from cloud_audit_tui.aws.profiles import list_profiles
from cloud_audit_tui.commands.options import environment_of
from cloud_audit_tui.demo.embedded import EmbeddedAws
from cloud_audit_tui.model import Finding, Status
from cloud_audit_tui.remediation.render import render
from cloud_audit_tui.scan.environment import overlay
from cloud_audit_tui.scan.events import (
    AnyEvent,
    CallsTimed,
    OperationTiming,
    Result,
    ScanFinished,
    ScanStarted,
)
from cloud_audit_tui.scan.executors.subprocess import SubprocessJob
from cloud_audit_tui.scan.jobs import Job, ScanJob
from cloud_audit_tui.store.store import Store
from cloud_audit_tui.store.view import View

TARGET = Path(__file__).parents[1] / "screenshots"
SIZES = ((120, 40), (80, 24))
WIDE = (180, 44)
"""The size of the picture with the detail beside the table."""
WALK = (100, 30)
REGIONS = ("us-east-1", "eu-central-1", "ap-southeast-2")
NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
SCANS = (NOW - timedelta(days=2), NOW - timedelta(minutes=4))
"""When the two scans seem to have begun; `FIXED` and `CHANGES` happen between them."""
FIXED = {"aws-s3-001", "aws-s3-003", "aws-rds-004", "aws-sqs-001"}
CHANGES = (
    "aws s3 mb s3://acme-ml-staging-exports --profile=demo-staging",
    "aws s3 rb s3://acme-research-scratch --force --profile=demo-research",
)
WALKED = ("aws-s3-001", "acme-research-open-data")
"""The check and the resource of the finding that the walk fixes."""
FOLDER = "/home/alice/acme"
PASTEABLE = {
    "AWS_CONFIG_FILE": "/tmp/cloud-audit-tui-demo/config",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:5000",
}
"""Stand-ins for the paths and the port of one run."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER_OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
_VIEW_BOX = re.compile(r'viewBox="0 0 (\d+)[\d.]* (\d+)[\d.]*"')
_WEB_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)

Step = Callable[[Pilot[None]], Awaitable[None]]


def keys(*pressed: str) -> Step:
    """Return a step that presses keys."""

    async def press(pilot: Pilot[None]) -> None:
        for key in pressed:
            await pilot.press(key)
            await pilot.pause()

    return press


def letters(text: str) -> list[str]:
    """Return the keys that type a filter."""
    names = {":": "colon", "-": "minus", "+": "plus", " ": "space", "*": "asterisk"}
    return ["slash", *(names.get(letter, letter) for letter in text), "enter"]


async def time_a_scan(pilot: Pilot[None]) -> None:
    """Scan, and open the timings."""
    await keys("r")(pilot)
    while pilot.app.session.jobs.last_scan is None or pilot.app.session.jobs.scanning:  # type: ignore[attr-defined]
        await pilot.pause(0.1)
    await keys("T")(pilot)
    pilot.app.clear_notifications()


PICTURES: dict[str, Step] = {
    "main": keys(),
    "cli": keys(*letters("churn-predictor-prod"), "2"),
    "terraform": keys(*letters("churn-predictor-prod"), "3"),
    "evidence": keys(*letters("check:iam-007"), "4"),
    "groups": keys("g", "down", "enter"),
    "overview": keys("0"),
    "compare": keys("h", "enter"),
    "checks": keys("b"),
    "profiles": keys("p"),
    "regions": keys("R"),
    "filter": keys(*letters("severity:high+ region:eu-* -service:guardduty")),
    "mute": keys(*letters("check:s3-007"), "m", *"Logs"),
    "export": keys("x"),
    "palette": keys("ctrl+p", *"copy"),
    "mutes": keys("ctrl+o"),
    "messages": keys("j", "c", "t", "N"),
    "help": keys("question_mark"),
    "light": keys("ctrl+t"),
    "timings": time_a_scan,
}
LAST = {"timings"}
"""Pictures that are taken after the others, because they change the store."""
MUTES = """\
suppressions:
  - check_id: aws-s3-007
    resource_id: acme-*-logs
    reason: Logs are kept for 90 days by their lifecycle
    accepted_by: alice@example.com
    expires: 2026-12-31
  - check_id: aws-iam-005
    reason: The break-glass role needs it
    accepted_by: alice@example.com
    expires: 2026-02-28
  - check_id: aws-ec2-*
    region: eu-central-1
    reason: Rebuilt in April
    accepted_by: bob@example.com
"""
"""The decisions in the picture of the mutes."""


async def settle(pilot: Pilot[None]) -> None:
    """Wait until the app has drawn what its background work has brought."""
    for _ in range(6):
        await asyncio.sleep(0.15)
        await pilot.pause()
    for field in pilot.app.screen.query(Input):
        # A blinking cursor would be there in one run and not in the next.
        field.cursor_blink = False
    await pilot.pause()


class TimedJob:
    """A job of the scanner whose events seem to come now."""

    def __init__(self, job: Job, environment: Mapping[str, str | None]) -> None:
        self._job = SubprocessJob(job, environment)
        self.cancel, self.answer, self.close = self._job.cancel, self._job.answer, self._job.close

    async def events(self) -> AsyncIterator[AnyEvent]:
        """Yield the events of the scanner with other times."""
        async for event in self._job.events():
            yield _at(event, NOW)


class Studio:
    """A store with two scans of the demo, and the apps that are opened on it."""

    def __init__(self, aws: EmbeddedAws, store: Store) -> None:
        self._aws = aws
        self._store = store
        self._changes = environment_of(aws)

    async def scan(self, at: datetime) -> list[AnyEvent]:
        """Scan the demo as if it were at a time; returns what was stored."""
        job = ScanJob(profiles=self._aws.profiles, regions=list(REGIONS))
        events = [_at(event, at) async for event in SubprocessJob(job, self._changes).events()]
        # Results arrive in another order in every run.
        results = sorted((each for each in events if isinstance(each, Result)), key=_order)
        first = next(number for number, each in enumerate(events) if isinstance(each, Result))
        others = [each for each in events[first:] if not isinstance(each, Result)]
        events_in_store = [*events[:first], *results, *others]
        self._store.apply(events_in_store)
        return events_in_store

    async def change(self, events: Sequence[AnyEvent]) -> None:
        """Fix some failures and change the accounts, so that a second scan differs."""
        for event in events:
            if (
                isinstance(event, Result)
                and event.finding.status is Status.FAIL
                and event.finding.check_id in FIXED
                and (event.finding.check_id, event.finding.resource_name) != WALKED
            ):
                await self._paste(event.finding)
        for command in CHANGES:
            await self._bash(command)

    async def _paste(self, finding: Finding) -> None:
        """Run the script of a failure by bash and the AWS CLI, as a person who pastes it does."""
        await self._bash(render(finding, self._aws.pasteable).cli)

    async def _bash(self, script: str) -> None:
        paths = (str(Path(sys.executable).parent), os.environ["PATH"])
        environ = {**os.environ, **self._aws.environment, "PATH": os.pathsep.join(paths)}
        bash = await asyncio.create_subprocess_exec(
            "bash", "-c", script, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        await bash.wait()

    @contextlib.asynccontextmanager
    async def opened(
        self, size: tuple[int, int], audit_file: Path | None = None
    ) -> AsyncIterator[Pilot[None]]:
        """Open the app in a terminal of a size, with the mutes of a file."""
        app = CloudAuditApp(
            self._store,
            list_profiles(overlay(os.environ, self._changes)),
            selected=self._aws.profiles,
            regions=REGIONS,
            environment=self._changes,
            pasteable=PASTEABLE,
            clock=NOW.timestamp,
            start_job=TimedJob,
            audit_file=audit_file or Path(FOLDER) / ".cloud-audit.yml",
        )
        with patch("os.getcwd", return_value=FOLDER):
            async with app.run_test(size=size, notifications=True) as pilot:
                await settle(pilot)
                yield pilot

    async def take(self, name: str, size: tuple[int, int]) -> None:
        """Take one picture in an app that was just opened."""
        width, height = size
        audit_file = None
        if name == "mutes":
            audit_file = Path(self._aws.environment["HOME"]) / ".cloud-audit.yml"
            audit_file.write_text(MUTES, encoding="utf-8")
        async with self.opened(size, audit_file) as pilot:
            await PICTURES["main" if name == "wide" else name](pilot)
            await settle(pilot)
            svg = picture(pilot, "cloud-audit-tui")
        save(svg, TARGET / f"{name}-{width}x{height}.svg")

    async def walk(self) -> None:
        """Make the animation of one visit; it fixes a finding in the embedded AWS."""
        frames = []
        async with self.opened(WALK) as pilot:
            for title, step, seconds in self._story():
                await step(pilot)
                await settle(pilot)
                frames.append(Frame(picture(pilot, title), seconds))
                pilot.app.clear_notifications()
        text = animated(frames)
        (TARGET / "walk.svg").write_text(text, encoding="utf-8")
        print(f"walk.svg, {len(text):,} bytes")

    def _story(self) -> Iterator[tuple[str, Step, float]]:
        """Yield what the title says, what is done before the picture, and the seconds for which it stands."""
        yield "Three accounts, scanned: what fails, the worst first", keys(), 3
        yield "/   filter as you type", keys("slash", *letters("severity:high+")[1:-1]), 2
        yield "/   severity:high+ service:s3", keys(*letters(" service:s3")[1:]), 3
        yield "g   group by check", keys("g"), 2
        yield "Enter   open a group", keys("home", "enter", "down", "down"), 2
        yield "2   the fix, made from the live resource", keys("2"), 4
        yield "c   copy it, and paste it into a shell", keys("c"), 3
        yield "v   verify: the resource is looked at again", self._verify, 4
        yield "0   the whole: services, regions, what to fix first", keys("escape", "escape", "0"), 4
        yield "h   what changed since an earlier scan", keys("escape", "h", "enter"), 4
        yield "x   export: JSON, SARIF, OCSF, CSV, HTML, JUnit", keys("escape", "escape", "x"), 4

    async def _verify(self, pilot: Pilot[None]) -> None:
        view = View(profiles=tuple(self._aws.profiles))
        for finding in self._store.findings(self._store.row_ids(view)):
            if (finding.check_id, finding.resource_name) == WALKED:
                await self._paste(finding)
        await keys("v")(pilot)
        while not pilot.app._notifications:
            await pilot.pause(0.1)


def _at(event: AnyEvent, at: datetime) -> AnyEvent:
    if isinstance(event, ScanStarted):
        return msgspec.structs.replace(event, started_at=at.isoformat())
    if isinstance(event, CallsTimed):
        return CallsTimed([_timed(each) for each in event.timings])
    if isinstance(event, ScanFinished):
        end = at + timedelta(minutes=1)
        return msgspec.structs.replace(event, finished_at=end.isoformat(), elapsed=60.0, calls=650)
    return event


def _timed(timing: OperationTiming) -> OperationTiming:
    """Return the times of an operation that takes between 60 and 180 ms a call, by its name."""
    share = zlib.crc32(timing.operation.encode()) % 100 / 100
    waiting = timing.calls * (0.06 + 0.12 * share)
    queued, cpu = waiting / 3 if timing.calls > 20 else 0.0, timing.calls * 0.003
    return msgspec.structs.replace(timing, throttled=0, queued=queued, waiting=waiting, cpu=cpu)


def _order(event: Result) -> tuple[str, ...]:
    finding = event.finding
    return (finding.check_id, finding.account_id, finding.region, finding.resource_name, finding.resource_id)


def picture(pilot: Pilot[None], title: str) -> str:
    """Return the screen as SVG, drawn with the monospaced font of the viewer."""
    return _WEB_FONT.sub("", pilot.app.export_screenshot(title=title, simplify=True))


def save(svg: str, path: Path) -> None:
    """Write a picture as SVG and, drawn by a browser, as PNG; one that has not changed stays."""
    if path.exists() and path.read_text(encoding="utf-8") == svg and path.with_suffix(".png").exists():
        return
    path.write_text(svg, encoding="utf-8")
    width, height = (int(number) + 1 for number in _VIEW_BOX.search(svg).groups())  # type: ignore[union-attr]
    with tempfile.TemporaryDirectory() as profile:
        options = (
            f"--user-data-dir={profile}",
            f"--window-size={width},{height}",
            f"--screenshot={path.with_suffix('.png')}",
        )
        command = [browser(), *BROWSER_OPTIONS, *options, path.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    print(path.name)


def browser() -> str:
    """Return the browser's program; ends the run with a message when there is none."""
    browser = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit("The PNGs need a browser: install Chromium, or name one in the variable CHROMIUM.")
    return browser


def prepare_terminal() -> None:
    """Make the environment that of a terminal which takes OSC 52, and of no machine in particular."""
    for name in ("TMUX", "STY", "DISPLAY", "WAYLAND_DISPLAY", "SSH_TTY", "SSH_CONNECTION", "NO_COLOR"):
        os.environ.pop(name, None)
    os.environ.update(TEXTUAL_ANIMATIONS="none", TERM="xterm-kitty", LOGNAME="alice")


async def main(names: Sequence[str]) -> None:
    """Scan the demo twice, with fixes in between, then photograph the app on what was found."""
    prepare_terminal()
    TARGET.mkdir(exist_ok=True)
    every_name = {*PICTURES, "wide", "walk"}
    chosen_names = set(names) or every_name
    if unknown := chosen_names - every_name:
        sys.exit(f"There is no picture {', '.join(sorted(unknown))}.")
    async with EmbeddedAws(latency_ms=0) as aws:
        store = Store.open(Path(aws.environment["HOME"]) / "findings.db")
        studio = Studio(aws, store)
        await studio.change(await studio.scan(SCANS[0]))
        await studio.scan(SCANS[1])
        for size in SIZES:
            for name in PICTURES:
                if name in chosen_names - LAST:
                    await studio.take(name, size)
        if "wide" in chosen_names:
            await studio.take("wide", WIDE)
        if "walk" in chosen_names:
            await studio.walk()
        for size in SIZES:
            for name in chosen_names & LAST:
                await studio.take(name, size)
        store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
