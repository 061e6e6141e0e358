"""moto as a WSGI application, its SageMaker and EC2 replaced by ours."""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

_OURS = {"sagemaker": "cloud_audit_tui.demo.sagemaker", "ec2": "cloud_audit_tui.demo.ec2"}


class QuietRequestHandler(MotoRequestHandler):  # type: ignore[misc]  # moto has no types that mypy sees
    """Writes no line for a request that was answered."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write nothing."""


class _Dispatcher(DomainDispatcherApplication):  # type: ignore[misc]  # moto has no types that mypy sees
    """Finds the service of a request without listing moto's directory for each, which takes 3 ms."""

    def __init__(self, create_app: Any) -> None:
        super().__init__(create_app)
        self.get_backend_for_host = functools.cache(super().get_backend_for_host)


def application() -> WSGIApplication:
    """Return moto; each of its services is imported when it is first asked."""
    made: WSGIApplication = _Dispatcher(_service_application)
    return made


def _service_application(service: str) -> Any:
    if service in _OURS:
        importlib.import_module(_OURS[service]).install()
    return create_backend_app(service)
