"""Logs the user in to profiles whose login has expired, with the AWS CLI."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from cloud_audit_tui.app.profile_directory import CREDENTIALS
from cloud_audit_tui.app.system.terminal_program import CannotRunError, run_in_terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud_audit_tui.app.host import Host
    from cloud_audit_tui.app.session import Session
    from cloud_audit_tui.aws.login import Login

TITLE = "Log in"


def log_in(session: Session, host: Host, profiles: Sequence[str] = (), *, scan: bool = True) -> None:
    """Log in to these profiles, by default to those of the view whose login has expired.

    One login serves every profile of the same session. With ``scan``, the chosen profiles are then scanned.
    """
    names = profiles or [name for name in session.view.profiles if _has_expired(session, name)]
    logins = {login.cache: login for name in names if (login := session.profiles.login_of(name)) is not None}
    if not logins:
        text = "This profile has no login." if profiles else "No chosen profile waits for a login."
        host.notify(text, title=TITLE, severity="warning", markup=False)
        return
    if renewed := [login for login in logins.values() if run_login(session, host, login)]:
        session.use_logins(renewed, scan=scan)


def run_login(session: Session, host: Host, login: Login) -> bool:
    """Run one login in the terminal and return whether it succeeded; a failure is a notification."""
    command = shlex.join(login.command)
    try:
        code = run_in_terminal(host, login.command, session.jobs.environment)
    except CannotRunError as error:
        text = f"{error} Run `{command}` in another terminal, then press {session.key_name('scan')}."
        host.notify(text, title=TITLE, severity="error", markup=False)
        return False
    if code:
        text = f"`{command}` ended with code {code}."
        host.notify(text, title=TITLE, severity="error", markup=False)
    return code == 0


def _has_expired(session: Session, profile: str) -> bool:
    failure = session.profiles.of(profile).failure
    return failure is not None and failure.kind == CREDENTIALS
