"""One screen at a time, over an app that does nothing but hold it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Input, Static

from cloud_audit_tui.app.presentation.themes import DARK, LIGHT

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.screen import Screen

UNANSWERED = "unanswered"


class Host(App[None]):
    """An app with one screen over it, that remembers what the screen answered."""

    def __init__(self, screen: Screen[Any], theme: str = DARK.name) -> None:
        super().__init__()
        self.subject = screen
        self.answer: Any = UNANSWERED
        self._wanted_theme = theme

    def compose(self) -> ComposeResult:
        yield Static("what lies beneath", markup=False)

    async def on_mount(self) -> None:
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = self._wanted_theme
        await self.push_screen(self.subject, self._note_answer)
        for field in self.subject.query(Input):
            field.cursor_blink = False

    def _note_answer(self, answer: Any) -> None:
        self.answer = answer


@pytest.fixture
def host() -> Callable[..., Host]:
    return Host


def screen_text(screen: Screen[Any]) -> str:
    """Return what a screen shows, as lines of text."""
    lines = screen._compositor.render_strips(screen.size)
    return "\n".join(strip.text.rstrip() for strip in lines)


@pytest.fixture
def text_of() -> Callable[[Screen[Any]], str]:
    return screen_text
