"""Rich resources: those of the faults, with every optional setting that the embedded AWS holds.

A module for each group of services adds arguments to the calls that make a resource, and sets afterwards what
no such call takes. A fault that *is* a missing setting stays so. A new module needs no entry anywhere.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from closed_loop.account import Account

Arguments = dict[str, Any]

ARGUMENTS: dict[tuple[str, str], Callable[[Account, Mapping[str, Any]], Arguments]] = {}
"""Functions that return further arguments of an operation, from the account and the call's own arguments."""
_ENRICHERS: list[Callable[[Account], None]] = []

TAGS = {"team": "payments", "cost-center": "4711"}
KEYED_TAGS = [{"Key": key, "Value": value} for key, value in TAGS.items()]
SMALL_TAGS = [{"key": key, "value": value} for key, value in TAGS.items()]


def arguments(service: str, operation: str, **always: Any) -> None:
    """Add arguments to the calls of an operation; ``service`` is the ID of the service with hyphens."""
    ARGUMENTS[service, operation] = lambda _account, _arguments: always


def enricher(set_more: Callable[[Account], None]) -> Callable[[Account], None]:
    """Add a function that sets further settings of an account's resources."""
    _ENRICHERS.append(set_more)
    return set_more


def add_arguments(account: Account, client: Any) -> None:
    """Add the arguments for rich resources to the calls of a client that lack them."""
    service = client.meta.service_model.service_id.hyphenize()
    for (made_by, operation), more in ARGUMENTS.items():
        if made_by == service:
            client.meta.events.register(f"provide-client-params.{service}.{operation}", _with(account, more))


def _with(account: Account, more: Callable[[Account, Mapping[str, Any]], Arguments]) -> Callable[..., Any]:
    def add(params: Arguments, **_: Any) -> Arguments:
        extra = more(account, params)
        # The keys of a table and their types belong together.
        return params | extra if "KeySchema" in extra else extra | params

    return add


def enrich(account: Account) -> None:
    """Set on every resource of the account what the call that makes it does not take."""
    for set_more in _ENRICHERS:
        set_more(account)


for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
