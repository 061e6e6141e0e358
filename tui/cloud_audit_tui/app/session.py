"""The session: the state that outlives a screen. Its methods change it and notify every listener."""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from textual.message import Message

from cloud_audit_tui.app.finding_reader import FindingReader
from cloud_audit_tui.app.keymap import key_in_text
from cloud_audit_tui.app.message_log import MessageLog
from cloud_audit_tui.app.mute_file import MuteFile
from cloud_audit_tui.app.organizations import Organizations
from cloud_audit_tui.app.profile_directory import ProfileDirectory
from cloud_audit_tui.app.remembered_inputs import RememberedInputs
from cloud_audit_tui.app.scanning.running_jobs import RunningJobs
from cloud_audit_tui.app.trail import Step, Trail
from cloud_audit_tui.config.file_names import AUDIT_FILE
from cloud_audit_tui.filters.errors import FilterError
from cloud_audit_tui.filters.parse import parse
from cloud_audit_tui.scan.jobs import ScanJob
from cloud_audit_tui.store.folding import Folding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cloud_audit_tui.app.host import Work
    from cloud_audit_tui.app.opened_file import OpenedFile
    from cloud_audit_tui.app.presentation.column_choices import ColumnChoices
    from cloud_audit_tui.app.scanning.running_jobs import StartJob
    from cloud_audit_tui.app.trail import Place
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


