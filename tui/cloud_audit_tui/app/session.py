"""The session: what outlives a screen. Its methods change it, and its messages tell every screen."""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from msgspec.structs import replace
from textual.message import Message

from cloud_audit_tui.app.finding_reader import FindingReader
from cloud_audit_tui.app.message_log import MessageLog
from cloud_audit_tui.app.mute_file import MuteFile
from cloud_audit_tui.app.profile_directory import ProfileDirectory
from cloud_audit_tui.app.remembered_inputs import RememberedInputs
from cloud_audit_tui.app.scanning.running_scans import RunningScans
from cloud_audit_tui.app.trail import Step, Trail
from cloud_audit_tui.aws.profiles import account_profile
from cloud_audit_tui.config.file_names import AUDIT_FILE
from cloud_audit_tui.filters.errors import FilterError
from cloud_audit_tui.filters.parse import parse
from cloud_audit_tui.scan.jobs import ScanJob
from cloud_audit_tui.scan.organization import OrganizationProfiles, organization_profiles
from cloud_audit_tui.store.folding import Folding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cloud_audit_tui.app.host import Work
    from cloud_audit_tui.app.presentation.column_choices import ColumnChoices
    from cloud_audit_tui.app.scanning.running_scans import StartJob
    from cloud_audit_tui.app.view_state import ViewState
    from cloud_audit_tui.aws.login import Login
    from cloud_audit_tui.aws.profiles import Profile
    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.scan.events import InputNeeded, OrganizationListed
    from cloud_audit_tui.store.folding import Grouping
    from cloud_audit_tui.store.store import Store
    from cloud_audit_tui.store.view import ProfileInfo, Row, Sort


class Listener(Protocol):
    """Anything that Textual can post a message to: the app, a screen, a widget."""

    def post_message(self, message: Message) -> bool:
        """Queue a message for the handlers of this object."""
        ...


class Background(Protocol):
    """`Host.background`: runs work beside the keys."""

    def __call__(self, work: Work, group: str, *, exclusive: bool = False) -> None:
        """Start the work; its failure becomes a notification."""
        ...


@dataclass(frozen=True)
class OpenedFile:
    """A report that is read and not scanned: the name of its file, and what kind of report it is.

    ``profiles`` are those through which our own checks may look at its findings; without any, the user is
    asked.
    """

    name: str
    kind: str
    profiles: tuple[str, ...] = ()


