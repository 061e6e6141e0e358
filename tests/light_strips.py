"""Strips without caches that nobody uses, and widgets that are asked only for what they handle.

A strip of Textual makes seven caches for what may be made of it, and most strips are drawn once. A cache of
two colors keeps the last thousand widgets with all their strips, which fill the memory of a run and are
looked through by each collection of garbage. Each message is looked for in each class of its receiver, of
which most have no handler.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from textual._styles_cache import StylesCache
from textual.cache import FIFOCache
from textual.message import Message
from textual.message_pump import MessagePump
from textual.strip import Strip
from textual.style import Style

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pytest
    from rich.segment import Segment
    from textual.color import Color

_CACHE_SIZES = {
    "_divide_cache": 4,
    "_crop_cache": 16,
    "_style_cache": 16,
    "_filter_cache": 4,
    "_line_length_cache": 4,
    "_crop_extend_cache": 4,
    "_offsets_cache": 4,
}
"""How many entries each cache of a strip has."""


def lighten(patch: pytest.MonkeyPatch) -> None:
    """Let strips make a cache when it is asked for, and find at once where there is no handler."""
    patch.setattr(Strip, "__init__", _init_strip)
    patch.setattr(Strip, "__getattr__", _make_cache, raising=False)
    patch.setattr(StylesCache, "get_inner_outer", staticmethod(_inner_and_outer))
    patch.setattr(MessagePump, "_get_dispatch_methods", _quick_search(MessagePump._get_dispatch_methods))


def _init_strip(strip: Any, segments: Iterable[Segment], cell_length: int | None = None) -> None:
    strip._segments = list(segments)
    strip._cell_length = cell_length
    strip._render_cache = strip._link_ids = strip._cell_count = None


def _make_cache(strip: Strip, name: str) -> FIFOCache[Any, Any]:
    """Return a cache that the strip does not have yet; Python asks for it when a slot is empty."""
    if name not in _CACHE_SIZES:
        raise AttributeError(name)
    cache: FIFOCache[Any, Any] = FIFOCache(_CACHE_SIZES[name])
    setattr(strip, name, cache)
    return cache


@lru_cache(1024)
def _inner_and_outer(base_background: Color, background: Color) -> tuple[Style, Style]:
    return Style(background=base_background + background), Style(background=base_background)


def _quick_search(search: Callable[..., Iterable[Any]]) -> Callable[..., Iterable[Any]]:
    """Return a `MessagePump._get_dispatch_methods` that looks once through the classes of a receiver.

    Textual goes on to look itself where a handler is for some senders only.
    """
    handlers_of: dict[tuple[type, str, type], list[tuple[type, Any]] | None] = {}

    def methods(pump: MessagePump, method_name: str, message: Message) -> Iterable[Any]:
        key = type(pump), method_name, type(message)
        if key not in handlers_of:
            handlers_of[key] = _handlers(*key)
        handlers = handlers_of[key]
        if handlers is None:
            return search(pump, method_name, message)
        return _bound(handlers, pump, message) if handlers else ()

    return methods


def _bound(handlers: list[tuple[type, Any]], pump: MessagePump, message: Message) -> Iterator[Any]:
    for each, handler in handlers:
        if message._no_default_action:
            return
        yield each, handler.__get__(pump, each)


def _handlers(receiver: type, method_name: str, message: type[Message]) -> list[tuple[type, Any]] | None:
    """Return the handlers by name in the order of the classes; None where one is decorated."""
    kinds = [kind for kind in message.__mro__ if issubclass(kind, Message)]
    handlers = []
    for each in receiver.__mro__:
        decorated = each.__dict__.get("_decorated_handlers") or {}
        if any(kind in decorated for kind in kinds):
            return None
        handler = each.__dict__.get(f"_{method_name}") or each.__dict__.get(method_name)
        if handler is not None and not getattr(handler, "_textual_on", None):
            handlers.append((each, handler))
    return handlers
