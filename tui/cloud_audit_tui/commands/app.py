"""``cloud-audit-tui``: opens the app on the named profiles, or on the embedded AWS."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click
import msgspec

from cloud_audit_tui.commands.config_option import config_option
from cloud_audit_tui.commands.executor_option import LOCAL, SUBPROCESS, check_executor, executor_option
from cloud_audit_tui.commands.options import (
    Mistake,
    environment_of,
    mistakes_in_words,
    profile_option,
    regions_named,
    regions_option,
)
from cloud_audit_tui.commands.org_role_option import org_role_option
from cloud_audit_tui.commands.pasteable import pasteable_environment
from cloud_audit_tui.commands.retention_options import retention
from cloud_audit_tui.config.file_names import AUDIT_FILE
from cloud_audit_tui.scan.environment import overlay
from cloud_audit_tui.standard_streams import is_terminal
from cloud_audit_tui.store.location import store_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cloud_audit_tui.app.app import CloudAuditApp
    from cloud_audit_tui.app.remembered_view import RememberedView
    from cloud_audit_tui.aws.profiles import Profile
    from cloud_audit_tui.demo.embedded import EmbeddedAws
    from cloud_audit_tui.store.store import Store

CHOOSES_PROFILE = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID")
"""Variables with which the user chooses a profile for this run, so that the last run's profiles are not
used."""
ENDING_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
START_SECONDS = 1.0
"""Seconds within which the app has drawn its first screen."""

F = TypeVar("F", bound="Callable[..., Any]")


def app_options(function: F) -> F:
    """Add the options of the app to a command."""
    for option in reversed(
        (
            profile_option,
            org_role_option,
            regions_option("Regions; by default those of the last run, else each profile's own region."),
            config_option,
            executor_option,
            click.option("--demo", is_flag=True, help="Open on the embedded AWS; no account needed."),
            click.option("--scan", "scan_now", is_flag=True, help="Start scanning at once."),
        )
    ):
        function = option(function)
    return function


def open_app(
    profiles: list[str],
    regions: list[str],
    *,
    config_path: Path | None = None,
    demo: bool,
    scan_now: bool,
    keep_scans: int | None = None,
    keep_days: int | None = None,
    org_role: str | None = None,
    executor: str = LOCAL,
) -> None:
    """Run the app until the user leaves it."""
    check_executor(executor, demo=demo)
    if demo and config_path is not None:
        raise Mistake("The demo has a file of accepted findings of its own: omit --config or --demo.")
    if not in_terminal():
        raise Mistake(
            "The app needs a terminal. "
            "`cloud-audit-tui scan` scans without one; see `cloud-audit-tui scan --help`."
        )
    # Other commands take these options too, and do not need the settings of the app.
    from cloud_audit_tui.commands.user_settings import profiles_named  # noqa: PLC0415

    with mistakes_in_words():
        names, codes = profiles_named(profiles), regions_named(regions)
        crash, exit_code = asyncio.run(
            _run(
                names,
                codes,
                config_path=config_path,
                demo=demo,
                scan_now=scan_now,
                keep=(keep_scans, keep_days),
                org_role=org_role or "",
                executor=executor,
            )
        )
    leave(crash, exit_code)


def in_terminal() -> bool:
    """Say whether standard input and output are a terminal."""
    return is_terminal(sys.stdin) and is_terminal(sys.stdout)


def leave(crash: Exception | None, exit_code: int) -> NoReturn:
    """End the program with the app's exit code, or after a crash with a message about the crash."""
    if crash is not None:
        from datetime import UTC, datetime  # noqa: PLC0415

        from cloud_audit_tui.app.system.crash_log import EXIT_CODE, crash_message  # noqa: PLC0415

        click.echo(crash_message(crash, datetime.now(UTC)), err=True)
        sys.exit(EXIT_CODE)
    sys.exit(exit_code)


