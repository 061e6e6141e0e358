"""The AWS CLI with everything in memory that is the same for every call of a command.

What is made here depends on the CLI and on botocore's models alone, and never on a caller's environment.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

import awscli.clidriver
import botocore.session
from botocore import hooks
from botocore.client import ClientCreator
from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.loaders import create_loader

from cloud_audit_tui.aws.service_models import MODELS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_KINDS = ("service-2", "paginators-1", "waiters-2", "endpoint-rule-set-1")


class WarmCli:
    """The driver of the AWS CLI, which forks use with an environment of their own."""

    def __init__(self, data_path: str) -> None:
        self._loader = create_loader(os.pathsep.join((data_path, str(MODELS))))
        botocore.session.create_loader = lambda _search_path=None: self._loader
        _remember()
        self._driver = awscli.clidriver.create_clidriver()
        awscli.clidriver.create_clidriver = lambda: self._driver
        self._loader.list_available_services("service-2")
        self._known: set[str] = set()
        parser = self._driver._create_parser(self._commands)
        self._driver._create_parser = lambda _commands: parser
        self.warm(["sts", "get-caller-identity"])

    @cached_property
    def _commands(self) -> dict[str, Any]:
        commands: dict[str, Any] = self._driver._get_command_table()
        return commands

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

    def _forget_environment(self) -> None:
        """Let each fork read its own configuration."""
        session = self._driver.session
        session._config = session._profile = session._profile_map = session._credentials = None


def _remember() -> None:
    """Let botocore keep what it works out anew for each client of a service."""
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
