"""The AWS CLI in a process of the tests: on newer versions of Python, and for many calls."""

from __future__ import annotations

import copy
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from awscli import argparser
from awscli.clidriver import ServiceOperation
from botocore.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_LOGGER = logging.getLogger("awscli")
_WORDS = 2
"""How many words name an operation of a service."""


def take_help_as_it_is() -> None:
    """Let the CLI's parsers take options whose help has a bare percent sign, which Python 3.14 refuses."""
    argparser.CLIArgParser._check_help = lambda _parser, _action: None


class KeptDriver:
    """A driver of the AWS CLI that is used for many calls, each of which finds it as it was made.

    A new driver for each call takes twice as long as the call. One that is merely used again keeps options of
    the call before.
    """

    def __init__(self, driver: Any) -> None:
        self.driver = driver
        driver.session.set_stream_logger = _set_stream_logger(driver.session)
        self.commands: dict[str, Any] = driver._get_command_table()
        parser = driver._create_parser(self.commands)
        driver._create_parser = lambda _commands: parser
        self.forget_environment()

    def forget_environment(self) -> None:
        """Let the next call read its own configuration."""
        session = self.driver.session
        session._config = session._profile = session._profile_map = session._credentials = None

    def operation(self, arguments: Sequence[str]) -> Any:
        """Return the operation of a service that a call is, ``None`` for any other command."""
        command = self.commands.get(arguments[0] if arguments else "")
        if command is None or len(arguments) < _WORDS or not getattr(command, "_service_name", ""):
            return None
        operation = command._get_command_table().get(arguments[1])
        # The table of a service is made by the configuration, which the next call has another of.
        self.forget_environment()
        return operation if type(operation) is ServiceOperation else None

    @contextmanager
    def fresh(self, operation: Any) -> Iterator[None]:
        """Forget afterwards what a call of an operation leaves in the driver and its session."""
        session = self.driver.session
        locators = (session._components, session._internal_components)
        # Plugins of the CLI hold the emitter itself, so it is given other handlers.
        emitter = session._events._emitter
        attributes_before = [(part, dict(vars(part))) for part in (self.driver, session, emitter, *locators)]
        for locator in locators:
            vars(locator).update({name: dict(value) for name, value in vars(locator).items()})
        session._session_instance_vars = dict(session._session_instance_vars)
        handlers = list(_LOGGER.handlers)
        emitter._handlers = copy.copy(emitter._handlers)
        emitter._unique_id_handlers = copy.copy(emitter._unique_id_handlers)
        try:
            yield
        finally:
            for each, attributes in attributes_before:
                vars(each).clear()
                vars(each).update(attributes)
            operation._arg_table = None
            _LOGGER.handlers[:] = handlers


def _set_stream_logger(session: Any) -> Callable[..., None]:
    """Return the method of a session that logs to a stream, without the records that no handler takes."""

    def set_stream_logger(logger_name: str, log_level: int, **more: Any) -> None:
        Session.set_stream_logger(session, logger_name, log_level, **more)
        logging.getLogger(logger_name).setLevel(log_level)

    return set_stream_logger
