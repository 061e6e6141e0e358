"""What has changed on a screen is painted when a test waits for it, not for each frame on the way there.

There is no terminal: a frame serves only to let each widget render its lines, which shows what it cannot
draw and asks for the rows it lacks. An app that no test waits for paints a moment later.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from typing import TYPE_CHECKING, Any

from textual._context import active_app, visible_screen_stack

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App

A_WHILE = 0.5
"""Seconds after which a change is painted that no test waits for."""
_unpainted: dict[Any, _Change] = {}
"""What is to be painted, by the compositor that does it."""


def painting_later(update: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `Compositor.render_update` that composes a picture for whoever wants one, and else waits."""

    def updated(compositor: Any, full: bool = False, **options: Any) -> Any:
        if full:
            return update(compositor, full, **options)
        if compositor._dirty_regions and compositor not in _unpainted:
            _unpainted[compositor] = _Change(compositor, options.get("screen_stack") or [])
        return None

    return updated


def paint() -> None:
    """Paint what has changed."""
    for change in list(_unpainted.values()):
        change.paint()


def forget() -> None:
    """Drop what apps that have ended did not paint, which would keep their widgets."""
    _unpainted.clear()


class _Change:
    """What has changed on a screen above others, until it is painted."""

    def __init__(self, compositor: Any, below: list[Any]) -> None:
        self._compositor = compositor
        self._below = below
        self._context = contextvars.copy_context()
        self._timer = asyncio.get_running_loop().call_later(A_WHILE, self.paint)

    def paint(self) -> None:
        """Let the widgets render what has changed, if the screen is still the one that is seen."""
        self._timer.cancel()
        _unpainted.pop(self._compositor, None)
        self._context.run(self._paint, self._context[active_app])

    def _paint(self, app: App[Any]) -> None:
        compositor = self._compositor
        if not app._running or not app._screen_stack or app.screen._compositor is not compositor:
            return
        visible_screen_stack.set(self._below)
        screen = compositor.size.region
        dirty = compositor._dirty_regions.copy()
        compositor._dirty_regions.clear()
        if not dirty:
            return
        crop = screen if screen in dirty else screen.from_union(dirty).intersection(screen)
        try:
            deque(compositor._get_renders(crop), maxlen=0)
        except Exception as error:
            app._handle_exception(error)
