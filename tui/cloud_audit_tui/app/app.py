"""The app: its theme, session and screens, and the handling of errors."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import AsyncExitStack
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import App
from textual.css.query import NoMatches
from textual.message_pump import MessagePump

from cloud_audit_tui.app.host import run_beside
from cloud_audit_tui.app.key_order import KeyOrder
from cloud_audit_tui.app.keymap import APP_KEYS, bindings, moving_keys, needs_scans
from cloud_audit_tui.app.presentation.header_line import Identity, regions_text
from cloud_audit_tui.app.presentation.stylesheets import first_stylesheets
from cloud_audit_tui.app.presentation.themes import (
    DARK,
    LIGHT,
    OWN_THEMES,
    first_theme,
    severity_colors,
    theme_names,
)
from cloud_audit_tui.app.presentation.unexpected_error import unexpected_error
from cloud_audit_tui.app.remembered_view import RememberedView
from cloud_audit_tui.app.system.terminal_messages import notification_sequence
from cloud_audit_tui.app.widgets.first_frame import FirstFrame
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import Path, PurePath

    from textual.actions import ActionParseResult
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.dom import DOMNode
    from textual.driver import Driver
    from textual.theme import Theme

    from cloud_audit_tui.app.actions.answer_scanner import Questions
    from cloud_audit_tui.app.actions.demo import Demo
    from cloud_audit_tui.app.actions.remember import ViewMemory
    from cloud_audit_tui.app.dialogs.palette import Command
    from cloud_audit_tui.app.host import SeverityLevel, Work
    from cloud_audit_tui.app.opened_file import OpenedFile
    from cloud_audit_tui.app.presentation.notices import Notice
    from cloud_audit_tui.app.scanning.running_jobs import RunningJobs, StartJob
    from cloud_audit_tui.app.screens.main import MainScreen
    from cloud_audit_tui.app.screens.registry import ScreenEntry
    from cloud_audit_tui.app.session import Session
    from cloud_audit_tui.aws.profiles import Profile
    from cloud_audit_tui.scan.events import ScanFinished
    from cloud_audit_tui.scan.executors.subprocess import SpareScanner
    from cloud_audit_tui.store.errors import StoreError
    from cloud_audit_tui.store.store import Store

FROM_A_KEY = {"answer", "cancel", "copy", "demo", "mark", "mute", "pick", "save", "scan", "verify"}
"""The groups of work that a key starts: their errors are reported each time."""
MARKING = "mark"
"""The group of work that sets marks, on which the next key acts."""
OPENS_DIALOG = {"copy", "mute", "pick", "save"}
"""The groups of work that may open a dialog, in which the next key acts."""
SPARE_AFTER = 1.0
"""Seconds until the spare scanner for the first scan starts, so that the first screen comes before it."""
LONG_SCAN = 30.0
"""The duration in seconds from which the end of a scan rings the bell, if the settings say so."""


class CloudAuditApp(App[None]):
    """Findings of AWS accounts, and how to fix them."""

    TITLE = "cloud-audit-tui"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(APP_KEYS)]
    CSS_PATH: ClassVar[list[str | PurePath]] = first_stylesheets()
    # Textual's own palette parses labels as markup and opens twice on a quick key; `CommandPalette` is ours.
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self,
        store: Store | Callable[[], Store],
        profiles: Sequence[Profile],
        *,
        selected: Sequence[str],
        regions: Sequence[str] = (),
        environment: Mapping[str, str | None] | None = None,
        pasteable: Mapping[str, str] | None = None,
        scan_on_open: bool = False,
        demo_factory: Callable[[], Awaitable[Demo]] | None = None,
        clock: Callable[[], float] = time.time,
        start_job: StartJob | None = None,
        theme: str = "",
        keymap: Mapping[str, str] | None = None,
        bell: bool = False,
        desktop_notifications: bool = False,
        audit_file: Path | None = None,
        opened: OpenedFile | None = None,
        profile_groups: Mapping[str, Sequence[str]] | None = None,
        org_role: str = "",
        executor: str = "",
        remembered: RememberedView | None = None,
        memory_path: Path | None = None,
        first_notice: str = "",
        driver_class: type[Driver] | None = None,
    ) -> None:
        """Open on the stored findings of the ``selected`` profiles; the first frame waits for no store.

        ``environment`` overrides that of scanners, where ``None`` removes a variable; ``pasteable`` are the
        variables that a copied script sets, by default those of ``environment``. ``clock`` returns seconds
        since 1970. ``theme``, ``keymap``, ``bell`` and ``desktop_notifications`` are the user's validated
        settings; ``audit_file``, ``profile_groups`` and ``org_role`` are those of `Session`. An ``opened``
        report is shown from its own store, and nothing is scanned. ``executor`` is the address of a cluster
        on which scans run; without one they run on this machine. ``remembered`` holds the choices of the
        last run, and ``memory_path`` is the file for the next one; without it nothing is remembered.
        ``first_notice`` is shown once at the start.
        """
        super().__init__(driver_class=driver_class)
        remembered = remembered or RememberedView()
        self._spare: SpareScanner | None = None
        self._memory: ViewMemory | None = None

        def make_session() -> Session:
            from cloud_audit_tui.app.actions.remember import ViewMemory, view_from  # noqa: PLC0415
            from cloud_audit_tui.app.session import Session  # noqa: PLC0415
            from cloud_audit_tui.aws.role_sessions import RoleSessions  # noqa: PLC0415
            from cloud_audit_tui.scan.executors.subprocess import (  # noqa: PLC0415
                SpareScanner,
                SubprocessJob,
            )

            if start_job is None and opened is None and not executor:
                self._spare = SpareScanner()
            variables = {name: value for name, value in (environment or {}).items() if value is not None}
            role_sessions = RoleSessions()
            session = Session(
                store() if callable(store) else store,
                profiles,
                view_from(remembered, tuple(selected), tuple(regions)),
                start_job=start_job
                or partial(SubprocessJob, role_sessions=role_sessions, spare=self._spare, executor=executor),
                environment=environment or {},
                pasteable=variables if pasteable is None else pasteable,
                background=self.background,
                clock=clock,
                keymap=keymap,
                audit_file=audit_file,
                opened=opened,
                profile_groups=profile_groups,
                org_role=org_role,
            )
            if memory_path is not None:
                self._memory = ViewMemory(session, self, memory_path, remembered)
            return session

        self._make_session = make_session
        self._identity = _first_identity(profiles, selected, regions, opened)
        self.store_error: StoreError | None = None
        """The error of the store if that ended the app at its start."""
        self._first_notice = first_notice
        self._own_theme = theme or first_theme()
        self.main: MainScreen
        """The main screen, which opens after the first frame."""
        self.crash: Exception | None = None
        """The exception that ended the app; None while it runs and after a normal end."""
        self._scan_on_open = scan_on_open
        self._demo_factory = demo_factory
        self._last_error = ""
        self._bell = bell
        self._desktop_notifications = desktop_notifications
        self._questions: Questions | None = None
        self._begun = asyncio.Event()
        self._keymap = dict(keymap or {})
        self._key_order = KeyOrder(self, OPENS_DIALOG, MARKING, moving_keys(self._keymap), self._begun)
        for own in OWN_THEMES:
            self.register_theme(own)
        is_remembered = remembered.theme in theme_names() and remembered.theme_over == self._own_theme
        self.theme = remembered.theme if is_remembered else self._own_theme
        self.set_keymap(self._keymap)

    @cached_property
    def session(self) -> Session:
        """The session; its first use imports and opens the store."""
        return self._make_session()

    @property
    def current_theme(self) -> Theme:
        """The theme in use; Textual copies the table of all themes three times for each line it draws."""
        theme = self._registered_themes.get(self.theme)
        return super().current_theme if theme is None else theme

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return the severity colors for themes that define none."""
        return severity_colors(self.current_theme)

    def compose(self) -> ComposeResult:
        """Lay out the first frame, which needs few imports."""
        yield FirstFrame(self._identity, self._keymap)

    async def on_mount(self) -> None:
        """Open the main screen after the first frame."""
        self.screen_change_signal.subscribe(self, self._screen_changed)
        if self.is_headless:
            # No frame is painted.
            await self._open()
        else:
            self.call_after_refresh(self.call_later, self._open)

    async def _open(self) -> None:
        """Show the stored findings, then scan or identify."""
        # The imports take as long as all before; they run in a thread while the first frame is written.
        await asyncio.to_thread(_import_main_screen)
        from cloud_audit_tui.app.actions.window_title import WindowTitle  # noqa: PLC0415
        from cloud_audit_tui.store.errors import StoreError  # noqa: PLC0415

        try:
            session = await asyncio.to_thread(lambda: self.session)
        except StoreError as error:
            self.store_error = error
            self.exit()
            return
        session.subscribe(self)
        if self._memory is not None:
            session.subscribe(self._memory)
        title = WindowTitle(session, self._write)
        session.subscribe(title)
        self.set_timer(SPARE_AFTER, self._prepare_scanner)
        await self._open_main_screen()
        title.show()
        if self._first_notice:
            self.notify(plain(self._first_notice), title="Last run", severity="warning", markup=False)
        if self.session.opened is not None:
            return
        if not self.session.profiles.configured:
            self.action_welcome()
        elif self.session.organizations.role and self.session.view.profiles:
            self.session.list_organizations(scan=self._scan_on_open)
        elif self._scan_on_open and self.session.view.profiles:
            self.session.start_scan()
        else:
            self.session.identify(self.session.view.profiles)

    async def _open_main_screen(self) -> None:
        first = self.screen
        from cloud_audit_tui.app.actions.answer_scanner import Questions  # noqa: PLC0415
        from cloud_audit_tui.app.actions.mute import load_mutes  # noqa: PLC0415
        from cloud_audit_tui.app.screens.main import MainScreen  # noqa: PLC0415

        self._questions = Questions(self.session, self)
        self.main = MainScreen(self.session)
        if self.session.opened is None:
            await load_mutes(self.session, self)
        await self.push_screen(self.main)
        await first.remove_children()
        self.background(self._begin, "imports")

    async def _begin(self) -> None:
        """Import the other screens, then release the keys, which may open them."""
        try:
            await self.main.laid_out.wait()
            await asyncio.to_thread(_screens)
        finally:
            self._begun.set()

    async def on_event(self, event: events.Event) -> None:
        """Hold back a key or a pasted text until the previous key has been handled."""
        if (
            isinstance(event, events.Key | events.Paste)
            and not event.is_forwarded
            and self._key_order.holds(event)
        ):
            return
        await super().on_event(event)

    async def on_unmount(self) -> None:
        """Stop the scanners and write the remembered choices."""
        self._key_order.stop()
        # A callback that fails stops none of the others; the last one runs first.
        async with AsyncExitStack() as stack:
            if self._memory is not None:
                stack.push_async_callback(self._memory.stop)
            if self._spare is not None:
                stack.push_async_callback(self._spare.close)
            # Without a session, nothing has been started.
            if "session" in self.__dict__:
                stack.push_async_callback(self.session.close)

    # Work in the background, and errors

    def background(self, work: Work, group: str, *, exclusive: bool = False) -> None:
        """Run work beside the keys; its failure is a notification and never ends the app."""
        run_beside(self, work, group, exclusive=exclusive, repeat=group in FROM_A_KEY)

    def cancel_background(self, group: str) -> None:
        """Cancel the work of a group."""
        self.workers.cancel_group(self, group)

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run an action of a key, the palette or a link; its failure is a notification, never the end."""
        try:
            target, name, parameters = self._parse_action(action, default_namespace or self, namespaces)
            if target.check_action(name, parameters) is None:
                # It is not offered, and says itself why not.
                return await self._dispatch_action(target, name, parameters)
            return await super().run_action(action, default_namespace, namespaces)
        except Exception as error:  # whatever it is, the findings stay on the screen
            self.report_error(error, repeat=True)
            return True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer no action that an opened report refuses."""
        is_refused = bool(self._identity.opened) and needs_scans(action, parameters)
        return None if is_refused else super().check_action(action, parameters)

    def report_error(self, error: BaseException, *, repeat: bool = False) -> None:
        """Notify about an error; an error that was just reported is repeated only with ``repeat``."""
        if isinstance(error, OSError):
            text = plain(str(error)) or type(error).__name__
        else:
            text = unexpected_error(error)
        if repeat or text != self._last_error:
            self._last_error = text
            self.notify(text, severity="error", markup=False)

    def _handle_exception(self, error: Exception) -> None:
        # Textual composes no widget while it exits, so what mounts then misses its children.
        if self._exit and (isinstance(error, NoMatches) or _is_of_mounting(error)):
            return
        # Textual calls this for an exception that no handler caught, and exits.
        if self.crash is None:
            self.crash = error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        # Textual would print a traceback with local variables, which can hold secrets.
        self._close_messages_no_wait()

    # Messages of the session

    # Textual finds these handlers by name, so the first frame does not import the classes of the messages.

    def on_running_jobs_scan_started(self) -> None:
        """Report errors of the new scan again."""
        self._last_error = ""

    def on_running_jobs_scan_ended(self, event: RunningJobs.ScanEnded) -> None:
        """Notify about the result, and prepare the next scan."""
        self._prepare_scanner()
        self._notify_end(event.end)

    def _prepare_scanner(self) -> None:
        """Start the scanner process of the next scan in advance, so that its first finding comes sooner."""
        if self._spare is not None and self.session.profiles.configured and not self.session.jobs.scanning:
            self.background(partial(self._spare.prepare, self.session.jobs.environment), "spare")

    def _notify_end(self, end: ScanFinished) -> None:
        from cloud_audit_tui.app.presentation.notices import scan_notice  # noqa: PLC0415

        notice = self._notify_about(scan_notice, end)
        if end.elapsed > LONG_SCAN:
            if self._bell:
                self.bell()
            if self._desktop_notifications and notice is not None:
                self._write(notification_sequence(notice.title, notice.text, os.environ))

    def _write(self, sequence: str) -> None:
        """Write to the terminal through Textual's writer, so that frames do not split the sequence."""
        if self._driver is not None:
            self._driver.write(sequence)

    def on_session_organization_learned(self, event: Session.OrganizationLearned) -> None:
        """Notify why an organization cannot be listed, or which of its accounts are left out."""
        if reason := event.organization.reason:
            text = f"The organization of {event.organization.profile} cannot be listed. {reason}"
            self.notify(plain(text), title="Organization", severity="error", markup=False)
        elif event.note:
            self.notify(plain(event.note), title="Organization", markup=False)

    def on_running_jobs_findings_verified(self, event: RunningJobs.FindingsVerified) -> None:
        """Notify about the results of a verification."""
        from cloud_audit_tui.app.actions.verify import verification_notice  # noqa: PLC0415

        self._notify_about(verification_notice, event.results)

    def _notify_about(self, make: Callable[[Any], Notice], result: Any) -> Notice | None:
        """Notify about a result and return the notice, None for a result that cannot be described."""
        try:
            notice = make(result)
        except Exception as error:  # a result that cannot be described must not end the app
            self.report_error(error)
            return None
        self.notify(
            notice.text, title=notice.title, severity=notice.severity, timeout=notice.timeout, markup=False
        )
        return notice

    def on_running_jobs_input_requested(self, event: RunningJobs.InputRequested) -> None:
        """Ask for the input that a profile needs."""
        # No job runs before the main screen is open.
        assert self._questions is not None
        self._questions.add(event.needed)

    def on_running_jobs_input_withdrawn(self) -> None:
        """Close the questions of a job that has ended."""
        self._update_questions()

    def _screen_changed(self, _screen: object) -> None:
        self._update_questions()

    def on_descendant_blur(self) -> None:
        """Ask a question that waited for a text field."""
        self._update_questions()

    def _update_questions(self) -> None:
        if self._questions is not None:
            self._questions.update()

    # Screens

    def action_open_screen(self, name: str) -> None:
        """Open the screen that is registered under a name, unless it is open."""
        from cloud_audit_tui.app.actions.read_only import refused  # noqa: PLC0415

        if needs_scans("open_screen", (name,)) and refused(self.session, self, name.capitalize()):
            return
        entry = _screens()[name]
        screen = entry.make(self.session, self.screen)
        if any(type(each) is type(screen) for each in self.screen_stack):
            return

        def use(result: Any) -> None:
            if result is not None:
                entry.use_result(self.session, result)

        self.push_screen(screen, use)

    def action_command_palette(self) -> None:
        """Open the command palette with the actions of the current screen, unless it is open."""
        from cloud_audit_tui.app.dialogs.palette import (  # noqa: PLC0415
            CommandPalette,
            choices_of,
            commands_of,
        )

        if not isinstance(self.screen, CommandPalette):
            groups = self.session.profile_groups if self.session.opened is None else {}
            commands = [*commands_of(self.screen), *choices_of(self, groups)]
            self.push_screen(CommandPalette(commands), self._run_command)

    async def _run_command(self, command: Command | None) -> None:
        if command is not None and command.node.is_attached:
            await self.run_action(command.action, command.node)

    def action_toggle_theme(self) -> None:
        """Switch between the dark and the light theme."""
        self.action_use_theme(LIGHT.name if self.current_theme.dark else DARK.name)

    def action_use_theme(self, name: str) -> None:
        """Use a theme in this run and the next."""
        self.theme = name
        if self._memory is not None:
            self._memory.remember_theme(name, self._own_theme)

    def action_use_profile_group(self, number: int) -> None:
        """Show the profiles of a named group, by its number in the order of the settings."""
        from cloud_audit_tui.app.actions.choose import use_profile_group  # noqa: PLC0415

        name, profiles = list(self.session.profile_groups.items())[number]
        use_profile_group(self.session, self, name, profiles)

    # Notifications

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a notification and keep it for the list of messages."""
        from cloud_audit_tui.app.message_log import PastNotice  # noqa: PLC0415

        self.session.messages.add(PastNotice(self.session.clock(), title, message, severity))
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)

    def action_dismiss_notifications(self) -> None:
        """Remove every notification from the screen."""
        self.clear_notifications()

    # The demo

    def action_welcome(self) -> None:
        """Show how to configure credentials, and the demo."""
        from cloud_audit_tui.app.actions.demo import welcome  # noqa: PLC0415

        welcome(self.session, self, self._demo_factory, self._memory)


def _first_identity(
    profiles: Sequence[Profile], selected: Sequence[str], regions: Sequence[str], opened: OpenedFile | None
) -> Identity:
    """Return the identity for the header as far as it is known without the store."""
    if opened is not None:
        return Identity(opened=plain(opened.name))
    own = {profile.name: profile.region for profile in profiles}
    where = regions_text(regions, selected, [own.get(name, "") for name in selected])
    return Identity(tuple(selected), regions=where)


def _is_of_mounting(error: Exception) -> bool:
    """Say whether a widget raised an error as it was composed and mounted."""
    traceback = error.__traceback__
    return traceback is not None and traceback.tb_frame.f_code is MessagePump._pre_process.__code__


# The first frame needs none of these modules, and they are slow to import.


def _import_main_screen() -> None:
    from cloud_audit_tui.app import session  # noqa: F401, PLC0415
    from cloud_audit_tui.app.actions import answer_scanner, mute, window_title  # noqa: F401, PLC0415
    from cloud_audit_tui.app.screens import main  # noqa: F401, PLC0415


def _screens() -> Mapping[str, ScreenEntry]:
    from cloud_audit_tui.app.actions import demo  # noqa: F401, PLC0415
    from cloud_audit_tui.app.dialogs import palette  # noqa: F401, PLC0415
    from cloud_audit_tui.app.screens.registry import SCREENS  # noqa: PLC0415

    return SCREENS
