"""The entries of the profile list: groups, single profiles, and organizations as trees of units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloud_audit_tui.app.presentation.formatting import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cloud_audit_tui.aws.organization import Unit
    from cloud_audit_tui.aws.profiles import Profile
    from cloud_audit_tui.scan.events import OrganizationListed

SET_MARK = "\0"
"""The first character of the key of an entry that is no profile; no profile name contains it."""


@dataclass(frozen=True)
class Entry:
    """A line of the list: a profile, a set of profiles that is chosen as a whole, or an unusable account.

    The ``key`` of a profile is its name. ``profiles`` are the profiles that the entry selects, none for an
    unusable account. ``kind`` and ``state`` are the texts of their columns, ``note`` describes the entry, and
    ``path`` names the units above it.
    """

    key: str
    title: str
    depth: int
    profiles: tuple[str, ...]
    account_id: str = ""
    kind: str = ""
    state: str = ""
    note: str = ""
    path: str = ""

    @property
    def is_profile(self) -> bool:
        """Whether the entry is a single profile."""
        return not self.key.startswith(SET_MARK)


def profile_entries(
    profiles: Sequence[Profile],
    groups: Mapping[str, Sequence[str]],
    organizations: Sequence[OrganizationListed],
) -> list[Entry]:
    """Return the entries; every profile has one entry of its own, below its organization if it has one."""
    names = {profile.name for profile in profiles}
    trees: list[Entry] = []
    for organization in organizations:
        members = {each.account_id: each.name for each in profiles if _is_member(each, organization)}
        if organization.profile in names:
            members[organization.account_id] = organization.profile
        trees += _organization(organization, members)
    placed = {entry.key for entry in trees}
    single = [Entry(name, name, 0, (name,)) for each in profiles if (name := each.name) not in placed]
    return [*_groups(groups, names), *single, *trees]


def units_above(entries: Sequence[Entry]) -> dict[str, tuple[str, ...]]:
    """Return the keys of the units above each entry, the topmost first; entries follow their unit."""
    above: dict[str, tuple[str, ...]] = {}
    path: list[Entry] = []
    for entry in entries:
        while path and path[-1].depth >= entry.depth:
            path.pop()
        above[entry.key] = tuple(each.key for each in path)
        path.append(entry)
    return above


def _is_member(profile: Profile, organization: OrganizationListed) -> bool:
    return profile.source is not None and profile.source.name == organization.profile


def _groups(groups: Mapping[str, Sequence[str]], names: set[str]) -> Iterator[Entry]:
    for group, members in groups.items():
        present = tuple(name for name in members if name in names)
        absent = [name for name in members if name not in names]
        note = f"Group in config.toml: {', '.join(members)}."
        if absent:
            note = f"Not configured: {', '.join(absent)}. {note}"
        state = count(len(present), "profile")
        yield Entry(f"{SET_MARK}@{group}", f"@{group}", 0, present, kind="group", state=state, note=note)


def _organization(organization: OrganizationListed, members: Mapping[str, str]) -> Iterator[Entry]:
    key = f"{SET_MARK}organization {organization.profile}"
    if not organization.units:
        title = f"Organization of {organization.profile}"
        note = "Its units are read when this list opens."
        if organization.units_reason:
            note = f"Its units cannot be shown. {organization.units_reason}"
        yield _unit(key, title, 0, tuple(members.values()), note, "")
        yield from _accounts(organization, [each.id for each in organization.accounts], members, 1, title)
        return
    below: dict[str, list[Unit]] = {}
    for unit in organization.units:
        below.setdefault(unit.parent, []).append(unit)
    for root in below.get("", []):
        yield from _tree(organization, root, below, members, 0, f"Organization of {organization.profile}")


def _tree(
    organization: OrganizationListed,
    unit: Unit,
    below: Mapping[str, Sequence[Unit]],
    members: Mapping[str, str],
    depth: int,
    path: str,
) -> Iterator[Entry]:
    title = unit.name if unit.parent else path
    here = path if not unit.parent else f"{path} / {unit.name}"
    profiles = tuple(
        members[account] for each in _subtree(unit, below) for account in each.accounts if account in members
    )
    key = f"{SET_MARK}unit {organization.profile} {unit.id}"
    yield _unit(key, title, depth, profiles, f"{here}: choosing it chooses every account below it.", path)
    yield from _accounts(organization, unit.accounts, members, depth + 1, here)
    for child in below.get(unit.id, []):
        yield from _tree(organization, child, below, members, depth + 1, here)


def _subtree(unit: Unit, below: Mapping[str, Sequence[Unit]]) -> Iterator[Unit]:
    yield unit
    for child in below.get(unit.id, []):
        yield from _subtree(child, below)


def _unit(key: str, title: str, depth: int, profiles: tuple[str, ...], note: str, path: str) -> Entry:
    state = count(len(profiles), "account")
    return Entry(key, title, depth, profiles, kind="unit", state=state, note=note, path=path)


def _accounts(
    organization: OrganizationListed, ids: Sequence[str], members: Mapping[str, str], depth: int, path: str
) -> Iterator[Entry]:
    accounts = {each.id: each for each in organization.accounts}
    for account_id in ids:
        account = accounts.get(account_id)
        title = account.name if account is not None and account.name else account_id
        if account_id in members:
            name = members[account_id]
            yield Entry(name, title, depth, (name,), account_id=account_id, path=path)
        else:
            state = account.state.lower().replace("_", " ") if account is not None else "unknown"
            note = f"No role can be assumed in this account: it is {state}."
            if account is None or account.is_active:
                state, note = "left out", "Another profile leads to this account."
            key = f"{SET_MARK}account {organization.profile} {account_id}"
            yield Entry(
                key,
                title,
                depth,
                (),
                account_id=account_id,
                kind="account",
                state=state,
                note=note,
                path=path,
            )
