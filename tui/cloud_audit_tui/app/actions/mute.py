"""Mutes the chosen findings with a reason, or unmutes them."""

from __future__ import annotations

import asyncio
import getpass
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from cloud_audit_tui.app.actions.read_only import refused
from cloud_audit_tui.app.dialogs.mute import Decision, Extent, MuteDialog, Reach
from cloud_audit_tui.app.host import push_once
from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.app.table_page import rows_of_group
from cloud_audit_tui.config.audit_file import AuditFileError
from cloud_audit_tui.config.mutes import Mute, literal, mute_for
from cloud_audit_tui.model import PROFILE_ACCESS, Status
from cloud_audit_tui.store.folding import Grouping
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cloud_audit_tui.app.host import Host
    from cloud_audit_tui.app.session import Session
    from cloud_audit_tui.store.groups import Group
    from cloud_audit_tui.store.view import Row

SECONDS = 10
"""Seconds for which a notification about the file stays."""
MOST_MUTES = 1_000
"""The most findings that get a mute each; a file with this many takes a second to read."""
LISTED = 3
"""The number of accounts that a sentence names."""


@dataclass(frozen=True)
class GroupOfRows:
    """The group whose header is selected: its label, and the id of its ``check`` if it groups by check.

    A ``narrowed`` group has findings that a filter hides.
    """

    label: str
    check: str = ""
    narrowed: bool = False


def mute_findings(session: Session, host: Host, row_ids: Sequence[int]) -> None:
    """Ask for a reason and mute the findings of these rows; if all are muted, unmute them."""
    if refused(session, host, "Mute"):
        return
    if row_ids:
        host.background(partial(_mute, session, host, row_ids), "mute", exclusive=True)
    else:
        host.notify("There is no finding to mute.", title="Mute", severity="warning", markup=False)


def mute_group(session: Session, host: Host, group: Group) -> None:
    """Ask for a reason and mute a check, or the findings of another group; if all are muted, unmute them."""
    if not refused(session, host, "Mute"):
        host.background(partial(_mute_group, session, host, group), "mute", exclusive=True)


async def load_mutes(session: Session, host: Host) -> None:
    """Read the file of mutes and mute the findings that it covers."""
    await _changed(session, host, session.mutes.reload)


async def _mute_group(session: Session, host: Host, group: Group) -> None:
    query = session.view.query
    if query.grouping is None:
        return
    row_ids = await asyncio.to_thread(rows_of_group, session.store, query, group.key, now=session.clock())
    check = group.key if query.grouping is Grouping.CHECK else ""
    label = f"{query.grouping} {group.label or 'without a name'}"
    await _mute(session, host, row_ids, GroupOfRows(label, check, narrowed=bool(query.filter)))


async def _mute(
    session: Session, host: Host, row_ids: Sequence[int], group: GroupOfRows | None = None
) -> None:
    rows = [each for each in await session.findings.rows(row_ids) if _can_be_muted(each)]
    if not rows:
        reason = "Passes and unusable profiles cannot be muted."
        host.notify(reason, title="Nothing to mute", severity="warning", markup=False)
        return
    await _changed(session, host, session.mutes.reload)
    active = session.mutes.active
    mutes = [active.of(row) for row in rows]
    if all(mute is not None for mute in mutes):
        check = group.check if group is not None else ""
        await _unmute(session, host, [mute for mute in mutes if mute is not None], check)
        return
    open_ones = [row for row, mute in zip(rows, mutes, strict=True) if mute is None]
    reaches = reaches_of(open_ones, group)
    if not reaches:
        text = (
            f"Muting {formatting.count(len(open_ones), 'finding')} one by one exceeds the limit of "
            f"{MOST_MUTES:,}. Narrow them with a filter, or group by check and mute whole checks."
        )
        host.notify(text, title="Mute", severity="warning", timeout=SECONDS, markup=False)
        return

    def decided(decision: Decision | None) -> None:
        if decision is not None:
            add = partial(session.mutes.add, mutes_of(open_ones, decision))
            host.background(partial(_changed, session, host, add, "muted"), "mute")

    what = formatting.count(len(open_ones), "finding")
    title = f"Mute {what} of {group.label}" if group is not None else f"Mute {what}"
    key = session.key_name("mute")
    note = f"Written to {session.mutes.path}, which keeps its comments. {key} on a muted finding unmutes it."
    today = datetime.fromtimestamp(session.clock(), UTC).date()
    push_once(host, MuteDialog(title, note, reaches, _user(), today), decided)


