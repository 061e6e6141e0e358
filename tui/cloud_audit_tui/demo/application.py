"""moto as a WSGI application, with extensions for some of its services."""

from __future__ import annotations

import functools
import importlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.session
from moto.core import responses, utils
from moto.core.loaders import Loader, moto_root
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.routing import Rule

from cloud_audit_tui.quick_file_loader import QuickFileLoader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from wsgiref.types import WSGIApplication

_MODELS = Path(__file__).parents[1] / "aws" / "models"
_OURS = {
    "backup": "moto_patches.backup",
    "bedrock": "moto_patches.bedrock",
    "bedrockagentcorecontrol": "moto_patches.agentcore",
    "dynamodb": "moto_patches.dynamodb",
    "ec2": "ec2",
    "ecs": "moto_patches.ecs",
    "efs": "moto_patches.efs",
    "guardduty": "moto_patches.guardduty",
    "kms": "moto_patches.kms",
    "logs": "moto_patches.logs",
    "sagemaker": "sagemaker",
    "securityhub": "moto_patches.securityhub",
    "ssm": "moto_patches.ssm",
}
"""The demo modules that extend a service, by moto's service name."""


class QuietRequestHandler(MotoRequestHandler):  # type: ignore[misc]  # moto has no types that mypy sees
    """Does not log successful requests."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""


class _Dispatcher(DomainDispatcherApplication):  # type: ignore[misc]  # moto has no types that mypy sees
    """Caches the service of a host: moto lists its directory for each request, which takes 3 ms."""

    def __init__(self, create_app: Any) -> None:
        super().__init__(create_app)
        self.get_backend_for_host = functools.cache(super().get_backend_for_host)


class _Loader(Loader):  # type: ignore[misc]  # moto has no types that mypy sees
    """Loads moto's models, with the AWS members that the scanner adds to botocore's models."""

    def _find_extras(self, service_name: str, type_name: str, api_version: str) -> Iterator[Any]:
        yield from super()._find_extras(service_name, type_name, api_version)
        extras = _MODELS / service_name / api_version / f"{type_name}.sdk-extras.json"
        if extras.exists():
            yield json.loads(extras.read_text(encoding="utf-8"))


_compile_builder = Rule._compile_builder


def _compile_builder_when_called(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    """Return the function that builds the URLs of a rule, which is compiled when it is called."""
    compiled = functools.cache(functools.partial(_compile_builder, rule, append_unknown))

    def build(*arguments: Any, **values: Any) -> tuple[str, str]:
        return compiled()(*arguments, **values)

    return build


def application() -> WSGIApplication:
    """Return moto; each service is imported on its first request."""
    # moto creates a loader for each service and again for its regions, and each reads the same models and
    # endpoints, which takes some 30 ms.
    loader = _Loader(extra_search_paths=[moto_root], file_loader=QuickFileLoader())
    botocore.session.create_loader = lambda search_path_string=None: loader
    utils.create_loader = lambda: loader
    # moto looks for the operations of a service again for each request, which takes a tenth of its time.
    responses.method_names_from_class = functools.cache(utils.method_names_from_class)
    # moto makes a session, which registers every handler of botocore, for the first error of each service.
    utils.Session = functools.cache(utils.Session)
    # moto matches URLs and builds none; to compile what builds them is half of the time of its routes.
    Rule._compile_builder = _compile_builder_when_called  # type: ignore[method-assign, assignment]
    dispatcher: WSGIApplication = _Dispatcher(_service_application)
    return dispatcher


def _service_application(service: str) -> Any:
    if service in _OURS:
        importlib.import_module(f"cloud_audit_tui.demo.{_OURS[service]}").install()
    return create_backend_app(service)
