"""A screen that answers once, however often the keys that close it are pressed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.await_complete import AwaitComplete

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.screen import Screen

    Base = Screen[Any]
else:
    Base = object


class DismissedOnce(Base):
    """A mixin before `Screen`: only the screen on top can be dismissed.

    When two keys close a screen before the next refresh, Textual sets the answer a second time and pops the
    screen that is then on top.
    """

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Answer and close; does nothing when the screen is closed already or lies below another one."""
        # `is_current` is true below a modal dialog as well, which would be closed in its place.
        return super().dismiss(result) if self.is_active else AwaitComplete()

    def call_after_refresh(self, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
        """Call a function after the next refresh, unless the screen is closed by then."""

        def call() -> Any:
            return callback(*args, **kwargs) if self in self.app.screen_stack else None

        return super().call_after_refresh(call)
