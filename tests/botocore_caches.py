"""What botocore works out anew for each session and client, remembered for all tests.

The tests make thousands of sessions, clients and AWS CLI drivers in one process. Half of the CPU time of each
goes into values that depend on the service or on a function alone.
"""

from __future__ import annotations

import copy
import os
import urllib.request
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from botocore import hooks, useragent, utils
from botocore.client import ClientCreator
from botocore.session import Session

from cloud_audit_tui import kept_file
from once_a_run import run_directory
from shared_handlers import code_of, share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.model import ServiceModel


@pytest.fixture(scope="session", autouse=True)
def botocore_remembers(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[None]:
    """Remember names of events, handlers, their signatures, methods of clients, proxies, words, files."""
    directory = run_directory(tmp_path_factory, pytestconfig) / "kept"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept_file, "root_directory", lambda: directory)
        share(patch)
        words = cache(useragent.sanitize_user_agent_string_component)
        patch.setattr(useragent, "sanitize_user_agent_string_component", words)
        patch.setattr(hooks, "accepts_kwargs", _once_for_each_function(hooks.accepts_kwargs))
        patch.setattr(ClientCreator, "_create_methods", _once_for_each_service(ClientCreator._create_methods))
        patch.setattr(
            Session, "_register_builtin_handlers", _once_for_each_table(Session._register_builtin_handlers)
        )
        if urllib.request.getproxies is urllib.request.getproxies_environment:
            proxies = _once_for_each_environment(urllib.request.getproxies)
            patch.setattr(urllib.request, "getproxies_environment", proxies)
            patch.setattr(utils, "getproxies", proxies)
        yield


def _once_for_each_function(accepts: Callable[[Any], Any]) -> Callable[[Any], Any]:
    accepted: dict[Any, Any] = {}

    def remembered(handler: Any) -> Any:
        code = code_of(handler)
        if code is None:
            return accepts(handler)
        if code not in accepted:
            accepted[code] = accepts(handler)
        return accepted[code]

    return remembered


def _once_for_each_service(create: Callable[..., Any]) -> Callable[..., Any]:
    members: dict[tuple[type, str, tuple[str, ...]], Any] = {}

    def remembered(creator: ClientCreator, model: ServiceModel) -> Any:
        key = (type(creator), model.service_name, tuple(model.operation_names))
        if key not in members:
            members[key] = create(creator, model)
        return dict(members[key])

    return remembered


def _once_for_each_table(register: Callable[..., None]) -> Callable[..., None]:
    tables: dict[type, Any] = {}

    def remembered(session: Session, events: Any) -> None:
        table = events._emitter
        if table._handlers._root["children"]:
            register(session, events)
        elif (ready := tables.get(type(table))) is not None:
            vars(table).update(vars(copy.copy(ready)))
        else:
            register(session, events)
            tables[type(table)] = copy.copy(table)

    return remembered


def _once_for_each_environment(proxies: Callable[[], dict[str, str]]) -> Callable[[], dict[str, str]]:
    """Remember the proxies by the bytes of the environment: to read its texts is most of the work."""
    by_environment: dict[frozenset[Any], dict[str, str]] = {}

    def remembered() -> dict[str, str]:
        key = frozenset(getattr(os.environ, "_data", os.environ).items())
        if key not in by_environment:
            by_environment.clear()
            by_environment[key] = proxies()
        return dict(by_environment[key])

    return remembered
