"""A scanner that says what a test tells it, a store in a temporary directory, and the app over both."""

from __future__ import annotations

import asyncio
import functools
import gc
import tempfile
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from textual import events
from textual.keys import _character_to_key
from textual.notifications import Notification

from app_pace import quick_pace  # noqa: F401 - every test here keeps it
from cloud_audit_tui.app.app import CloudAuditApp
from cloud_audit_tui.app.presentation.check_text import whole_explanation
from cloud_audit_tui.app.presentation.finding_text import explanation_markdown
from cloud_audit_tui.app.system.clipboard import Copied
from cloud_audit_tui.app.widgets.detail import Detail
from cloud_audit_tui.app.widgets.findings_pane import FindingsPane
from cloud_audit_tui.app.widgets.findings_table import FindingsTable
from cloud_audit_tui.aws.profiles import Profile, ProfileKind
from cloud_audit_tui.checks.rules import Rules
from cloud_audit_tui.model import PROFILE_ACCESS, Finding, ProfileScope, Resource, Severity, Status
from cloud_audit_tui.scan.events import (
    AccountReady,
    AnyEvent,
    Outcome,
    ProfileFailed,
    ProfileReady,
    Result,
    ScanFinished,
    ScanStarted,
)
from cloud_audit_tui.scan.jobs import IdentifyJob, Job, ScanJob
from cloud_audit_tui.scan.verification import verify_job
from cloud_audit_tui.store.store import Store
from late_painting import forget, paint
from pictured_checks import show_first_checks
from textual_caches import textual_remembers  # noqa: F401 - for every app

from .pictures import pictures  # noqa: F401 - for every room of the app

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator, Mapping, Sequence

    from textual.app import App
    from textual.pilot import Pilot


NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
ACCOUNT = "111122223333"
CALLER = f"arn:aws:sts::{ACCOUNT}:assumed-role/Audit/alice"
COMES_WITHIN = 30.0
"""Seconds that a test waits for what should come about."""
KMS = "arn:aws:kms:eu-central-1:111122223333:key/0b6c9d5e-1111-2222-3333-444455556666"

_KINDS = (
    ("aws-sagemaker-003", Severity.HIGH, "SageMaker endpoint not encrypted with KMS", "endpoint"),
    (
        "aws-sagemaker-001",
        Severity.CRITICAL,
        "Notebook instance has direct internet access",
        "notebook-instance",
    ),
    ("aws-sagemaker-004", Severity.MEDIUM, "Training job without network isolation", "training-job"),
    ("aws-sagemaker-002", Severity.LOW, "Notebook instance root access enabled", "notebook-instance"),
)


def key_event(key: str) -> events.Key:
    """Return the event that a terminal sends for a key."""
    character = key if len(key) == 1 else " " if key == "space" else None
    return events.Key(_character_to_key(key) if len(key) == 1 else key, character)


def make_finding(
    number: int = 0,
    *,
    profile: str = "dev",
    status: Status = Status.FAIL,
    name: str | None = None,
    title: str | None = None,
    region: str = "eu-central-1",
    severity: Severity | None = None,
    **changes: Any,
) -> Finding:
    check_id, usual, usual_title, kind = _KINDS[number % len(_KINDS)]
    name = f"{kind}-{number:05}" if name is None else name
    values: dict[str, Any] = {
        "check_id": check_id,
        "status": status,
        "severity": severity or usual,
        "profile": profile,
        "account_id": ACCOUNT,
        "region": region,
        "partition": "aws",
        "title": title or usual_title,
        "reason": "Its endpoint configuration names no KMS key.",
        "evidence": {"endpoint_name": name, "instance_types": ["ml.m5.large"], "kms_key_id": None},
    }
    values |= changes
    account, region = values["account_id"], values["region"]
    subject = Resource(
        values.pop("resource_id", f"arn:aws:sagemaker:{region}:{account}:{kind}/{name}"),
        values.pop("resource_name", name),
        values.pop("resource_type", "AWS::SageMaker::Endpoint"),
    )
    return Finding(**{"subject": subject, **values})


