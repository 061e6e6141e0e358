"""Copies of botocore's table of event handlers that share what neither of the two changes.

botocore copies the table of a session for each client, and that of the AWS CLI has a thousand nodes: this is
most of the time that a client takes. Here a table copies the nodes on the way to what it changes, and all
tables share the names of events that botocore works out.
"""

from __future__ import annotations

import copy
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore import hooks

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

_Trie = hooks._PrefixTrie
_remove_item = _Trie.remove_item


def share(patch: pytest.MonkeyPatch | None = None) -> None:
    """Let the tables share, until ``patch`` is undone where one is given."""
    put = setattr if patch is None else patch.setattr
    put(_Trie, "__copy__", _copied)
    put(_Trie, "append_item", _append_item)
    put(_Trie, "remove_item", _remove_own_item)
    put(hooks.EventAliaser, "__init__", _with_shared_names(hooks.EventAliaser.__init__))


def code_of(handler: Any) -> Any:
    """Return the code that says which arguments a handler takes, ``None`` where it is none of Python's."""
    while isinstance(handler, partial):
        handler = handler.func
    return getattr(handler, "__code__", None) or getattr(type(handler).__call__, "__code__", None)


def _copied(trie: Any) -> Any:
    """Return a table with the same nodes, none of which either may change from now on."""
    other = type(trie)()
    other._root = trie._root
    trie._owner, other._owner = object(), object()
    return other


def _own(trie: Any, node: dict[str, Any]) -> dict[str, Any]:
    """Return a node that only this table has: the node itself or a copy of it."""
    owner = trie.__dict__.setdefault("_owner", None)
    if node.get("owner") is owner:
        return node
    values = copy.copy(node["values"])
    return {"chunk": node["chunk"], "children": dict(node["children"]), "values": values, "owner": owner}


def _append_item(trie: Any, key: str, value: Any, section: int = hooks._MIDDLE) -> None:
    current = trie._root = _own(trie, trie._root)
    for part in key.split("."):
        children = current["children"]
        new = {"chunk": part, "children": {}, "values": None, "owner": trie.__dict__.get("_owner")}
        current = children[part] = _own(trie, children.get(part, new))
    if current["values"] is None:
        current["values"] = hooks.NodeList([], [], [])
    current["values"][section].append(value)


def _remove_own_item(trie: Any, key: str, value: Any) -> None:
    current = trie._root = _own(trie, trie._root)
    for part in key.split("."):
        children = current["children"]
        if part not in children:
            break
        current = children[part] = _own(trie, children[part])
    _remove_item(trie, key, value)


def _with_shared_names(init: Callable[..., None]) -> Callable[..., None]:
    shared: dict[str, str] = {}

    def initialized(aliaser: Any, emitter: Any, event_aliases: Any = None) -> None:
        init(aliaser, emitter, event_aliases)
        if aliaser._event_aliases == hooks.EVENT_ALIASES:
            aliaser._alias_name_cache = shared

    return initialized