class Session:
    """The view, the profiles, the store, the running jobs and the user's inputs.

    Each listener receives its own copy of the messages of `Session` and of `RunningJobs`. No message
    bubbles: a widget, its screen and the app subscribe separately.
    """

    @dataclass
    class ViewChanged(Message, bubble=False):
        """The findings or the order of the view have changed; ``profiles_changed`` if its profiles have."""

        profiles_changed: bool = False

    @dataclass
    class FilterRefused(Message, bubble=False):
        """A filter is invalid for this reason."""

        reason: str

    @dataclass
    class ColumnsChanged(Message, bubble=False):
        """The visible columns or their widths have changed."""

    @dataclass
    class MutesChanged(Message, bubble=False):
        """The mutes have changed."""

    @dataclass
    class ProfilesLearned(Message, bubble=False):
        """The states of these profiles have changed."""

        profiles: tuple[str, ...]

    @dataclass
    class OrganizationLearned(Message, bubble=False):
        """The accounts or the units of a profile's organization have been listed, or cannot be."""

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
        """Start with a view; ``environment`` overrides that of scanners, where ``None`` removes a variable.

        With an ``opened`` report nothing is scanned or identified, and AWS is not called before
        `read_reported`. ``pasteable`` are the variables that a copied script sets. ``clock`` returns seconds
        since 1970. ``keymap`` maps ids of the app's keys to the user's keys. ``audit_file`` holds the mutes,
        by default ``.cloud-audit.yml`` in the working directory. ``profile_groups`` maps a name to profiles.
        ``org_role`` is the role with which the accounts of an organization are scanned.
        """
        self.store = store
        self.keymap = dict(keymap or {})
        self.opened = opened
        self.reading_profiles = opened.profiles if opened is not None else ()
        """The profiles with which findings of the report are read; if empty, the user is asked."""
        self.view = view
        self.profiles = ProfileDirectory(profiles, clock, self.key_name)
        self.inputs = RememberedInputs()
        self.pasteable = dict(pasteable)
        self.clock = clock
        self.mutes = MuteFile(audit_file or Path.cwd() / AUDIT_FILE, store, clock)
        self.jobs = RunningJobs(store, start_job, environment, self._forward)
        self.findings = FindingReader(store, self.pasteable)
        self.profile_groups = {name: tuple(names) for name, names in (profile_groups or {}).items()}
        self.organizations = Organizations(org_role, self.jobs, self.profiles, self._tell_organization)
        self.messages = MessageLog()
        self.trail = Trail()
        self._place: Place | None = None
        self.selected_row: Row | None = None
        """The row under the cursor of the findings table."""
        self._background = background
        self._listeners: list[Listener] = []

    def key_name(self, key_id: str) -> str:
        """Return the user's key of an action, for a sentence that names it."""
        return key_in_text(key_id, self.keymap)

    def why_busy(self, findings: Sequence[Finding]) -> str:
        """Return a reason if all findings are being verified already, an empty text otherwise."""
        if not findings or self.jobs.verifications.unread(findings):
            return ""
        return f"The verification is running already. {self.key_name('cancel')} stops it."

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

    def _forward(self, message: Message) -> None:
        """Publish a message of the running jobs, and keep the state of a profile in it."""
        match message:
            case RunningJobs.ProfileIdentified(event=event):
                self.profiles.add_event(event)
                self._publish(self.ProfilesLearned((event.profile,)))
            case _:
                self._publish(message)

    # The view

    def select_profiles(self, profiles: Sequence[str]) -> None:
        """Show the stored findings of other profiles, and identify the profiles."""
        changed = tuple(profiles) != self.view.profiles
        self.view.profiles = tuple(profiles)
        self.trail.clear()
        self._publish(self.ViewChanged(profiles_changed=changed))
        self.identify(profiles)

    def select_regions(self, regions: Sequence[str]) -> None:
        """Set the regions of the next scan; none means each profile's own region."""
        self.view.regions = tuple(regions)
        self._publish(self.ViewChanged())

    def filter_by(self, text: str) -> None:
        """Show only the findings that match a filter; an invalid one is refused, and the last one stays."""
        if self._use_filter(text):
            self._publish(self.ViewChanged())

    def walk_to(self, text: str, screen: str, place: Place | None = None) -> None:
        """Apply a filter from a place of a screen; `step_back` returns to the previous view and there."""
        step = Step(self.view.filter, self.view.grouping, self.view.folding, screen, place)
        if self._use_filter(text):
            self.trail.add(step)
            self._publish(self.ViewChanged())

    def _use_filter(self, text: str) -> bool:
        """Set the filter of the view and return True; refuse an invalid one and return False."""
        try:
            parse(text)
        except FilterError as error:
            self._publish(self.FilterRefused(error.message))
            return False
        self.view.filter = text.strip()
        if not self.view.filter:
            self.trail.clear()
        return True

    def step_back(self) -> Step | None:
        """Go back to the view before the last `walk_to` and return its step; None without one."""
        step = self.trail.take()
        if step is not None:
            self.view.grouping, self.view.folding = step.grouping, step.folding
            self.filter_by(step.filter)
            self._place = step.place
        return step

    def take_place(self) -> Place | None:
        """Return, once, the place on the screen to which `step_back` led; None where no step leads there."""
        place, self._place = self._place, None
        return place

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
        """Notify listeners that the mutes have changed."""
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
        """Keep the stored states of profiles."""
        self.profiles.add_stored(profiles)

    # Jobs

    def start_scan(self) -> None:
        """Scan the chosen profiles and regions."""
        if self.opened is not None:
            return
        profiles, regions = list(self.view.profiles), list(self.view.regions)
        job = ScanJob(profiles=profiles, regions=regions, timings=True)
        self._background(partial(self.jobs.run_scan, job), "scan")

    def identify(self, profiles: Sequence[str]) -> None:
        """Identify the profiles that are not identified yet and need no MFA code."""
        names = self.profiles.unidentified(profiles)
        if names and self.opened is None:
            self._background(partial(self.jobs.identify, names), "identity")

    def list_organizations(self, *, scan: bool) -> None:
        """Replace the chosen profiles by all accounts of their organizations, and scan or identify those."""
        self._background(
            partial(self._list_organizations, list(self.view.profiles), scan=scan), "organization"
        )

    async def _list_organizations(self, sources: Sequence[str], *, scan: bool) -> None:
        self.select_profiles(await self.organizations.list_accounts(sources))
        if scan:
            self.start_scan()

    def read_units(self) -> None:
        """Read the units of the organizations that were listed without them."""
        if sources := self.organizations.sources_without_units:
            self._background(partial(self.organizations.read_units, sources), "units", exclusive=True)

    def _tell_organization(self, organization: OrganizationListed, note: str) -> None:
        self._publish(self.OrganizationLearned(organization, note))

    def verify(self, findings: Sequence[Finding]) -> None:
        """Verify findings: read their subjects again."""
        if self.opened is None:
            self._background(partial(self.jobs.verify, list(findings)), "verify")

    def read_reported(self, findings: Sequence[Finding]) -> None:
        """Run our own checks on the resources of the opened report's findings, with `reading_profiles`."""
        self._background(partial(self._read_reported, list(findings), self.reading_profiles), "verify")

    async def _read_reported(self, findings: list[Finding], profiles: tuple[str, ...]) -> None:
        readings = await self.jobs.read_reported(findings, profiles)
        if readings:
            if not all(reading.reached for reading in readings):
                # The user has to choose another profile for an account that none of these reaches.
                self.reading_profiles = ()
            now = datetime.fromtimestamp(self.clock(), UTC).isoformat(timespec="seconds")
            self.findings.learn(readings, now)
            results = [(reading.finding, reading.result) for reading in readings]
            self._publish(RunningJobs.FindingsVerified(results))

    def stop(self) -> None:
        """Stop the running scan or, if none runs, the verifications; their results so far are kept."""
        if self.jobs.scanning:
            self._background(self.jobs.cancel_scan, "cancel")
        elif self.jobs.verifications.findings:
            self._background(self.jobs.verifications.cancel, "cancel")

    def answer(self, needed: InputNeeded, value: str) -> None:
        """Send a scanner the input that a profile needs; an empty value declines."""
        self._background(partial(self.jobs.questions.answer, needed, value), "answer")

    def use_demo(
        self,
        profiles: Sequence[Profile],
        *,
        environment: Mapping[str, str | None],
        pasteable: Mapping[str, str],
    ) -> None:
        """Replace the profiles by those of the embedded AWS, and point scanners and scripts at it."""
        self.jobs.add_environment(environment)
        self.pasteable.update(pasteable)
        self.profiles.configured = profiles

    def use_logins(self, logins: Sequence[Login], *, scan: bool) -> None:
        """Use renewed logins: scan the chosen profiles, or only identify the profiles of the logins."""
        names = [name for login in logins for name in self.profiles.forget_events(login)]
        self._publish(self.ProfilesLearned(tuple(names)))
        if scan and not self.jobs.scanning:
            self.start_scan()
        else:
            self.identify(names)

    async def close(self) -> None:
        """End every scanner."""
        await self.jobs.close()


class SessionListener:
    """A mixin that subscribes a widget or screen to its ``session`` while it is mounted."""

    session: Session

    def on_mount(self) -> None:
        """Subscribe to the session."""
        self.session.subscribe(self._as_listener())

    def on_unmount(self) -> None:
        """Unsubscribe from the session."""
        self.session.unsubscribe(self._as_listener())

    def _as_listener(self) -> Any:
        return self
