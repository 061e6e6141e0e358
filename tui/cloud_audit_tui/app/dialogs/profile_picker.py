"""The list of configured profiles, with the account and the state of each."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.content import Content
from textual.widgets import Input

from cloud_audit_tui.app.dialogs.picker import Picker
from cloud_audit_tui.app.errors import notify_on_error
from cloud_audit_tui.app.host import is_open
from cloud_audit_tui.app.keymap import PROFILE_KEYS, UNIT_KEYS, bindings
from cloud_audit_tui.app.presentation.formatting import age
from cloud_audit_tui.app.presentation.group_header import CLOSED, OPEN
from cloud_audit_tui.app.presentation.profile_tree import Entry, profile_entries, units_above
from cloud_audit_tui.app.session import Session, SessionListener
from cloud_audit_tui.app.widgets.pick_list import Cell, Column, PickList, Row
from cloud_audit_tui.aws.login import LoginStatus, login_state
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from textual.binding import BindingType

    from cloud_audit_tui.aws.profiles import Profile
    from cloud_audit_tui.scan.events import OrganizationListed
    from cloud_audit_tui.store.view import ProfileInfo


INDENT = "  "
"""The indent of a level of an organization's tree."""
FOLDING = frozenset(key.action for key in UNIT_KEYS)
"""The actions that fold and unfold units."""
FOLDING_KEYS = frozenset(name for key in UNIT_KEYS for name in key.keys.split(","))
"""The keys of these actions; the filter receives the printable ones while nothing can be folded."""
RENEWED_ALONE = "Its login has expired; it is renewed automatically while AWS accepts that."


