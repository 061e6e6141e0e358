"""What Textual works out anew for each app, remembered, and no work for a terminal that is not there.

The tests open a thousand apps in one process, all with the same stylesheets. None of this changes what an app
does: each rule is applied, each widget that is to be drawn renders its lines.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import pytest
from textual._compositor import Compositor
from textual._context import visible_screen_stack
from textual.css.model import RuleSet
from textual.css.styles import Styles
from textual.css.stylesheet import Stylesheet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session", autouse=True)
def textual_remembers() -> Iterator[None]:
    """Parse a stylesheet once, refresh a widget once for all its new styles, compose no unseen frame."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", _parsed_once(Stylesheet._parse_rules))
        patch.setattr(Stylesheet, "replace_rules", _refreshing_once(Stylesheet.replace_rules))
        # The same hash by identity, without a call of Python for each rule and each widget.
        patch.setattr(RuleSet, "__hash__", object.__hash__)
        patch.setattr(Compositor, "render_update", _without_a_terminal(Compositor.render_update))
        yield


def _parsed_once(parse: Callable[..., Any]) -> Callable[..., Any]:
    parsed: dict[Any, Any] = {}
    variables: dict[frozenset[tuple[str, str]], int] = {}

    def remembered(stylesheet: Any, *args: Any, **options: Any) -> Any:
        number = variables.setdefault(frozenset(stylesheet._variables.items()), len(variables))
        key = (number, args, tuple(options.items()))
        if key not in parsed:
            parsed[key] = parse(stylesheet, *args, **options)
        return parsed[key]

    return remembered


def _refreshing_once(replace: Callable[..., None]) -> Any:
    def replaced(_cls: type[Stylesheet], node: Any, rules: Any, animate: bool = False) -> None:
        base = node.styles.base
        wanted: dict[tuple[tuple[str, bool], ...], None] = {}
        base.refresh = lambda **options: wanted.setdefault(tuple(options.items()))
        try:
            replace(node, rules, animate)
        finally:
            del base.refresh
        for options in wanted:
            Styles.refresh(base, **dict(options))

    return classmethod(replaced)


def _without_a_terminal(update: Callable[..., Any]) -> Callable[..., Any]:
    def updated(compositor: Any, full: bool = False, **options: Any) -> Any:
        """Compose a picture for whoever asks for one; else let the widgets in what has changed render."""
        if full:
            return update(compositor, full, **options)
        visible_screen_stack.set(options.get("screen_stack") or [])
        screen = compositor.size.region
        dirty = compositor._dirty_regions.copy()
        compositor._dirty_regions.clear()
        if dirty:
            crop = screen if screen in dirty else screen.from_union(dirty).intersection(screen)
            deque(compositor._get_renders(crop), maxlen=0)
        return None

    return updated
