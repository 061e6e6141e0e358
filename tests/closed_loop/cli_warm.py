"""The AWS CLI with everything in memory that is the same for every call of a command.

What is kept here depends on the CLI and on botocore's models alone, and never on a caller's environment: what
a call adds to the driver and its session is forgotten after it.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any

import awscli.clidriver
import botocore.session
from botocore import hooks, httpsession
from botocore.client import ClientCreator
from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.loaders import create_loader

from aws_cli import KeptDriver
from cloud_audit_tui.aws.service_models import MODELS
from shared_handlers import code_of, share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_KINDS = ("service-2", "paginators-1", "waiters-2", "endpoint-rule-set-1")


class WarmCli:
    """The driver of the AWS CLI, which forks use with an environment of their own."""

    def __init__(self, data_path: str) -> None:
        self._loader = create_loader(os.pathsep.join((data_path, str(MODELS))))
        botocore.session.create_loader = lambda _search_path=None: self._loader
        _remember()
        self._note_clients()
        driver = awscli.clidriver.create_clidriver()
        awscli.clidriver.create_clidriver = lambda: driver
        self._loader.list_available_services("service-2")
        self._kept = KeptDriver(driver)
        self._known: set[str] = set()
        self._clients: list[Any] = []
        self.warm(["sts", "get-caller-identity"])

    def is_plain(self, arguments: Sequence[str]) -> bool:
        """Say whether a call is an operation of a service that reads nothing from its caller's streams."""
        if {"-", "help", "--debug"} & set(arguments) or any("/dev/" in word for word in arguments):
            return False
        return self._kept.operation(arguments) is not None

    @contextmanager
    def fresh(self, arguments: Sequence[str]) -> Iterator[None]:
        """Forget afterwards what a plain call leaves, and end its connections."""
        try:
            with self._kept.fresh(self._kept.operation(arguments)):
                yield
        finally:
            while self._clients:
                self._clients.pop().close()

    def warm(self, arguments: Sequence[str]) -> None:
        """Make what each call of the service needs, so that no fork has to."""
        command = self._kept.commands.get(arguments[0] if arguments else "")
        service = getattr(command, "_service_name", "")
        if service and service not in self._known:
            self._known.add(service)
            self._make(command, service)
            self._kept.forget_environment()

    def _make(self, command: Any, service: str) -> None:
        for kind in _KINDS:
            with suppress(DataNotFoundError):
                self._loader.load_service_model(service, kind)
        # Not the arguments of an operation: some add handlers that other operations would meet.
        command._get_command_table()
        with suppress(UnknownServiceError):
            self._kept.driver.session.create_client(
                service,
                region_name="us-east-1",
                aws_access_key_id="none",
                aws_secret_access_key="none",
            ).close()

    def _note_clients(self) -> None:
        create = ClientCreator.create_client

        def noted(*arguments: Any, **options: Any) -> Any:
            client = create(*arguments, **options)
            self._clients.append(client)
            return client

        ClientCreator.create_client = noted


def _remember() -> None:
    """Let botocore keep what it works out anew for each client of a service."""
    share()
    # It is for TLS, which the embedded AWS does not have.
    httpsession.create_urllib3_context = cache(httpsession.create_urllib3_context)
    hooks.accepts_kwargs = _once(hooks.accepts_kwargs, code_of)
    ClientCreator._create_client_class = _once(
        ClientCreator._create_client_class, lambda _creator, name, _model: name
    )
    ClientCreator._load_service_model = _once(
        ClientCreator._load_service_model, lambda _creator, name, version=None: (name, version)
    )


def _once(make: Callable[..., Any], key_of: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that keeps what another one returns, by a key that is not None."""
    known: dict[Any, Any] = {}

    def remembered(*arguments: Any) -> Any:
        key = key_of(*arguments)
        if key is None:
            return make(*arguments)
        if key not in known:
            known[key] = make(*arguments)
        return known[key]

    return remembered
