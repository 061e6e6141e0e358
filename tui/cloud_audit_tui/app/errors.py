"""Turns an exception in a handler into a notification; Textual would end the app."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from cloud_audit_tui.app.host import OnScreen, host_of

if TYPE_CHECKING:
    from collections.abc import Callable

W = TypeVar("W", bound=OnScreen)
P = ParamSpec("P")


def notify_on_error(handler: Callable[Concatenate[W, P], None]) -> Callable[Concatenate[W, P], None]:
    """Turn an exception of a handler or a timer's callback into a notification; the app does so for keys."""

    @wraps(handler)
    def guarded(widget: W, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            handler(widget, *args, **kwargs)
        except Exception as error:  # whatever it is, the findings stay on the screen
            host_of(widget).report_error(error)

    return guarded
