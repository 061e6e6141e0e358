"""Pictures of a running app in several sizes and themes, compared with those that a person has looked at.

The `snap_compare` of pytest-textual-snapshot opens an app for each picture. Here one app is resized and given
another theme, and looks as if it had been opened so. What scrolls to its cursor when it opens is opened in
each size; a dialog over the main screen is left to `snap_compare`. The files, the report and
``--snapshot-update`` are the same.
"""

from __future__ import annotations

import inspect
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from pytest_textual_snapshot import PseudoApp, PseudoConsole, SVGImageExtension, node_to_report_path
from rich.console import Console

from cloud_audit_tui.app.presentation.themes import DARK, LIGHT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from textual.pilot import Pilot

    Size = tuple[int, int]

EVERY_SIZE = {"size0": (120, 40), "size1": (80, 24), "size2": (200, 50)}
WIDE_AND_NARROW = {"wide": (120, 40), "narrow": (80, 24)}
FRAMES = 3
"""How often a screen is drawn before its picture: what lies below a dialog is drawn a frame before it."""
BOTH_THEMES = {DARK.name: DARK.name, LIGHT.name: LIGHT.name}


class Pictures:
    """The pictures of one test; each has a name, which is in the name of its file."""

    def __init__(self, snapshot: Any, node: Any) -> None:
        self._snapshot = snapshot.use_extension(SVGImageExtension)
        self._node = node

    async def compare(
        self,
        pilot: Pilot[Any],
        sizes: Mapping[str, Size],
        themes: Mapping[str, str] | None = None,
        *,
        name: str = "",
        settled: Callable[[Pilot[Any]], Awaitable[object]] | None = None,
    ) -> None:
        """Fail if the app looks otherwise than in its pictures, in any size and theme.

        The name of a picture is ``name`` of the names of its size and theme; ``settled`` waits until nothing
        moves.
        """
        app = pilot.app
        name = name or ("{size}-{theme}" if themes else "{size}")
        differences = []
        # A change of the theme costs more than a picture: begin with the theme that the app has.
        in_turn = sorted((themes or {"": app.theme}).items(), key=lambda each: each[1] != app.theme)
        for theme, theme_name in in_turn:
            app.theme = theme_name
            for size, (width, height) in sizes.items():
                if app.size != (width, height):
                    await pilot.resize_terminal(width, height)
                await (settled(pilot) if settled else pilot.pause())
                for _ in range(FRAMES):
                    await pilot.pause()
                picture = name.format(size=size, theme=theme)
                if not self._is_same(picture, app.export_screenshot(title=app.title, simplify=True)):
                    differences.append(picture)
        assert not differences, f"These pictures differ: {', '.join(differences)}"

    def _is_same(self, name: str, svg: str) -> bool:
        is_same: bool = self._snapshot(name=name) == svg
        result = self._snapshot.executions[self._snapshot.num_executions - 1]
        console = Console(legacy_windows=False, force_terminal=True)
        path, line, test = self._node.reportinfo()
        report = (
            is_same,
            str(result.final_data),
            svg,
            PseudoApp(PseudoConsole(legacy_windows=False, size=console.size)),
            path,
            line,
            f"{test}[{name}]",
            inspect.getdoc(self._node.function) or "",
            "",
            result.final_data is not None,
        )
        file = node_to_report_path(self._node)
        file.with_name(f"{file.name}_{name}").write_bytes(pickle.dumps(report))
        return is_same


@pytest.fixture
def pictures(snapshot: Any, request: pytest.FixtureRequest) -> Pictures:
    """Compare an app with its pictures."""
    return Pictures(snapshot, request.node)