async def _run(
    names: list[str],
    regions: list[str],
    *,
    config_path: Path | None,
    demo: bool,
    scan_now: bool,
    keep: tuple[int | None, int | None],
    org_role: str,
    executor: str,
) -> tuple[Exception | None, int]:
    """Run the app; returns the exception that ended it, if one did, and the exit code."""
    # The start creates hardly any garbage, and Python would collect 150 times before the first paint.
    gc.disable()
    asyncio.get_running_loop().call_later(START_SECONDS, collect_garbage)
    # Importing Textual is slow, and the other commands do not need it.
    from cloud_audit_tui.app.app import CloudAuditApp  # noqa: PLC0415
    from cloud_audit_tui.app.presentation.formatting import some  # noqa: PLC0415
    from cloud_audit_tui.app.remembered_view import NAME as MEMORY  # noqa: PLC0415
    from cloud_audit_tui.app.system.terminal_driver import terminal_driver  # noqa: PLC0415
    from cloud_audit_tui.aws.profiles import list_profiles  # noqa: PLC0415
    from cloud_audit_tui.commands.user_settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    async with AsyncExitStack() as stack:
        stack.callback(gc.enable)

        async def start_demo() -> EmbeddedAws:
            from cloud_audit_tui.demo.embedded import EmbeddedAws  # noqa: PLC0415

            return await stack.enter_async_context(EmbeddedAws())

        aws = await start_demo() if demo else None
        home = Path(aws.environment["HOME"]) if aws is not None else None
        changes = environment_of(aws) if aws is not None else {}
        environ = overlay(os.environ, changes)
        profiles = list_profiles(environ)
        path = store_path(home)
        memory = path.with_name(MEMORY) if home is None else None
        remembered, notice = _remembered(memory, environ)
        last, gone = _of_last_run(profiles, remembered.profiles)
        if gone and not names:
            notice = f"{notice} Profiles of the last run that no longer exist: {some(gone, 4)}.".strip()
        selection = _selection(profiles, names or (aws.profiles if aws is not None else last), environ)
        # A role in an account of an organization is chosen by name, and no file lists it.
        profiles += [profile for profile in selection if profile not in profiles]

        def open_store() -> Store:
            from cloud_audit_tui.store.store import Store  # noqa: PLC0415

            store = Store.open(path, keep=retention(*keep))
            stack.callback(store.close)
            return store

        app = CloudAuditApp(
            open_store,
            profiles,
            selected=[profile.name for profile in selection],
            regions=regions or list(remembered.regions),
            environment=changes,
            pasteable=aws.pasteable if aws is not None else pasteable_environment(),
            scan_on_open=demo or scan_now,
            demo_factory=start_demo,
            theme=settings.theme,
            keymap=settings.keys,
            bell=settings.bell,
            desktop_notifications=settings.notify,
            profile_groups=settings.groups if aws is None else {},
            org_role=org_role,
            executor="" if executor in (LOCAL, SUBPROCESS) else executor,
            remembered=remembered,
            memory_path=memory,
            first_notice=notice,
            driver_class=terminal_driver(),
            audit_file=home / AUDIT_FILE if home is not None else config_path,
        )
        return await run_until_left(app)


def collect_garbage() -> None:
    """Enable garbage collection, except for the objects that the start created."""
    gc.freeze()
    gc.enable()


async def run_until_left(app: CloudAuditApp) -> tuple[Exception | None, int]:
    """Run the app; returns the exception that ended it, if one did, and the exit code."""
    from cloud_audit_tui.app.system.terminal_messages import kept_title  # noqa: PLC0415

    loop = asyncio.get_running_loop()
    for number in ENDING_SIGNALS:
        # Only a regular exit restores the terminal and stops the scanners.
        loop.add_signal_handler(number, partial(app.exit, return_code=128 + number))
    with kept_title(sys.__stdout__):
        await app.run_async()
    if app.store_error is not None:
        raise Mistake(str(app.store_error))
    return app.crash, app.return_code or 0


def _remembered(memory: Path | None, environ: Mapping[str, str]) -> tuple[RememberedView, str]:
    """Return the view that the last run saved, and a notice about its file.

    A profile that the environment chooses replaces the last run's profiles.
    """
    from cloud_audit_tui.app.remembered_view import RememberedView, load  # noqa: PLC0415

    remembered, notice = load(memory) if memory is not None else (RememberedView(), "")
    if any(environ.get(variable) for variable in CHOOSES_PROFILE):
        remembered = msgspec.structs.replace(remembered, profiles=())
    return remembered, notice


def _of_last_run(profiles: list[Profile], names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split the last run's profiles into those that are still configured and those that are not."""
    configured_names = {profile.name for profile in profiles}
    return [name for name in names if name in configured_names], [
        name for name in names if name not in configured_names
    ]


def _selection(profiles: list[Profile], names: list[str], environ: Mapping[str, str]) -> list[Profile]:
    from cloud_audit_tui.aws.profiles import ConfigError, select_profiles  # noqa: PLC0415

    try:
        return select_profiles(profiles, names, environ)
    except ConfigError:
        if names:
            raise
        # Without credentials the app still opens and explains how to configure them.
        return []
