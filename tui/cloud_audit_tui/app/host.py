"""The protocol of the app for sessions, actions and widgets, none of which imports the app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from contextlib import AbstractContextManager

    from textual.dom import DOMNode
    from textual.screen import Screen
    from textual.widget import Widget
    from textual.worker import WorkType

    Work = Callable[[], Coroutine[Any, Any, None]]

SeverityLevel = Literal["information", "warning", "error"]
Answer = TypeVar("Answer")


class Host(Protocol):
    """The app as other modules use it."""

    @property
    def screen(self) -> Screen[Any]:
        """The screen on top."""
        ...

    def background(self, work: Work, group: str, *, exclusive: bool = False) -> None:
        """Run work in the background; its failure becomes a notification."""
        ...

    def cancel_background(self, group: str) -> None:
        """Cancel the work of a group."""
        ...

    def report_error(self, error: BaseException, *, repeat: bool = False) -> None:
        """Notify about an error; an error that was just reported is repeated only with ``repeat``."""
        ...

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a notification."""
        ...

    def push_screen(
        self, screen: Screen[Answer], callback: Callable[[Answer | None], None] | None = None
    ) -> Any:
        """Open a screen; ``callback`` receives its answer."""
        ...

    async def push_screen_wait(self, screen: Screen[Answer]) -> Answer:
        """Open a screen from a worker and return its answer."""
        ...

    def copy_to_clipboard(self, text: str) -> None:
        """Write the OSC 52 sequence of a text to the terminal."""
        ...

    def suspend(self) -> AbstractContextManager[None]:
        """Leave the terminal to another program; raises `SuspendNotSupported` where that is impossible."""
        ...

    def action_open_screen(self, name: str) -> None:
        """Open the screen that is registered under a name, unless it is open."""
        ...

    def action_welcome(self) -> None:
        """Show how to configure credentials, and the demo."""
        ...


class OnScreen(Protocol):
    """A widget or a screen."""

    @property
    def app(self) -> Any:
        """The app of this widget or screen."""
        ...


def run_beside(
    node: DOMNode, work: Work, group: str = "default", *, exclusive: bool = False, repeat: bool = False
) -> None:
    """Run work in the background while a widget or screen is mounted; its error becomes a notification.

    With ``repeat``, an error that was just reported is reported again. The work is a function, because a
    coroutine that is dropped before it starts is never awaited.
    """

    async def reporting_work() -> None:
        # Textual posts the error of a worker only to the node that runs it.
        try:
            await work()
        except Exception as error:
            host_of(node).report_error(error, repeat=repeat)

    # The type checker infers no result type for the function itself.
    typed_work: WorkType[None] = reporting_work
    node.run_worker(typed_work, group=group, exclusive=exclusive, exit_on_error=False)


def is_open(widget: Widget) -> bool:
    """Return whether the screen of a mounted widget, or a screen itself, is still open.

    Work may end after Esc, while the widgets are removed one by one; Textual's ``is_mounted`` stays true.
    """
    return widget.is_mounted and widget.is_attached and widget.screen in widget.app.screen_stack


def push_once(
    host: Host, screen: Screen[Answer], callback: Callable[[Answer | None], None] | None = None
) -> None:
    """Open a screen unless one of its class is on top, because its key was pressed twice."""
    if not isinstance(host.screen, type(screen)):
        host.push_screen(screen, callback)


def host_of(widget: OnScreen) -> Host:
    """Return the app of a mounted widget as a host."""
    return cast("Host", widget.app)
