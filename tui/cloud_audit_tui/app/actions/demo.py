"""Shows the welcome page, and opens the demo that it offers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

from cloud_audit_tui.app.dialogs.welcome import DEMO, Welcome
from cloud_audit_tui.app.host import push_once
from cloud_audit_tui.aws.profiles import list_profiles

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from cloud_audit_tui.app.actions.remember import ViewMemory
    from cloud_audit_tui.app.host import Host
    from cloud_audit_tui.app.session import Session


class Demo(Protocol):
    """A running embedded AWS; its creator stops it."""

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables that point the scanner at it."""
        ...

    @property
    def without(self) -> Sequence[str]:
        """The environment variables that would point the scanner elsewhere."""
        ...

    @property
    def pasteable(self) -> Mapping[str, str]:
        """The environment variables that point a pasted command at it."""
        ...

    @property
    def profiles(self) -> Sequence[str]:
        """The names of its profiles."""
        ...


def welcome(
    session: Session,
    host: Host,
    start_demo: Callable[[], Awaitable[Demo]] | None,
    memory: ViewMemory | None,
) -> None:
    """Show how to configure credentials, and open the demo if that is the answer.

    Without ``start_demo`` the user is told how to start the demo. ``memory`` remembers nothing of the demo.
    """

    def use(answer: str | None) -> None:
        if answer != DEMO:
            return
        if start_demo is None:
            host.notify("Start `cloud-audit-tui --demo` to see it.", title="Demo", markup=False)
        else:
            host.notify("The demo is starting; this takes a few seconds.", title="Demo", markup=False)
            host.background(partial(_open_demo, session, start_demo, memory), "demo")

    push_once(host, Welcome(), use)


async def _open_demo(
    session: Session, start_demo: Callable[[], Awaitable[Demo]], memory: ViewMemory | None
) -> None:
    demo = await start_demo()
    if memory is not None:
        await memory.stop()
    names = set(demo.profiles)
    session.use_demo(
        [profile for profile in list_profiles(demo.environment) if profile.name in names],
        environment={**dict.fromkeys(demo.without), **demo.environment},
        pasteable=demo.pasteable,
    )
    session.select_profiles(demo.profiles)
    session.start_scan()
