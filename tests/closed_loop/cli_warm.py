"""The AWS CLI with everything in memory that is the same for every call of a command.

What is kept here depends on the CLI and on botocore's models alone, and never on a caller's environment: what
a call adds to the driver and its session is forgotten after it.
"""

from __future__ import annotations

import copy
import os
from contextlib import contextmanager, suppress
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import awscli.clidriver
import botocore.session
from awscli.clidriver import ServiceOperation
from botocore import hooks, httpsession
from botocore.client import ClientCreator
from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.loaders import create_loader

from cloud_audit_tui.aws.service_models import MODELS
from shared_handlers import share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_WORDS = 2
"""How many words name an operation of a service."""
_KINDS = ("service-2", "paginators-1", "waiters-2", "endpoint-rule-set-1")


class WarmCli:
    """The driver of the AWS CLI, which forks use with an environment of their own."""

    def __init__(self, data_path: str) -> None:
        self._loader = create_loader(os.pathsep.join((data_path, str(MODELS))))
        botocore.session.create_loader = lambda _search_path=None: self._loader
        _remember()
        self._note_clients()
        self._driver = awscli.clidriver.create_clidriver()
        awscli.clidriver.create_clidriver = lambda: self._driver
        self._loader.list_available_services("service-2")
        self._known: set[str] = set()
        self._clients: list[Any] = []
        parser = self._driver._create_parser(self._commands)
        self._driver._create_parser = lambda _commands: parser
        self.warm(["sts", "get-caller-identity"])

    @cached_property
    def _commands(self) -> dict[str, Any]:
        commands: dict[str, Any] = self._driver._get_command_table()
        return commands

    def is_plain(self, arguments: Sequence[str]) -> bool:
        """Say whether a call is an operation of a service that reads nothing from its caller's streams."""
        if {"-", "help", "--debug"} & set(arguments) or any("/dev/" in word for word in arguments):
            return False
        return type(self._operation(arguments)) is ServiceOperation

    @contextmanager
    def fresh(self, arguments: Sequence[str]) -> Iterator[None]:
        """Forget afterwards what a plain call leaves in the driver, the session and the operation."""
        session, operation = self._driver.session, self._operation(arguments)
        locators = (session._components, session._internal_components)
        # Plugins of the CLI hold the emitter itself, so it is given other handlers.
        emitter = session._events._emitter
        kept = [(held, dict(vars(held))) for held in (self._driver, session, emitter, *locators)]
        for locator in locators:
            vars(locator).update({name: dict(held) for name, held in vars(locator).items()})
        session._session_instance_vars = dict(session._session_instance_vars)
        emitter._handlers = copy.copy(emitter._handlers)
        emitter._unique_id_handlers = copy.copy(emitter._unique_id_handlers)
        try:
            yield
        finally:
            for held, attributes in kept:
                vars(held).clear()
                vars(held).update(attributes)
            operation._arg_table = None
            while self._clients:
                self._clients.pop().close()

    def _operation(self, arguments: Sequence[str]) -> Any:
        command = self._commands.get(arguments[0] if arguments else "")
        if len(arguments) < _WORDS or not getattr(command, "_service_name", ""):
            return None
        return command._get_command_table().get(arguments[1])

    def warm(self, arguments: Sequence[str]) -> None:
        """Make what each call of the service needs, so that no fork has to."""
        command = self._commands.get(arguments[0] if arguments else "")
        service = getattr(command, "_service_name", "")
        if service and service not in self._known:
            self._known.add(service)
            self._make(command, service)
            self._forget_environment()

    def _make(self, command: Any, service: str) -> None:
        for kind in _KINDS:
            with suppress(DataNotFoundError):
                self._loader.load_service_model(service, kind)
        # Not the arguments of an operation: some add handlers that other operations would meet.
        command._get_command_table()
        with suppress(UnknownServiceError):
            self._driver.session.create_client(
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

    def _forget_environment(self) -> None:
        """Let each fork read its own configuration."""
        session = self._driver.session
        session._config = session._profile = session._profile_map = session._credentials = None


def _remember() -> None:
    """Let botocore keep what it works out anew for each client of a service."""
    share()
    # It is for TLS, which the embedded AWS does not have.
    httpsession.create_urllib3_context = cache(httpsession.create_urllib3_context)
    hooks.accepts_kwargs = _once(hooks.accepts_kwargs, lambda function: getattr(function, "__code__", None))
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
