"""A storm of keys, with a scan beside it, never ends the app and never leads nowhere.

``python -m pytest tests/app/test_key_storm.py`` presses 1,600 keys and those of the last bursts, the same in
each run. It goes from place to place and repeats no key within a burst, so that few keys meet many pairs of a
screen and a key. A failure is shrunk to the fewest keys that cause it.
"""

from __future__ import annotations

import asyncio
import contextvars
import tempfile
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from app_pace import handled
from cloud_audit_tui.app.app import CloudAuditApp
from cloud_audit_tui.app.dialogs.dialog import Dialog
from cloud_audit_tui.app.keymap import CONTEXTS
from cloud_audit_tui.app.screens.main import MainScreen
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.model import Status
from cloud_audit_tui.scan.events import InputKind, InputNeeded, Progress, Result
from cloud_audit_tui.scan.jobs import ListChoicesJob, ScanJob, VerifyJob

from .conftest import key_event, made_stage

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from textual.pilot import Pilot

    from cloud_audit_tui.scan.events import AnyEvent

pytestmark = [pytest.mark.proof, pytest.mark.long]

DECLARED = sorted(
    {key.strip() for _, keys in CONTEXTS for each in keys for key in each.keys.split(",")} - {"ctrl+q"}
)
TYPED = [
    *"aemz[]/\\\"' 0987-*:!()",
    "é",
    "日",
    "backspace",
    "delete",
    "left",
    "right",
    "f1",
    "ctrl+c",
    "ctrl+z",
]
SIZES = [(80, 24), (120, 40), (59, 14), (200, 50), (60, 15)]
OURS = "cloud_audit_tui.app."
PLACES = [*"pbxw0hTNsCYRm/?L", "enter", "tab", "2", "ctrl+o", "ctrl+p"]
"""Keys that lead from the findings to each screen, dialog and pane."""
KEY = st.one_of(*[st.sampled_from(DECLARED)] * 3, st.sampled_from(TYPED))
KEYS = st.lists(KEY, min_size=1, max_size=40, unique=True)
BURST = st.lists(KEY, min_size=12, max_size=40, unique=True)
PARTS = 4
SETTINGS = settings(
    max_examples=4,
    stateful_step_count=40,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


class KeyStorm(RuleBasedStateMachine):
    """The app under keys, sizes and a scanner that speaks; `pressed` counts the keys of all runs.
    Where they are ``enough``, a run goes on without keys.

    Hypothesis begins with the simplest run, one key again and again, and tries runs that end at once: no app
    is opened for them.
    """

    pressed = 0
    enough = 0
    runs = 0

    def __init__(self) -> None:
        super().__init__()
        self._is_simplest = self.runs == 0
        type(self).runs += 1
        self._session: asyncio.Task[None] | None = None
        self._clipboard_works = True

    @initialize(works=st.booleans())
    def clipboard(self, works: bool) -> None:
        self._clipboard_works = works

    def _is_open(self) -> bool:
        """Return whether the app takes more; it is open from the first rule on that needs it."""
        if KeyStorm.pressed >= KeyStorm.enough:
            return False
        if self._session is None and not self._is_simplest:
            self._begin()
        return self._session is not None

    def _begin(self) -> None:
        self._patch = pytest.MonkeyPatch()
        self._directory = tempfile.TemporaryDirectory()
        self.stage = made_stage(Path(self._directory.name), self._patch)
        self.stage.past_scan([self.stage.make(number) for number in range(60)])
        self.stage.clipboard_works = self._clipboard_works
        self.app = self.stage.app()
        self._loop = asyncio.new_event_loop()
        self._context = contextvars.copy_context()
        self._stop = asyncio.Event()
        self._opened = asyncio.Event()
        self._session = self._loop.create_task(self._open())
        self._do(self._opened.wait())

    async def _open(self) -> None:
        async with self.app.run_test(size=(120, 40), notifications=True) as pilot:
            self.pilot: Pilot[None] = pilot
            self._context = contextvars.copy_context()
            await self.stage.settled(pilot)
            self._opened.set()
            await self._stop.wait()

    def _do(self, work: Coroutine[Any, Any, object]) -> None:
        """Run something beside the app, as Textual's own tests do; an exception of the app is raised here."""
        assert self._session is not None
        task = self._loop.create_task(work, context=self._context)
        self._loop.run_until_complete(
            asyncio.wait({task, self._session}, return_when=asyncio.FIRST_COMPLETED, timeout=60)
        )
        if not task.done():
            task.cancel()
            self._loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
            assert self._session.done(), "the app answers no more"
        if self._session.done():
            self._session.result()
        task.result()

    @rule(keys=KEYS)
    def press(self, keys: list[str]) -> None:
        """Press keys, each once the app has handled the one before."""
        self._press(keys, quick=False)

    @rule(keys=KEYS)
    def press_quickly(self, keys: list[str]) -> None:
        """Press keys faster than the app handles them."""
        self._press(keys, quick=True)

    @rule(keys=BURST, more=BURST)
    def press_in_bursts(self, keys: list[str], more: list[str]) -> None:
        """Press two bursts of keys."""
        self._press(keys, quick=True)
        self._press(more, quick=True)

    @rule(place=st.sampled_from(PLACES), keys=BURST)
    def go_somewhere(self, place: str, keys: list[str]) -> None:
        """Leave what is open, go to another place and press keys there."""
        self._press(["escape", "escape", "escape", place, *keys], quick=True)

    def _press(self, keys: list[str], *, quick: bool) -> None:
        if not self._is_open():
            return
        KeyStorm.pressed += len(keys)

        async def press() -> None:
            for key in keys:
                assert self.app._driver is not None
                self.app._driver.send_message(key_event(key))
                if not quick:
                    await handled()
            await self.pilot.pause()

        self._do(press())

    @rule(size=st.sampled_from(SIZES))
    def resize(self, size: tuple[int, int]) -> None:
        if self._is_open():
            self._do(self.pilot.resize_terminal(*size))

    @rule(number=st.integers(0, 399), what=st.integers(0, 5), status=st.sampled_from(Status))
    def scanner_speaks(self, number: int, what: int, status: Status) -> None:
        """Let the newest scanner say something."""
        if not self._is_open() or not self.stage.scans:
            return
        stage = self.stage
        scan = stage.scans[-1]
        if scan.closed or isinstance(scan.job, ListChoicesJob):
            return
        if isinstance(scan.job, VerifyJob):
            scan.say(stage.started(f"v-{len(stage.scans)}", job=scan.job), stage.ready(), stage.finished())
        elif isinstance(scan.job, ScanJob):
            scan_id = f"storm-{len(stage.scans)}"
            kind = InputKind.CREDENTIALS if number % 2 else InputKind.MFA_CODE
            events: dict[int, list[AnyEvent]] = {
                0: [stage.started(scan_id), stage.ready()],
                1: [stage.started(scan_id), stage.ready(), Result(stage.make(number, status=status))],
                2: [Progress(number, 400, number, float(number))],
                3: [InputNeeded(f"in-{number}", "locked", kind, "arn:aws:iam::1:mfa/x")],
            }
            scan.say(*events.get(what, [stage.started(scan_id), stage.ready(), stage.finished(scan_id)]))

    @invariant()
    def the_app_can_be_used(self) -> None:
        """The app lives, on a screen of its own that has keys, with the focus somewhere."""
        if self._session is None:
            return
        self._do(self.pilot.pause())
        screen = self.app.screen
        assert self.app.crash is None
        assert type(screen).__module__.startswith(OURS), screen
        assert isinstance(screen, MainScreen | Dialog) or screen.is_modal or screen.BINDINGS
        if self.app.size.width < 60 or self.app.size.height < 15:
            return
        bars = screen.query(KeyBar)
        assert not bars or any(bar.items() for bar in bars), f"{screen} names no key"
        if screen.focus_chain:
            assert screen.focused is not None, f"nothing is focused on {screen}"

    def teardown(self) -> None:
        if self._session is None:
            return
        self._stop.set()
        try:
            self._loop.run_until_complete(asyncio.gather(self._session, return_exceptions=True))
        finally:
            self.stage.store.close()
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()
            self._patch.undo()
            self._directory.cleanup()


def storm(number: int, keys: int) -> None:
    """Run the machine from one seed after another until it has pressed so many keys."""
    KeyStorm.enough = KeyStorm.pressed + keys
    for part in count():
        machine = seed(1_000 * number + part)(type(f"KeyStorm{number}", (KeyStorm,), {}))
        run_state_machine_as_test(machine, settings=SETTINGS)
        if KeyStorm.pressed >= KeyStorm.enough:
            return


@pytest.fixture(autouse=True)
def stays_open(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep quitting keys from ending the storm, and files in a directory of the test."""

    async def stay(_app: CloudAuditApp) -> None:
        """Do nothing."""

    monkeypatch.setattr(CloudAuditApp, "action_quit", stay)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("number", range(PARTS))
def test_thousands_of_keys_never_end_the_app(number: int) -> None:
    storm(number, keys=1_600 // PARTS)
