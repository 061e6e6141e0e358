"""Lets the user choose the profiles, the regions and the order of the view."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from cloud_audit_tui.app.actions.log_in import log_in
from cloud_audit_tui.app.actions.read_only import refused
from cloud_audit_tui.app.dialogs.profile_picker import SessionProfilePicker
from cloud_audit_tui.app.dialogs.region_picker import RegionPicker
from cloud_audit_tui.app.dialogs.sort_picker import SortPicker
from cloud_audit_tui.app.host import push_once
from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud_audit_tui.app.host import Host
    from cloud_audit_tui.app.session import Session
    from cloud_audit_tui.store.view import Sort


def choose_profiles(session: Session, host: Host) -> None:
    """Open the list of profiles and show the findings of the selection."""
    if refused(session, host, "Profiles"):
        return
    if not session.profiles.configured:
        host.action_welcome()
        return
    host.background(partial(_choose_profiles, session, host), "pick", exclusive=True)


def use_profile_group(session: Session, host: Host, name: str, profiles: Sequence[str]) -> None:
    """Show the findings of a named group; a notification names profiles that are not configured."""
    if refused(session, host, "Profiles"):
        return
    configured = set(session.profiles.names)
    unknown_profiles = [profile for profile in profiles if profile not in configured]
    usable_profiles = [profile for profile in profiles if profile in configured]
    if unknown_profiles:
        key = session.key_name("pick_profiles")
        host.notify(
            f"There is no profile {formatting.some(unknown_profiles, 4)}; {key} lists the configured ones.",
            title=f"Group {plain(name)}",
            severity="warning",
            markup=False,
        )
    if usable_profiles:
        session.select_profiles(usable_profiles)


async def _choose_profiles(session: Session, host: Host) -> None:
    names = session.profiles.names
    session.learn_stored(await asyncio.to_thread(session.store.profiles, names))

    def use_choice(profiles: list[str] | None) -> None:
        if profiles:
            session.select_profiles(profiles)

    def log_in_to(profile: str) -> None:
        log_in(session, host, [profile], scan=False)

    push_once(host, SessionProfilePicker(session, log_in_to), use_choice)


def choose_regions(session: Session, host: Host) -> None:
    """Open the list of regions and use the chosen ones in the next scan."""
    if refused(session, host, "Regions"):
        return
    regions, note, are_all_enabled = region_choices(session)

    def use_choice(codes: list[str] | None) -> None:
        if codes is not None and tuple(codes) != session.view.regions:
            session.select_regions(codes)
            start = f"Press {session.key_name('scan')} to start."
            host.notify(f"The next scan covers {formatting.regions(codes)}. {start}", markup=False)

    picker = RegionPicker(regions, session.view.regions, note, are_all_enabled=are_all_enabled)
    host.push_screen(picker, use_choice)


def region_choices(session: Session) -> tuple[list[str], str, bool]:
    """Return the regions to choose from, where the list comes from, and whether it has every enabled one."""
    infos = session.profiles.of_all(session.view.profiles)
    enabled = sorted({region for info in infos for region in info.enabled_regions})
    if enabled:
        note = next((info.regions_note for info in infos if info.regions_note), "")
        are_all = all(info.enabled_regions or info.failure for info in infos)
        return enabled, note or "The regions that the account has enabled.", are_all
    configured = {session.profiles.configured_region(name) for name in session.view.profiles}
    return (
        sorted(filter(None, configured)),
        "The enabled regions are read by the first scan; until then these are the configured ones.",
        False,
    )


def choose_order(session: Session, host: Host) -> None:
    """Open the list of columns and sort by the chosen one."""

    def use_choice(order: tuple[Sort, bool] | None) -> None:
        if order is not None:
            session.sort_by(order[0], descending=order[1])

    host.push_screen(SortPicker(session.view.sort, session.view.descending), use_choice)
