"""What Textual works out anew for each app, remembered, and no work for a terminal that is not there.

The tests open a thousand apps in one process, all with the same stylesheets. None of this changes what an app
does: each rule is applied, each widget that is to be drawn renders its lines once a test waits for them.
"""

from __future__ import annotations

from inspect import CO_VARARGS, CO_VARKEYWORDS, isfunction, ismethod
from typing import TYPE_CHECKING, Any

import pytest
from textual import _callback
from textual._compositor import Compositor
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

from applied_styles import remember_rules
from late_layout import lay_out_late
from late_painting import painting_later
from light_strips import lighten
from short_ways import shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session", autouse=True)
def textual_remembers(pytestconfig: pytest.Config) -> Iterator[None]:
    """Parse a stylesheet once, find the rules of a kind of widget once, paint what a test waits for.

    ``--plain-textual`` leaves all of it out.
    """
    if pytestconfig.getoption("--plain-textual"):
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", _parsed_once(Stylesheet._parse_rules))
        patch.setattr(Stylesheet, "parse", _joined_once(Stylesheet.parse))
        remember_rules(patch)
        lighten(patch)
        shorten(patch)
        lay_out_late(patch)
        # The same hash by identity, without a call of Python for each rule and each widget.
        patch.setattr(RuleSet, "__hash__", object.__hash__)
        patch.setattr(Compositor, "render_update", painting_later(Compositor.render_update))
        patch.setattr(_callback, "_count_parameters", _counted_at_once(_callback._count_parameters))
        yield


def _counted_at_once(count: Callable[[Any], int]) -> Callable[[Any], int]:
    """Return a `_count_parameters` that asks the code of a plain function, and not its signature."""

    def counted(callback: Any) -> int:
        if ismethod(callback):
            return counted(callback.__func__) - 1
        if not isfunction(callback) or "__signature__" in callback.__dict__:
            return count(callback)
        if "__wrapped__" in callback.__dict__:
            return counted(callback.__dict__["__wrapped__"])
        code = callback.__code__
        variadic = bool(code.co_flags & CO_VARARGS) + bool(code.co_flags & CO_VARKEYWORDS)
        return code.co_argcount + code.co_kwonlyargcount + variadic

    return counted


def _parsed_once(parse: Callable[..., Any]) -> Callable[..., Any]:
    parsed: dict[Any, Any] = {}

    def remembered(stylesheet: Any, *args: Any, **options: Any) -> Any:
        key = (_number_of_variables(stylesheet), args, tuple(options.items()))
        if key not in parsed:
            parsed[key] = parse(stylesheet, *args, **options)
        return parsed[key]

    return remembered


def _joined_once(parse: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return a `Stylesheet.parse` that remembers sources: each new kind of widget adds one."""
    joined: dict[Any, Any] = {}

    def remembered(stylesheet: Any) -> None:
        key = _number_of_variables(stylesheet), tuple(stylesheet.source.items())
        if key not in joined:
            parse(stylesheet)
            joined[key] = stylesheet._rules
        stylesheet._rules = joined[key]
        stylesheet._require_parse = False
        stylesheet._rules_map = None

    return remembered


_numbers: dict[frozenset[tuple[str, str]], int] = {}
"""The numbers of the variables that stylesheets had."""


def _number_of_variables(stylesheet: Any) -> int:
    """Return a number that the same variables share."""
    variables = stylesheet._variables
    entry: tuple[Any, int] = stylesheet.__dict__.get("_number_of_variables", (None, 0))
    if entry[0] is not variables:
        number = _numbers.setdefault(frozenset(variables.items()), len(_numbers))
        entry = stylesheet._number_of_variables = variables, number
    return entry[1]