class Session:
    """The view, the profiles, the store, the running scans and what the user typed.

    Listeners receive the messages of `Session` and of `RunningScans`, each a copy of its own. No message
    bubbles: a widget, its screen and the app subscribe separately.
    """

    @dataclass
    class ViewChanged(Message, bubble=False):
        """The user chose other findings or another order; ``profiles_changed`` when of other profiles."""

        profiles_changed: bool = False

    @dataclass
    class FilterRefused(Message, bubble=False):
        """A filter cannot be understood: what is wrong, and at which character."""

        filter: str
        reason: str
        position: int

    @dataclass
    class ColumnsChanged(Message, bubble=False):
        """The user shows other columns, or has resized one."""

    @dataclass
    class MutesChanged(Message, bubble=False):
        """Other findings are muted than before."""

    @dataclass
    class ProfilesLearned(Message, bubble=False):
        """More is known about these profiles than before."""

        profiles: tuple[str, ...]

    @dataclass
    class OrganizationLearned(Message, bubble=False):
        """The accounts or the units of a profile's organisation were listed, or cannot be."""

        organization: OrganizationListed
        note: str

    def __init__(
        self,
        store: Store,
        profiles: Sequence[Profile],
        view: ViewState,
        *,
        start_job: StartJob,
        environment: Mapping[str, str | None],
        pasteable: Mapping[str, str],
        background: Background,
        clock: Callable[[], float] = time.time,
        keymap: Mapping[str, str] | None = None,
        audit_file: Path | None = None,
        opened: OpenedFile | None = None,
        profile_groups: Mapping[str, Sequence[str]] | None = None,
        org_role: str = "",
    ) -> None:
        """Begin with a view; ``environment`` is laid over that of scanners, ``None`` removes a variable.

        With an ``opened`` report nothing is scanned or identified, and nothing is read before
        `read_reported`. ``pasteable`` are the variables that a copied script sets. ``clock`` gives seconds
        since 1970. ``keymap`` maps ids of the app's keys to the keys that the user chose. ``audit_file``
        holds the accepted findings, by default ``.cloud-audit.yml`` in the working directory.
        ``profile_groups`` maps a name to profiles. ``org_role`` is the role through which the accounts of an
        organisation are scanned.
        """
        self.store = store
        self.opened = opened
        self.reading_profiles = opened.profiles if opened is not None else ()
        """The profiles through which findings of the report are read; empty, the user is asked."""
        self.view = view
        self.profiles = ProfileDirectory(profiles, clock)
        self.inputs = RememberedInputs()
        self.pasteable = dict(pasteable)
        self.clock = clock
        self.keymap = dict(keymap or {})
        self.mutes = MuteFile(audit_file or Path.cwd() / AUDIT_FILE, store, clock)
        self.scans = RunningScans(store, start_job, environment, self._hear)
        self.findings = FindingReader(store, self.pasteable)
        self.profile_groups = {name: tuple(names) for name, names in (profile_groups or {}).items()}
        self.org_role = org_role
        self.organizations: dict[str, OrganizationListed] = {}
        """The organisations that were listed, by the profile that listed them."""
        self.messages = MessageLog()
        self.trail = Trail()
        self.selected_row: Row | None = None
        """The row under the cursor of the findings table."""
        self._background = background
        self._listeners: list[Listener] = []

    # Listeners

    def subscribe(self, listener: Listener) -> None:
        """Send every message to ``listener`` from now on."""
        if listener not in self._listeners:
            self._listeners.append(listener)

    def unsubscribe(self, listener: Listener) -> None:
        """Send no more messages to ``listener``."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def _publish(self, message: Message) -> None:
        for listener in list(self._listeners):
            listener.post_message(copy.copy(message))

    def _hear(self, message: Message) -> None:
        """Pass on a message of the running scans, and keep what it says of profiles."""
        match message:
            case RunningScans.ProfileIdentified(event=event):
                self.profiles.add_event(event)
                self._publish(self.ProfilesLearned((event.profile,)))
            case _:
                self._publish(message)

    # What is looked at

    def select_profiles(self, profiles: Sequence[str]) -> None:
        """Show the stored findings of other profiles, and identify those that are not yet."""
        changed = tuple(profiles) != self.view.profiles
        self.view.profiles = tuple(profiles)
        self.trail.clear()
        self._publish(self.ViewChanged(profiles_changed=changed))
        self.identify(profiles)

    def select_regions(self, regions: Sequence[str]) -> None:
        """Choose the regions of the next scan; none means the own region of each profile."""
        self.view.regions = tuple(regions)
        self._publish(self.ViewChanged())

    def filter_by(self, text: str) -> None:
        """Show only the findings that a filter finds; a wrong filter is said, and the last good one stays."""
        if self._use_filter(text):
            self._publish(self.ViewChanged())

    def walk_to(self, text: str, screen: str) -> None:
        """Filter by what was chosen on a screen; `step_back` returns to the view before and that screen."""
        step = Step(self.view.filter, self.view.grouping, self.view.folding, screen)
        if self._use_filter(text):
            self.trail.add(step)
            self._publish(self.ViewChanged())

    def _use_filter(self, text: str) -> bool:
        """Take a filter into the view and return whether it could be understood; say so where not."""
        try:
            parse(text)
        except FilterError as error:
            self._publish(self.FilterRefused(text, error.message, error.position))
            return False
        self.view.filter = text.strip()
        if not self.view.filter:
            self.trail.clear()
        return True

    def step_back(self) -> Step | None:
        """Go back to the view before the last `walk_to`; None where there is none."""
        step = self.trail.take()
        if step is not None:
            self.view.grouping, self.view.folding = step.grouping, step.folding
            self.filter_by(step.filter)
        return step

    def show_columns(self, columns: ColumnChoices) -> None:
        """Show, hide and resize columns."""
        self.view.columns = columns
        self._publish(self.ColumnsChanged())

    def sort_by(self, sort: Sort, *, descending: bool) -> None:
        """Order the findings by a column."""
        self.view.sort, self.view.descending = sort, descending
        self._publish(self.ViewChanged())

    def toggle_passes(self) -> None:
        """Show or hide what passed."""
        self.view.passes = not self.view.passes
        self._publish(self.ViewChanged())

    def toggle_muted(self) -> None:
        """Show or hide what is muted."""
        self.view.muted = not self.view.muted
        self._publish(self.ViewChanged())

    def tell_mutes_changed(self) -> None:
        """Tell every screen that other findings are muted now."""
        self._publish(self.ViewChanged())
        self._publish(self.MutesChanged())

    def toggle_unassessed(self) -> None:
        """Show or hide what was not assessed."""
        self.view.unassessed = not self.view.unassessed
        self._publish(self.ViewChanged())

    def group_by(self, grouping: Grouping | None) -> None:
        """Group the findings, all groups folded; None lists them one by one."""
        self.view.grouping, self.view.folding = grouping, Folding()
        self._publish(self.ViewChanged())

    def fold(self, folding: Folding) -> None:
        """Open and close groups."""
        self.view.folding = folding
        self._publish(self.ViewChanged())

    def learn_stored(self, profiles: Mapping[str, ProfileInfo]) -> None:
        """Keep what the store has about profiles."""
        self.profiles.add_stored(profiles)

    # What runs

    def start_scan(self) -> None:
        """Scan the chosen profiles and regions."""
        if self.opened is not None:
            return
        profiles, regions = list(self.view.profiles), list(self.view.regions)
        job = ScanJob(profiles=profiles, regions=regions, timings=True)
        self._background(partial(self.scans.run, job), "scan")

    def identify(self, profiles: Sequence[str]) -> None:
        """Ask AWS for the identity of profiles that are not yet known and need no MFA code."""
        names = self.profiles.unidentified(profiles)
        if names and self.opened is None:
            self._background(partial(self.scans.identify, names), "identity")

    def list_organizations(self, *, scan: bool) -> None:
        """Replace the chosen profiles by all accounts of their organisations, and scan or identify those."""
        self._background(
            partial(self._list_organizations, list(self.view.profiles), scan=scan), "organization"
        )

    async def _list_organizations(self, sources: Sequence[str], *, scan: bool) -> None:
        names: list[str] = []
        accounts: set[str] = set()
        for source in sources:
            organization = await self.scans.list_organization(source)
            profiles = organization_profiles(organization, self.org_role, accounts)
            accounts.update(profiles.accounts)
            names += profiles.names if not organization.reason else [source]
            self._learn_organization(organization, profiles)
        self.select_profiles(names)
        if scan:
            self.start_scan()

    def _learn_organization(self, organization: OrganizationListed, profiles: OrganizationProfiles) -> None:
        source = next(each for each in self.profiles.configured if each.name == organization.profile)
        configured = set(self.profiles.names)
        names = [name for name in profiles.names if name not in configured]
        self.profiles.configured = [
            *self.profiles.configured,
            *(account_profile(name, source, {}) for name in names),
        ]
        if not organization.reason:
            self.organizations[organization.profile] = organization
        self._publish(self.OrganizationLearned(organization, profiles.note))

    def read_units(self) -> None:
        """Read the units of the organisations that were listed without them."""
        missing = [
            organization.profile
            for organization in self.organizations.values()
            if not organization.units and not organization.units_reason
        ]
        if missing:
            self._background(partial(self._read_units, missing), "units", exclusive=True)

    async def _read_units(self, sources: Sequence[str]) -> None:
        for source in sources:
            answer = await self.scans.list_organization(source, units=True)
            before = self.organizations[source]
            organization = replace(
                before, units=answer.units, units_reason=answer.units_reason or answer.reason
            )
            self.organizations[source] = organization
            self._publish(self.OrganizationLearned(organization, ""))

    def verify(self, findings: Sequence[Finding]) -> None:
        """Look at the subjects of findings again."""
        if self.opened is None:
            self._background(partial(self.scans.verify, list(findings)), "verify")

    def read_reported(self, findings: Sequence[Finding]) -> None:
        """Look by our own checks at findings of the report that is open, through `reading_profiles`."""
        self._background(partial(self._read_reported, list(findings), self.reading_profiles), "verify")

    async def _read_reported(self, findings: list[Finding], profiles: tuple[str, ...]) -> None:
        readings = await self.scans.read_reported(findings, profiles)
        if readings:
            if not all(reading.reached for reading in readings):
                # Another profile has to be named for an account that none of these leads to.
                self.reading_profiles = ()
            now = datetime.fromtimestamp(self.clock(), UTC).isoformat(timespec="seconds")
            self.findings.learn(readings, now)
            results = [(reading.finding, reading.result) for reading in readings]
            self._publish(RunningScans.FindingsVerified(results))

    def stop(self) -> None:
        """Stop the running scan or, when none runs, the verifications; what they found is kept."""
        if self.scans.running:
            self._background(self.scans.cancel, "cancel")
        elif self.scans.verifying:
            self._background(self.scans.cancel_verifying, "cancel")

    def answer(self, needed: InputNeeded, value: str) -> None:
        """Hand a scanner what a profile needs; an empty value declines."""
        self._background(partial(self.scans.answer, needed, value), "answer")

    def use_demo(
        self,
        profiles: Sequence[Profile],
        *,
        environment: Mapping[str, str | None],
        pasteable: Mapping[str, str],
    ) -> None:
        """Replace the profiles by those of the embedded AWS, and lead scanners and scripts to it."""
        self.scans.add_environment(environment)
        self.pasteable.update(pasteable)
        self.profiles.configured = profiles

    def logged_in(self, logins: Sequence[Login], *, scan: bool) -> None:
        """Use logins that were renewed: scan the chosen profiles, or only ask AWS whose they are."""
        names = [name for login in logins for name in self.profiles.forget_events(login)]
        self._publish(self.ProfilesLearned(tuple(names)))
        if scan and not self.scans.running:
            self.start_scan()
        else:
            self.identify(names)

    async def close(self) -> None:
        """End every scanner."""
        await self.scans.close()


class SessionListener:
    """A mixin for a widget or a screen with a ``session``: subscribed while it is mounted."""

    session: Session

    def on_mount(self) -> None:
        """Subscribe to the session."""
        self.session.subscribe(self._as_listener())

    def on_unmount(self) -> None:
        """Unsubscribe from the session."""
        self.session.unsubscribe(self._as_listener())

    def _as_listener(self) -> Any:
        return self
