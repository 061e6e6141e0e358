"""The event hooks of a client: those of its session for its service, cheap to copy and to call.

For each client, botocore copies the hooks of all services, 375 nodes of a tree, and searches all aliases for
each new event name. Both depend on the service alone.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from aiobotocore.hooks import AioHierarchicalEmitter
from botocore.hooks import EVENT_ALIASES, EventAliaser

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

_NOT_CALLS = frozenset({"docs", "building-command-table", "building-argument-table"})
"""First parts of events that concern documentation and the AWS CLI."""
_ORDER = {alias: position for position, alias in enumerate(EVENT_ALIASES)}
_DOTTED = tuple(alias for alias in EVENT_ALIASES if "." in alias)
_names: dict[str, str] = {}
"""Event names without aliases by the original names, for all clients of this process."""


class ServiceHooks(AioHierarchicalEmitter):  # type: ignore[misc]
    """Calls handlers as aiobotocore does, with less work for each of them."""

    async def _emit(self, event_name: str, kwargs: dict[str, Any], stop_on_response: bool = False) -> Any:
        handlers = self._lookup_cache.get(event_name)
        if handlers is None:
            handlers = self._lookup_cache[event_name] = self._handlers.prefix_search(event_name)
        responses: list[tuple[Any, Any]] = []
        if not handlers:
            return responses
        kwargs["event_name"] = event_name
        for handler in handlers:
            response = handler(**kwargs)
            if response is not None and inspect.isawaitable(response):
                response = await response
            responses.append((handler, response))
            if stop_on_response and response is not None:
                break
        return responses

    def _verify_accept_kwargs(self, func: Callable[..., Any]) -> None:
        code = getattr(func, "__code__", None)
        if code is None or not code.co_flags & inspect.CO_VARKEYWORDS:
            super()._verify_accept_kwargs(func)


class ServiceEvents(EventAliaser):  # type: ignore[misc]
    """Translates each event name once for all clients."""

    def _alias_event_name(self, event_name: str) -> str:
        name = _names.get(event_name)
        if name is None:
            name = _names[event_name] = _alias(event_name)
        return name


def service_events(session_events: EventAliaser, names: Collection[str]) -> ServiceEvents:
    """Return a copy of a session's hooks with those handlers that a service's clients can reach.

    ``names`` are the names of the service in the second part of event names, so no branch for another service
    is visited.
    """
    source = session_events._emitter
    hooks = ServiceHooks()
    hooks._handlers._root = _pruned(source._handlers._root, frozenset(names))
    hooks._unique_id_handlers = {key: dict(item) for key, item in source._unique_id_handlers.items()}
    return ServiceEvents(hooks)


def _pruned(root: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    children = {}
    for first, node in root["children"].items():
        if first in _NOT_CALLS:
            continue
        branches = {
            second: _copy(child)
            for second, child in node["children"].items()
            if second == "*" or second in names
        }
        if branches or node["values"]:
            children[first] = {**_copy({**node, "children": {}}), "children": branches}
    return {**_copy({**root, "children": {}}), "children": children}


def _copy(node: dict[str, Any]) -> dict[str, Any]:
    values = node["values"]
    return {
        "chunk": node["chunk"],
        "values": values.__copy__() if values is not None else None,
        "children": {part: _copy(child) for part, child in node["children"].items()},
    }


def _alias(event_name: str) -> str:
    """Return an event name with the first alias that occurs in it replaced, in botocore's order."""
    parts = event_name.split(".")
    candidates = [part for part in parts if part in _ORDER]
    candidates += [alias for alias in _DOTTED if alias in event_name]
    if not candidates:
        return event_name
    old = min(candidates, key=_ORDER.__getitem__)
    # botocore's own code replaces the one that applies.
    return str(EventAliaser(None, {old: EVENT_ALIASES[old]})._alias_event_name(event_name))
