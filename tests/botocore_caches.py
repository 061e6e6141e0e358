"""What botocore works out anew for each session and client, remembered for all tests.

The tests make thousands of sessions, clients and AWS CLI drivers in one process. Half of the CPU time of each
goes into values that depend on the service or on a function alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore import hooks
from botocore.client import ClientCreator

from cloud_audit_tui import kept_file
from shared_handlers import code_of, share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.model import ServiceModel


@pytest.fixture(scope="session", autouse=True)
def botocore_remembers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Remember names of events, signatures of handlers, methods of clients, and what files keep."""
    directory = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept_file, "root_directory", lambda: directory)
        share(patch)
        patch.setattr(hooks, "accepts_kwargs", _once_for_each_function(hooks.accepts_kwargs))
        patch.setattr(ClientCreator, "_create_methods", _once_for_each_service(ClientCreator._create_methods))
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