def unusable(profile: str, reason: str, action: str = "", *, kind: str = "credentials") -> list[AnyEvent]:
    """Return what a scan says of a profile that cannot be used."""
    finding = Finding(
        check_id=PROFILE_ACCESS,
        status=Status.NOT_ASSESSED,
        severity=Severity.CRITICAL,
        subject=ProfileScope(profile),
        profile=profile,
        account_id="",
        region="",
        partition="",
        title="Profile cannot be used",
        reason=f"{reason} {action}".strip(),
        evidence={"unread": kind},
    )
    return [ProfileFailed(profile, kind, reason, action), Result(finding)]


def started(
    scan_id: str = "scan-1",
    *,
    profiles: Sequence[str] = ("dev",),
    at: datetime = NOW,
    job: Job | None = None,
    rule: str = "",
) -> ScanStarted:
    """Return the start of a scan, of which every check had the same ``rule``."""
    checks = [kind[0] for kind in _KINDS]
    return ScanStarted(
        scan_id=scan_id,
        started_at=at.isoformat(),
        version="0.1.0",
        job=job or ScanJob(profiles=list(profiles)),
        checks=checks,
        profiles=list(profiles),
        rules=Rules("cpython-311", dict.fromkeys(checks, rule) if rule else {}),
    )


def ready(profile: str = "dev", **changes: Any) -> ProfileReady:
    values: dict[str, Any] = {
        "profile": profile,
        "account_id": ACCOUNT,
        "alias": "acme-dev",
        "caller_arn": CALLER,
        "partition": "aws",
        "region": "eu-central-1",
        "enabled_regions": ["eu-central-1", "eu-west-1", "us-east-1"],
    }
    return ProfileReady(**{**values, **changes})


def account(event: ProfileReady, profiles: Sequence[str] = ()) -> AccountReady:
    """Return the account that a profile leads to, judged in two regions."""
    regions = ["eu-central-1", "us-east-1"]
    return AccountReady(
        event.account_id, event.partition, event.profile, list(profiles or [event.profile]), regions
    )


def finished(
    scan_id: str = "scan-1", outcome: Outcome = Outcome.COMPLETE, *, at: datetime = NOW, message: str = ""
) -> ScanFinished:
    return ScanFinished(scan_id, outcome, at.isoformat(), 3, 2, 1, 120, 42.0, message)


class FakeScan:
    """A scanner process without a process: a test feeds it events and sees what it was told."""

    def __init__(self, job: Job, environment: Mapping[str, str | None]) -> None:
        self.job: Any = job
        self.environment = dict(environment)
        self.answers: dict[str, str] = {}
        self.cancelled = False
        self.closed = False
        self._events: asyncio.Queue[AnyEvent | None] = asyncio.Queue()

    def say(self, *events: AnyEvent) -> None:
        """Send events; a profile that is ready is followed by its account, as in every scan."""
        for event in events:
            self._events.put_nowait(event)
            if isinstance(event, ProfileReady) and not isinstance(self.job, IdentifyJob):
                self._events.put_nowait(account(event))

    async def events(self) -> AsyncIterator[AnyEvent]:
        while (event := await self._events.get()) is not None:
            yield event
            if isinstance(event, ScanFinished):
                return

    async def cancel(self) -> None:
        self.cancelled = True
        self.say(finished(outcome=Outcome.CANCELLED))

    async def answer(self, input_id: str, value: str) -> None:
        self.answers[input_id] = value

    async def close(self) -> None:
        self.closed = True
        self._events.put_nowait(None)