class ProfilePicker(Picker):
    """Chooses profiles; answers their names, or None when the user leaves it.

    Organizational units can be folded; the filter also finds rows below a folded unit.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(UNIT_KEYS)]
    title_text = "Profiles"
    noun = ("profile", "profiles")
    columns: ClassVar[tuple[Column, ...]] = (
        Column("Profile", 16, 44),
        Column("Account", 12, 12),
        Column("Alias", 8, 24, gives_way=3),
        Column("Region", 9, 14, gives_way=2),
        Column("Kind", 4, 13, gives_way=1),
        Column("State", 14, 40),
    )

    def __init__(
        self,
        profiles: Sequence[Profile],
        states: Mapping[str, ProfileInfo],
        marked: Sequence[str],
        *,
        groups: Mapping[str, Sequence[str]] | None = None,
        organizations: Sequence[OrganizationListed] = (),
        now: Callable[[], float] = time.time,
    ) -> None:
        """List these profiles; ``now`` gives the time in seconds since 1970.

        ``groups`` maps a name to profiles that are marked together; the profiles of ``organizations`` stand
        in a tree of their units.
        """
        super().__init__(marked)
        self._profiles = {profile.name: profile for profile in profiles}
        self._groups = dict(groups or {})
        self._organizations = list(organizations)
        self._entries: dict[str, Entry] = {}
        self._above: dict[str, tuple[str, ...]] = {}
        self._units: frozenset[str] = frozenset()
        self._folded: frozenset[str] = frozenset()
        self._states = dict(states)
        self._now = now
        self._rows: list[Row] = []
        self._search_texts: list[str] = []
        self._read()

    def update_states(self, states: Mapping[str, ProfileInfo]) -> None:
        """Show newer states; the cursor, the marks and the filter stay."""
        self._states.update(states)
        self._read()
        if is_open(self):
            self.refilter()

    def update_profiles(
        self, profiles: Sequence[Profile], organizations: Sequence[OrganizationListed]
    ) -> None:
        """Replace the profiles and organizations; the cursor, the marks and the filter stay."""
        self._profiles = {profile.name: profile for profile in profiles}
        self._organizations = list(organizations)
        self._read()
        if is_open(self):
            self.fit_height()
            self.refilter()

    def all_rows(self) -> Sequence[Row]:
        """Return a row for each group, profile and unit."""
        return self._rows

    def listed_rows(self) -> Sequence[Row]:
        """Return the rows that no folded unit hides."""
        return [
            self._folded_row(row) if row.key in self._folded else row
            for row in self._rows
            if self._folded.isdisjoint(self._above[row.key])
        ]

    def keys_of(self, row: Row) -> list[str]:
        """Return the profile of a row, or all of a group or a unit."""
        return list(self._entries[row.key].profiles)

    def marked_rows(self) -> frozenset[str]:
        """Return the marked rows; a group or a unit is marked when all of its profiles are."""
        marks = set(self._marks)
        return frozenset(
            key for key, entry in self._entries.items() if entry.profiles and marks.issuperset(entry.profiles)
        )

    def matching(self, words: Sequence[str]) -> Sequence[Row]:
        """Return the rows that contain every word in a column, or in the names of the units above."""
        return [
            row
            for row, text in zip(self._rows, self._search_texts, strict=True)
            if all(word in text for word in words)
        ]

    def about(self, row: Row) -> Content:
        """Return the identity of the profile, or why it cannot be used and what to do."""
        entry = self._entries[row.key]
        if not entry.is_profile:
            return Content(plain(f"{entry.note} {self._fold_hint(entry.key)}"))
        profile = self._profiles[row.key]
        state = self._states.get(row.key)
        if state is not None and state.failure:
            return Content(plain(state.failure.words))
        parts = [RENEWED_ALONE] if self._is_renewable(profile) else []
        if state is not None and state.caller_arn:
            return Content(plain(" ".join([state.caller_arn, *parts])))
        if profile.mfa:
            parts.insert(0, "It needs an MFA code.")
        return Content(" ".join(["This profile is not identified yet.", *parts]))

    def describe_choice(self, keys: Sequence[str]) -> str:
        """Return the name of one profile, or the number of several."""
        return plain(super().describe_choice(keys))

    # Folding

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the folding keys while the filter has text or there are no units; it then receives them."""
        if action in FOLDING:
            return self._can_fold
        return super().check_action(action, parameters)

    def printable_keys(self) -> frozenset[str]:
        """Return the keys that are not typed into the filter now."""
        return super().printable_keys() | (FOLDING_KEYS if self._can_fold else frozenset())

    def takes_press(self, event: PickList.Pressed) -> bool:
        """Fold or unfold a unit whose sign was clicked."""
        if event.key not in self._units or not self._can_fold:
            return False
        start = len(INDENT) * self._entries[event.key].depth
        if not start <= event.x < start + len(INDENT):
            return False
        self._fold(self._folded ^ {event.key})
        return True

    def action_fold(self) -> None:
        """Close the unit under the cursor; if it is closed or the row is an account, close the unit above."""
        row = self.query_one(PickList).highlighted
        if row is None:
            return
        path = [*self._above[row.key], *({row.key} & self._units)]
        still_open = [key for key in path if key not in self._folded]
        if still_open:
            self.query_one(PickList).move_to(still_open[-1])
            self._fold(self._folded | {still_open[-1]})

    def action_unfold(self) -> None:
        """Open the unit under the cursor."""
        row = self.query_one(PickList).highlighted
        if row is not None:
            self._fold(self._folded - {row.key})

    def action_fold_all(self) -> None:
        """Close every unit, and move the cursor to the topmost unit above its row."""
        row = self.query_one(PickList).highlighted
        if row is not None and self._above[row.key]:
            self.query_one(PickList).move_to(self._above[row.key][0])
        self._fold(self._units)

    def action_unfold_all(self) -> None:
        """Open every unit."""
        self._fold(frozenset())

    def _fold(self, folded: frozenset[str]) -> None:
        self._cursor_moved = True
        self._folded = folded
        self.refilter()

    @property
    def _can_fold(self) -> bool:
        return bool(self._units) and self.is_mounted and not self.query_one(Input).value

    def _fold_hint(self, key: str) -> str:
        if key not in self._units or not self._can_fold:
            return ""
        return f"{'→ opens' if key in self._folded else '← closes'} it."

    def _folded_row(self, row: Row) -> Row:
        title, *others = row.cells
        return replace(row, cells=(replace(title, text=title.text.replace(OPEN, CLOSED, 1)), *others))

    def _is_renewable(self, profile: Profile) -> bool:
        return (
            profile.login is not None
            and login_state(profile.login, self._now()).status is LoginStatus.RENEWABLE
        )

    def _read(self) -> None:
        now = self._now()
        entries = profile_entries(list(self._profiles.values()), self._groups, self._organizations)
        self._entries = {entry.key: entry for entry in entries}
        self._above = units_above(entries)
        self._units = frozenset(key for above in self._above.values() for key in above)
        self._rows = [
            self._row(entry, self._profiles[entry.key], now)
            if entry.is_profile
            else _set_row(entry, OPEN if entry.key in self._units else "")
            for entry in self._entries.values()
        ]
        self._search_texts = [
            plain(" ".join([*(cell.text for cell in row.cells), entry.path, entry.key])).lower()
            for row, entry in zip(self._rows, self._entries.values(), strict=True)
        ]

    def _row(self, entry: Entry, profile: Profile, now: float) -> Row:
        state = self._states.get(profile.name)
        account = (state.account_id if state else "") or profile.account_id or entry.account_id
        return Row(
            profile.name,
            (
                Cell(_title(entry), "strong"),
                Cell(plain(account) or "–", "text" if state and state.account_id else "muted"),
                Cell(plain(state.alias if state else "") or "–", "muted"),
                Cell(plain(profile.region) or "–", "muted"),
                Cell(plain(profile.kind), "muted"),
                _state_cell(state, profile, now),
            ),
        )


