"""The AWS CLI with everything in memory that is the same for every call of a command.

The kept objects depend on the CLI and on botocore's models alone, and never on a caller's environment: what a
call adds to the driver and its session is removed after the call.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import awscli.clidriver
import botocore.session
from botocore import hooks, httpsession, regions, useragent
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
    """The driver of the AWS CLI, which each fork uses with its own environment."""

    def __init__(self, data_path: str) -> None:
        self._loader = create_loader(os.pathsep.join((data_path, str(MODELS))))
        botocore.session.create_loader = lambda _search_path=None: self._loader
        _keep_results()
        self._keep_clients()
        driver = awscli.clidriver.create_clidriver()
        awscli.clidriver.create_clidriver = lambda: driver
        self._loader.list_available_services("service-2")
        self._kept_driver = KeptDriver(driver)
        self._services: set[str] = set()
        self._clients: list[Any] = []
        self.warm(["sts", "get-caller-identity"])

    def is_plain(self, arguments: Sequence[str]) -> bool:
        """Say whether a call is an operation of a service that reads nothing from its caller's streams."""
        if {"-", "help", "--debug"} & set(arguments) or any("/dev/" in word for word in arguments):
            return False
        return self._kept_driver.operation(arguments) is not None

    @contextmanager
    def fresh(self, arguments: Sequence[str]) -> Iterator[None]:
        """Remove after a plain call what it added, and close its connections."""
        try:
            with self._kept_driver.fresh(self._kept_driver.operation(arguments)):
                session = self._kept_driver.driver.session
                session.get_scoped_config = _once_for_each_profile(session)
                yield
        finally:
            while self._clients:
                self._clients.pop().close()

    def warm(self, arguments: Sequence[str]) -> None:
        """Load what each call of the service needs, so that no fork has to load it."""
        command = self._kept_driver.commands.get(arguments[0] if arguments else "")
        service = getattr(command, "_service_name", "")
        if service and service not in self._services:
            self._services.add(service)
            self._make(command, service)
            self._kept_driver.forget_environment()

    def _make(self, command: Any, service: str) -> None:
        for kind in _KINDS:
            with suppress(DataNotFoundError):
                self._loader.load_service_model(service, kind)
        # Not the arguments of an operation: some add handlers that would run for other operations.
        command._get_command_table()
        with suppress(UnknownServiceError):
            self._kept_driver.driver.session.create_client(
                service,
                region_name="us-east-1",
                aws_access_key_id="none",
                aws_secret_access_key="none",
            ).close()

    def _keep_clients(self) -> None:
        create = ClientCreator.create_client

        def create_and_keep(*arguments: Any, **options: Any) -> Any:
            client = create(*arguments, **options)
            self._clients.append(client)
            return client

        ClientCreator.create_client = create_and_keep


def _keep_results() -> None:
    """Let botocore keep the results that it computes again for each client of a service."""
    share()
    # The context is for TLS, which the embedded AWS does not have.
    httpsession.create_urllib3_context = cache(httpsession.create_urllib3_context)
    useragent.sanitize_user_agent_string_component = lru_cache(useragent.sanitize_user_agent_string_component)
    # The loader keeps the rules of a service, so they are the same object for each client.
    regions.EndpointProvider = _once(regions.EndpointProvider, lambda *, ruleset_data, **_: id(ruleset_data))
    hooks.accepts_kwargs = _once(hooks.accepts_kwargs, code_of)
    ClientCreator._create_client_class = _once(
        ClientCreator._create_client_class, lambda _creator, name, _model: name
    )
    ClientCreator._load_service_model = _once(
        ClientCreator._load_service_model, lambda _creator, name, version=None: (name, version)
    )


def _once_for_each_profile(session: Any) -> Callable[[], Any]:
    """Return the method of a session that looks a profile up, for a call in which the environment stays.

    Each of some sixty settings asks for the profile, which takes an eighth of the time of a call.
    """
    find = session.get_scoped_config
    by_profile = cache(lambda _profile: find())
    return lambda: by_profile(session._session_instance_vars.get("profile"))


def _once(make: Callable[..., Any], key_of: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that keeps the results of another one, by a key that is not None."""
    results: dict[Any, Any] = {}

    def call_once(*arguments: Any, **options: Any) -> Any:
        key = key_of(*arguments, **options)
        if key is None:
            return make(*arguments, **options)
        if key not in results:
            results[key] = make(*arguments, **options)
        return results[key]

    return call_once