@functools.cache
def empty_store() -> bytes:
    """Return the file of a store with nothing in it: to make its tables costs more than to open them."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "findings.db"
        Store.open(file).close()
        return file.read_bytes()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None, object, object]:
    """Collect the app that has ended: between two tests there is no living one to look through."""
    result = yield
    forget()
    gc.collect(1)
    return result


class Stage:
    """The app with everything around it that a test holds on to."""

    make = staticmethod(make_finding)
    started = staticmethod(started)
    ready = staticmethod(ready)
    finished = staticmethod(finished)
    account = staticmethod(account)
    unusable = staticmethod(unusable)

    def __init__(self, path: Path) -> None:
        self.file = path / "findings.db"
        self.file.write_bytes(empty_store())
        self.store = Store.open(self.file)
        self.audit_file = path / ".cloud-audit.yml"
        self.scans: list[FakeScan] = []
        self.copied: list[str] = []
        self.accounts: dict[str, tuple[str, str]] = {}
        self.clipboard_works = True

    def _start_job(self, job: Job, environment: Mapping[str, str | None]) -> FakeScan:
        scan = FakeScan(job, environment)
        self.scans.append(scan)
        if isinstance(job, IdentifyJob):
            scan_id = f"identity-{len(self.scans)}"
            scan.say(started(scan_id, profiles=job.profiles, job=job))
            for profile in job.profiles:
                account_id, alias = self.accounts.get(profile, (ACCOUNT, "acme-dev"))
                scan.say(ready(profile, account_id=account_id, alias=alias))
            scan.say(finished(scan_id))
        return scan

    @property
    def scan(self) -> FakeScan:
        """The newest scan that is more than a question of identity."""
        return [scan for scan in self.scans if not isinstance(scan.job, IdentifyJob)][-1]

    def past_scan(
        self,
        findings: Sequence[Finding],
        *,
        profile: str = "dev",
        scan_id: str = "scan-0",
        ago: timedelta = timedelta(hours=3),
        account_id: str = ACCOUNT,
        alias: str = "acme-dev",
        rule: str = "",
    ) -> None:
        """Put an earlier scan into the store."""
        self.accounts[profile] = account_id, alias
        at = NOW - ago
        door = ready(profile, account_id=account_id, alias=alias)
        self.store.apply(
            [
                started(scan_id, profiles=[profile], at=at, rule=rule),
                door,
                account(door),
                *(Result(finding) for finding in findings),
                finished(scan_id, at=at),
            ]
        )

    def past_verification(self, finding: Finding) -> None:
        """Put the verification of one finding of the profile ``dev`` into the store."""
        start = started("verify", job=verify_job([finding]))
        door = ready()
        self.store.apply(
            [
                msgspec.structs.replace(start, checks=[finding.check_id]),
                door,
                account(door),
                Result(finding),
                finished("verify"),
            ]
        )

    def app(self, *, selected: Sequence[str] = ("dev",), **options: Any) -> CloudAuditApp:
        profiles = [
            Profile("dev", ProfileKind.SSO, "eu-central-1", ACCOUNT),
            Profile("prod", ProfileKind.ROLE, "us-east-1"),
            Profile("locked", ProfileKind.ROLE, "us-east-1", mfa=True),
        ]
        return CloudAuditApp(
            self.store,
            options.pop("profiles", profiles),
            selected=selected,
            clock=NOW.timestamp,
            start_job=self._start_job,
            audit_file=self.audit_file,
            **options,
        )

    @asynccontextmanager
    async def opened(
        self, findings: Sequence[Finding], **options: Any
    ) -> AsyncIterator[tuple[CloudAuditApp, Pilot[None]]]:
        """Open the app on a past scan, with options of `run_test`, and wait until it shows it."""
        self.past_scan(findings)
        app = self.app()
        async with app.run_test(**options) as pilot:
            await self.settled(pilot)
            yield app, pilot

    # What a person sees

    def before_picture(
        self, open_screen: Callable[[Stage, Pilot[None]], Awaitable[object]]
    ) -> Callable[[Pilot[None]], Awaitable[None]]:
        """Return what comes before a picture of a screen: it is opened, and nothing moves."""

        async def before(pilot: Pilot[None]) -> None:
            await self.settled(pilot)
            await open_screen(self, pilot)
            pilot.app.clear_notifications()
            await pilot.pause()

        return before

    @staticmethod
    async def until(pilot: Pilot[None], true: Callable[[], object]) -> None:
        """Wait until something is true; `COMES_WITHIN` is for a loaded machine and ends a test that fails."""
        clock = asyncio.get_running_loop().time
        end = clock() + COMES_WITHIN
        while not true():
            assert clock() < end, "this did not come about"
            await pilot.pause(0.01)
            paint()

    @classmethod
    async def settled(cls, pilot: Pilot[None]) -> None:
        """Wait until the screen shows what the store holds, and the detail the row under the cursor."""
        main = pilot.app.main  # type: ignore[attr-defined]

        def is_settled() -> bool:
            selection = main.query_one(Detail).selected
            row_id = main.query_one(FindingsTable).selected_id
            is_current = (selection.row_id if selection else None) == row_id
            pane = main.query_one(FindingsPane)
            # The pane may not have heard yet that the view has changed.
            is_read = pane.page is not None and pane.page.query == pane.session.view.query
            return pane.refresher.settled.is_set() and is_read and is_current

        def is_at_work() -> bool:
            return any(worker.group in {"detail", "rows"} for worker in pilot.app.workers)

        while True:
            await cls.until(pilot, lambda: is_settled() and not is_at_work())
            await main.query_one(Detail).filled()
            await pilot.pause()
            # What the pause painted may ask for rows.
            if is_settled() and not is_at_work():
                return

    @staticmethod
    async def paste(pilot: Pilot[None], text: str) -> None:
        """Paste a text; to type it costs a key, and what the app does at each, for every letter."""
        pilot.app.post_message(events.Paste(text))
        await pilot.pause()

    @staticmethod
    def screen_text(app: App[None]) -> str:
        """Return the text of the whole screen."""
        _, height = app.size
        strips = app.screen._compositor.render_strips()
        lines = [strip.text for strip in strips]
        assert len(lines) == height
        return "\n".join(lines)

    @staticmethod
    def selected(app: CloudAuditApp) -> str:
        """Return the name of the resource under the cursor."""
        row = app.main.query_one(FindingsTable).selected_row
        assert row is not None
        return row.resource_name

    @staticmethod
    def detailed(app: CloudAuditApp) -> str:
        """Return the name of the resource in the detail."""
        selection = app.main.query_one(Detail).selected
        return selection.finding.resource_name if selection else ""

    @staticmethod
    def notices(app: CloudAuditApp) -> str:
        """Return the text of every notification."""
        return "\n".join(f"{note.title}: {note.message}" for note in app._notifications)


def beginning(check_id: str, scan_key: str) -> str:
    """Return the summary, the first heading and the first paragraph of an explanation.

    Textual makes a widget of each of its forty blocks, which is half of the CPU time of most tests.
    """
    return "\n\n".join(explanation_markdown(check_id, scan_key).split("\n\n")[:3])


def beginning_of_check(check_id: str) -> str:
    """Return the head and the first paragraph of what the catalogue says of a check."""
    return "\n\n".join(whole_explanation(check_id).split("\n\n")[:5])


def made_stage(path: Path, monkeypatch: pytest.MonkeyPatch, *, whole_explanations: bool = False) -> Stage:
    """Return a stage whose clipboard is a list and whose notifications stay."""
    stage = Stage(path)
    # On a loaded machine one would have gone before the test looks.
    monkeypatch.setattr(Notification, "has_expired", False)
    monkeypatch.setattr(Notification, "time_left", COMES_WITHIN)
    if not whole_explanations:
        monkeypatch.setattr("cloud_audit_tui.app.widgets.detail.explanation_markdown", beginning)
        monkeypatch.setattr("cloud_audit_tui.app.screens.check_browser.whole_explanation", beginning_of_check)

    async def copy(_app: Any, text: str, **_options: Any) -> Copied:
        stage.copied.append(text)
        if stage.clipboard_works:
            return Copied(("pyperclip",), confirmed=True, note="Copied by pyperclip.")
        return Copied(("OSC 52",), confirmed=False, note="Sent to the terminal by OSC 52.")

    monkeypatch.setattr("cloud_audit_tui.app.actions.copy.copy", copy)
    monkeypatch.setattr("cloud_audit_tui.app.system.clipboard.copy", copy)
    return stage


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """The stage of one test; where a picture is compared, explanations are whole and the checks the first."""
    is_pictured = not {"snap_compare", "pictures"}.isdisjoint(request.fixturenames)
    stage = made_stage(tmp_path, monkeypatch, whole_explanations=is_pictured)
    if is_pictured:
        show_first_checks(monkeypatch)
    yield stage
    stage.store.close()


@pytest.fixture
def sample() -> list[Finding]:
    """Eleven results of one account."""
    return [
        *(make_finding(number) for number in range(8)),
        make_finding(8, status=Status.PASS),
        make_finding(9, status=Status.PASS),
        make_finding(
            10,
            status=Status.NOT_ASSESSED,
            reason="Access was denied. Allow sagemaker:DescribeEndpoint.",
            region="us-east-1",
        ),
    ]


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Show local times as UTC, whatever the machine's time zone is."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