class SessionProfilePicker(SessionListener, ProfilePicker):
    """The profiles of a session; their changes appear at once.

    ``log_in`` is called with the name of a profile to log in to.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(PROFILE_KEYS)]

    def __init__(self, session: Session, log_in: Callable[[str], None]) -> None:
        super().__init__(
            session.profiles.configured,
            _states_of(session, session.profiles.names),
            session.view.profiles,
            groups=session.profile_groups,
            organizations=session.organizations.all,
            now=session.clock,
        )
        self.session = session
        self._log_in = log_in

    def on_mount(self) -> None:
        """Show what was learned before the subscription, and read the units, which only this list needs."""
        session = self.session
        if self._organizations != session.organizations.all:
            self._organization_learned()
        if self._states != (states := _states_of(session, session.profiles.names)):
            self.update_states(states)
        session.read_units()

    @on(Session.OrganizationLearned)
    @notify_on_error
    def _organization_learned(self) -> None:
        self.update_profiles(self.session.profiles.configured, self.session.organizations.all)

    def action_log_in(self) -> None:
        """Log in to the profile under the cursor."""
        row = self.query_one(PickList).highlighted
        if row is not None:
            self._log_in(row.key)

    @on(Session.ProfilesLearned)
    @notify_on_error
    def _profiles_learned(self, event: Session.ProfilesLearned) -> None:
        self.update_states(_states_of(self.session, event.profiles))


def _states_of(session: Session, profiles: Sequence[str]) -> dict[str, ProfileInfo]:
    return {info.profile: info for info in session.profiles.of_all(profiles)}


def _title(entry: Entry, sign: str = "") -> str:
    return INDENT * entry.depth + (f"{sign} " if sign else "") + plain(entry.title)


def _set_row(entry: Entry, sign: str) -> Row:
    """Return the row of a group, a unit or an unusable account; ``sign`` stands before its title."""
    cells = (
        Cell(_title(entry, sign), "strong" if entry.profiles else "muted"),
        Cell(entry.account_id or "–", "muted"),
        Cell("–", "muted"),
        Cell("–", "muted"),
        Cell(entry.kind, "muted"),
        Cell(plain(entry.state), "muted"),
    )
    return Row(entry.key, cells, markable=bool(entry.profiles))


def _state_cell(state: ProfileInfo | None, profile: Profile, now: float) -> Cell:
    if state is not None and state.failure:
        return Cell(plain(state.failure.reason), "bad")
    if state is not None and state.account_id:
        if state.scanned_at:
            return Cell(f"scanned {age(state.scanned_at, now)}", "good")
        return Cell("ready", "good")
    return Cell("needs MFA" if profile.mfa else "not identified", "muted")
