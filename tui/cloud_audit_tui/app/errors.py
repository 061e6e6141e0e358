"""What goes wrong in a handler is said on the screen; Textual would end the app for it."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud_audit_tui.app.app import CloudAuditApp


class OnScreen(Protocol):
    """A widget or a screen."""

    @property
    def app(self) -> Any:
        """The app that it belongs to."""
        ...


W = TypeVar("W", bound=OnScreen)
P = ParamSpec("P")


def complains(handler: Callable[Concatenate[W, P], None]) -> Callable[Concatenate[W, P], None]:
    """Make the failure of a handler, an action or a timer's callback a notification."""

    @wraps(handler)
    def guarded(widget: W, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            handler(widget, *args, **kwargs)
        except Exception as error:  # whatever it is, the findings stay on the screen
            cast("CloudAuditApp", widget.app).complain(error)

    return guarded
