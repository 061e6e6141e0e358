"""The app: what outlives a screen. The scans, the chosen profiles and regions, and the theme are here."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Protocol

from textual.app import App
from textual.worker import Worker, WorkerState

from cloud_audit_tui.app.actions.ask_inputs import Given
from cloud_audit_tui.app.dialogs.mfa import MfaPrompt
from cloud_audit_tui.app.dialogs.welcome import DEMO, Welcome
from cloud_audit_tui.app.presentation.stylesheets import stylesheets
from cloud_audit_tui.app.presentation.themes import DARK, LIGHT, first_theme, severity_colours
from cloud_audit_tui.app.scanning.scans import ProcessFactory, Scans
from cloud_audit_tui.app.screens.main import MainScreen
from cloud_audit_tui.app.session import Acquaintance, Looking
from cloud_audit_tui.aws.profiles import Profile, list_profiles
from cloud_audit_tui.scan.jobs import Request
from cloud_audit_tui.scan.process import ScanProcess
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import PurePath

    from textual.message import Message
    from textual.worker import WorkType

    from cloud_audit_tui.scan.events import InputNeeded
    from cloud_audit_tui.store.store import Store

ASKED_FOR = {"answer", "cancel", "copy", "demo", "pick", "save", "scan", "verify"}
"""The groups of work that a key begins: it must never seem to have done nothing."""


class Demo(Protocol):
    """An embedded AWS that runs already; whoever made it stops it."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What leads the scanner to it."""
        ...

    @property
    def without(self) -> Sequence[str]:
        """The variables that would lead the scanner elsewhere."""
        ...

    @property
    def pasteable(self) -> Mapping[str, str]:
        """What leads a pasted command to it."""
        ...

    @property
    def profiles(self) -> Sequence[str]:
        """Its profiles' names."""
        ...


class CloudAuditApp(App[None]):
    """Findings of AWS accounts, and how to fix them."""

    TITLE = "cloud-audit-tui"
    CSS_PATH: ClassVar[list[str | PurePath]] = stylesheets()

    def __init__(
        self,
        store: Store,
        profiles: Sequence[Profile],
        *,
        selected: Sequence[str],
        regions: Sequence[str] = (),
        environment: Mapping[str, str | None] | None = None,
        pasteable: Mapping[str, str] | None = None,
        scan_on_open: bool = False,
        demo_factory: Callable[[], Awaitable[Demo]] | None = None,
        clock: Callable[[], float] = time.time,
        scan_process: ProcessFactory = ScanProcess,
    ) -> None:
        """Open on the ``selected`` profiles with what the store knows of them.

        ``environment`` is laid over the scanner's own, where ``None`` takes a variable away; ``pasteable``
        are the variables that a copied script sets, those of ``environment`` if not given. ``clock`` gives
        seconds since 1970.
        """
        super().__init__()
        self.store = store
        self.profiles = list(profiles)
        self.looking = Looking(profiles=tuple(selected), regions=tuple(regions))
        self.acquaintance = Acquaintance()
        self.given = Given()
        known = {name: value for name, value in (environment or {}).items() if value is not None}
        self.pasteable = dict(known if pasteable is None else pasteable)
        self.clock = clock
        self.scans = Scans(store, scan_process, environment or {}, self._tell)
        self.main = MainScreen()
        self._scan_on_open = scan_on_open
        self._demo_factory = demo_factory
        self._last_complaint = ""
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = first_theme()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return the severity colours for themes that know nothing of them."""
        return severity_colours(self.current_theme)

    async def on_mount(self) -> None:
        """Show the findings of before, and begin what was asked for."""
        await self.push_screen(self.main)
        if not self.profiles:
            self.push_screen(Welcome(), self._welcomed)
        elif self._scan_on_open and self.looking.profiles:
            self.start_scan()
        else:
            self.identify(self.looking.profiles)

    async def on_unmount(self) -> None:
        """Let no scanner outlive the app."""
        await self.scans.close()

    def _tell(self, message: Message) -> None:
        if self.main.is_running:
            self.main.post_message(message)

    # Work in the background

    def background(self, work: WorkType[None], group: str, *, exclusive: bool = False) -> None:
        """Do some work beside the keys; a failure becomes a notification, never the end of the app.

        Exclusive work is given as a function: nobody would await its coroutine where the next one of its
        group comes before it has started.
        """
        self.run_worker(work, group=group, exclusive=exclusive, exit_on_error=False)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say what went wrong in the background."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.complain(event.worker.error, again=event.worker.group in ASKED_FOR)

    def complain(self, error: BaseException, *, again: bool = False) -> None:
        """Notify about an error; the same one is not repeated while it lasts, unless ``again`` is set."""
        said = plain(str(error)) or type(error).__name__
        words = (
            said if isinstance(error, OSError) else f"Something went wrong ({type(error).__name__}): {said}"
        )
        if again or words != self._last_complaint:
            self._last_complaint = words
            self.notify(words, severity="error", markup=False)

    def start_scan(self) -> None:
        """Scan the chosen profiles and regions."""
        self._last_complaint = ""
        request = Request(profiles=list(self.looking.profiles), regions=list(self.looking.regions))
        self.background(partial(self.scans.run, request), "scan")

    def identify(self, profiles: Sequence[str]) -> None:
        """Ask AWS who these profiles are, once a session; a profile that wants a code is left in peace."""
        needs_code = {profile.name for profile in self.profiles if profile.mfa}
        asked = [name for name in profiles if name not in needs_code and not self.acquaintance.is_asked(name)]
        if asked:
            self.background(partial(self.scans.identify, asked), "identity")

    def ask(self, needed: InputNeeded) -> None:
        """Ask the person for what a profile needs, and hand it to the scanner."""

        def answered(code: str | None) -> None:
            self.background(partial(self.scans.answer, needed, code or ""), "answer")

        self.push_screen(MfaPrompt(needed.profile, needed.prompt), answered)

    # The demo

    def _welcomed(self, answer: str | None) -> None:
        if answer != DEMO:
            return
        if self._demo_factory is None:
            self.notify("Start `cloud-audit-tui --demo` to see it.", title="Demo", markup=False)
        else:
            self.notify("The demo starts; this takes a few seconds.", title="Demo", markup=False)
            self.background(partial(self._open_demo, self._demo_factory), "demo")

    async def _open_demo(self, factory: Callable[[], Awaitable[Demo]]) -> None:
        demo = await factory()
        self.scans.add_environment({**dict.fromkeys(demo.without), **demo.environment})
        self.pasteable.update(demo.pasteable)
        names = set(demo.profiles)
        listed = list_profiles(demo.environment)
        self.profiles = [profile for profile in listed if profile.name in names]
        self.main.look_at(tuple(demo.profiles))
        self.start_scan()

    def action_toggle_theme(self) -> None:
        """Change between a dark and a light theme."""
        self.theme = LIGHT.name if self.current_theme.dark else DARK.name
