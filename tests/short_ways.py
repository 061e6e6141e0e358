"""What Textual looks up at each step of an app, by the shortest way to the same answer.

An app that opens asks ten thousand times for a rule, a reactive value or a parent, and lays itself out again
to learn what it has just laid out.
"""

from __future__ import annotations

from contextlib import nullcontext, suppress
from inspect import isawaitable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from textual import app, dom, message_pump, screen, timer, widget
from textual._callback import count_parameters
from textual._compositor import Compositor
from textual.css import match as matching
from textual.css import query
from textual.css.styles import RenderStyles
from textual.dom import DOMNode, NoScreen
from textual.message_pump import MessagePump
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import AwaitMount

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    import pytest
    from textual.css.model import SelectorSet


def shorten(patch: pytest.MonkeyPatch) -> None:
    """Let Textual go the short ways."""
    patch.setattr(RenderStyles, "get_rule", _rule)
    patch.setattr(RenderStyles, "has_rule", _has_rule)
    patch.setattr(Reactive, "__get__", _value_or(Reactive.__get__))
    patch.setattr(Reactive, "_initialize_object", _initializing(Reactive._initialize_object))
    patch.setattr(DOMNode, "screen", property(_screen))
    for module in (dom, message_pump, query, screen, widget):
        patch.setattr(module, "match", _matches)
    for module in (app, message_pump, screen, timer):
        patch.setattr(module, "invoke", _invoke)
    patch.setattr(AwaitMount, "__await__", _await_mount)
    patch.setattr(Compositor, "reflow", _reflowing_once(Compositor.reflow))
    patch.setattr(MessagePump, "prevent", _preventing(MessagePump.prevent))
    patch.setattr(message_pump, "log", _Silence())


_parent_of = attrgetter("_MessagePump__parent")
"""Returns the weak reference to the parent of a node."""


def _rule(styles: Any, name: str, default: object = None) -> object:
    inline = styles._inline_styles._rules
    return inline[name] if name in inline else styles._base_styles._rules.get(name, default)


def _has_rule(styles: Any, name: str) -> bool:
    return name in styles._inline_styles._rules or name in styles._base_styles._rules


def _value_or(get: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `Reactive.__get__` that gets at once what has a value and is not computed."""

    def value(reactive: Any, node: Any, node_type: Any = None) -> Any:
        try:
            stored = node.__dict__[reactive.internal_name]
        except (AttributeError, KeyError):
            return get(reactive, node, node_type)
        return get(reactive, node, node_type) if hasattr(node_type, reactive.compute_name) else stored

    return value


def _initializing(initialize: Callable[[Any], None]) -> Any:
    """Return a `Reactive._initialize_object` that sets at once what is neither computed nor watched."""
    plans: dict[type, list[tuple[str, str, Any, Any]]] = {}

    def initialized(_: type[Reactive[Any]], node: Any) -> None:
        values = node.__dict__
        if values.get("__watchers"):
            initialize(node)
            return
        plan = plans.get(type(node))
        if plan is None:
            plan = plans[type(node)] = [
                (name, each.internal_name, each._default, None if _is_plain(each, type(node)) else each)
                for name, each in node._reactives.items()
            ]
        for name, internal_name, default, reactive in plan:
            if internal_name in values:
                continue
            if reactive is None:
                values[internal_name] = default
            else:
                reactive._initialize_reactive(node, name)

    return classmethod(initialized)


def _is_plain(reactive: Any, node_type: type) -> bool:
    """Return whether a reactive value begins with its default, and nothing follows from that."""
    name = reactive.name
    names = (reactive.compute_name, f"watch_{name}", f"_watch_{name}")
    return not (
        any(hasattr(node_type, each) for each in names)
        or callable(reactive._default)
        or reactive._toggle_class is not None
    )


def _screen(node: Any) -> Screen[Any]:
    while not isinstance(node, Screen):
        parent = _parent_of(node)
        node = None if parent is None else parent()
        if node is None:
            raise NoScreen("node has no screen")
    return node


def _matches(selector_sets: Iterable[SelectorSet], node: DOMNode) -> bool:
    """Look first whether the node itself is what a selector ends with, which most are not."""
    return any(
        selectors.selectors[-1].check(node)
        and matching._check_selectors(selectors.selectors, node.css_path_nodes)
        for selectors in selector_sets
    )


async def _invoke(callback: Callable[..., Any], *arguments: object) -> Any:
    """Call with as many arguments as there are parameters; nobody debugs a slow callback here."""
    result = callback(*arguments[: count_parameters(callback)])
    return await result if result is not None and isawaitable(result) else result


def _await_mount(mount: Any) -> Generator[None, None, None]:
    async def mounted() -> None:
        """Wait for one widget after the other, which needs no task for each of them."""
        for each in mount._widgets:
            await each._mounted_event.wait()
        if mount._widgets:
            mount._parent.refresh(layout=True)
            with suppress(NoScreen):
                mount._parent.app._update_mouse_over(mount._parent.screen)

    return mounted().__await__()


def _reflowing_once(reflow: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `Compositor.reflow` after which the compositor knows that its map is of now."""

    def reflowed(compositor: Any, *args: Any) -> Any:
        result = reflow(compositor, *args)
        compositor._full_map_invalidated = False
        return result

    return reflowed


def _preventing(prevent: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `MessagePump.prevent` that does nothing where there is nothing to prevent."""
    nothing = nullcontext()

    def prevented(pump: Any, *message_types: Any) -> Any:
        return prevent(pump, *message_types) if message_types else nothing

    return prevented


class _Silence:
    """A log that nobody reads, whatever level is asked for."""

    def __getattr__(self, _level: str) -> _Silence:
        return self

    def __call__(self, *_: object, **__: object) -> _Silence:
        return self