async def _unmute(session: Session, host: Host, mutes: Sequence[Mute], check: str) -> None:
    """Remove mutes of one resource each, and those of the whole ``check`` if its header is selected."""
    wide = [mute for mute in mutes if not mute.is_for_one_resource and mute.check != literal(check)]
    if wide:
        text = f"{wide[0].check} is muted for more than this finding: change it in {session.mutes.path}."
        host.notify(
            plain(text), title="Muted by a pattern", severity="warning", timeout=SECONDS, markup=False
        )
        return
    remove = partial(session.mutes.remove, list(dict.fromkeys(mutes)))
    await _changed(session, host, remove, "unmuted")


async def _changed(session: Session, host: Host, change: Callable[[], int], outcome: str = "") -> None:
    """Change the file and the store, and notify every screen; an error in the file is a notification."""
    try:
        number = await asyncio.to_thread(change)
    except (AuditFileError, OSError) as error:
        host.notify(plain(str(error)), title="Mutes", severity="error", timeout=SECONDS, markup=False)
        return
    if number or outcome:
        session.tell_mutes_changed()
    if outcome:
        text = f"{formatting.count(number, 'finding')} {outcome}."
        host.notify(text, title="Mutes", markup=False)


def _can_be_muted(row: Row) -> bool:
    return row.status is not Status.PASS and row.check_id != PROFILE_ACCESS


def reaches_of(rows: Sequence[Row], group: GroupOfRows | None = None) -> dict[Reach, Extent]:
    """Return the possible reaches of a mute of these findings, the usual one first; empty for too many.

    Rows of several checks get a mute each.
    """
    reaches: dict[Reach, Extent] = {}
    if len(rows) <= MOST_MUTES:
        reaches[Reach.FINDING] = _each_extent(rows, group)
    if len(rows) > 1 and (group is None or not group.check):
        return reaches
    row = rows[0]
    check, accounts = plain(row.check_id), list(dict.fromkeys(each.account_id for each in rows))
    regions = {each.region for each in rows}
    if len(accounts) == 1:
        where = f"account {plain(accounts[0])}"
        if len(regions) == 1 and row.region:
            sentence = f"Every finding of {check} in {plain(row.region)} of {where}."
            reaches[Reach.REGION] = Extent("The check in this region", sentence)
        label = "The check in this account"
    else:
        where = f"the accounts {formatting.some(accounts, LISTED)}"
        label = f"The check in these {len(accounts):,} accounts"
    reaches[Reach.ACCOUNT] = Extent(label, f"Every finding of {check} in {where}.")
    reaches[Reach.EVERYWHERE] = Extent(
        "The check everywhere", f"Every finding of {check} in every account, future ones included."
    )
    if group is None or not group.check or group.narrowed:
        return reaches
    # On the header of a check, the reaches of the whole check come first.
    return {reach: reaches[reach] for reach in _OF_A_CHECK if reach in reaches}


_OF_A_CHECK = (Reach.ACCOUNT, Reach.REGION, Reach.EVERYWHERE, Reach.FINDING)


def _each_extent(rows: Sequence[Row], group: GroupOfRows | None) -> Extent:
    if len(rows) == 1:
        [row] = rows
        name = plain(row.resource_name or row.check_id)
        return Extent("This finding", f"The finding of {plain(row.check_id)} about {name}.")
    number = f"{len(rows):,}"
    if group is None:
        return Extent(f"These {number} findings", "Each of them, by its check, resource, account and region.")
    whose = "the filter leaves" if group.narrowed else "are shown"
    return Extent(
        f"These {number} findings",
        f"Those of {plain(group.label)} that {whose}: each by its check, resource, account and region.",
    )


def mutes_of(rows: Sequence[Row], decision: Decision) -> list[Mute]:
    """Return the mutes for findings by the user's decision, without duplicates."""
    if decision.reach is Reach.FINDING:
        return [
            mute_for(row, reason=decision.reason, owner=decision.owner, expires=decision.expires)
            for row in rows
        ]
    mutes = [
        Mute(
            check=literal(row.check_id),
            reason=decision.reason,
            account=row.account_id if decision.reach is not Reach.EVERYWHERE else None,
            region=literal(row.region) if decision.reach is Reach.REGION else None,
            owner=decision.owner,
            expires=decision.expires,
        )
        for row in rows
    ]
    return list(dict.fromkeys(mutes))


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A user without an entry in the password database has no name.
        return ""
