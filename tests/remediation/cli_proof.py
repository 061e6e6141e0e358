"""Proof that a pasted script is right: real bash, shellcheck, the real AWS CLI parser, botocore's model.

The script runs in bash with an `aws` that writes down its arguments. Each call then goes through the
AWS CLI in this process - its parser, its JSON and file arguments, `--query` - and botocore, which
answers from the output shape instead of a socket. What botocore lets through is checked against its
model as well: enumerations, patterns, lengths and ranges, deprecated operations, queries that select
nothing. A check's script may call only what the check's explanation names a permission for.
"""

from __future__ import annotations

import copy
import datetime
import io
import os
import re
import tempfile
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import botocore.endpoint
import botocore.waiter
from awscli import argparser, clidriver
from botocore import httpsession
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

import quick_models  # noqa: F401 - for its effect
from aws_cli import KeptDriver, take_help_as_it_is
from remediation.fix_table import WATCHED
from remediation.permitted import unnamed
from remediation.script_syntax import syntax_faults
from remediation.shell_run import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MADE_UP = "MADE-UP"
"""Every invented text of an answer carries it."""
ACCOUNT = "111122223333"
_DEEPEST = 12
_CONTEXT = cache(httpsession.create_urllib3_context)
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_PAGER": "",
}


@dataclass(frozen=True)
class Call:
    """One request: the operation as ``service:Operation`` and its parameters."""

    operation: str
    parameters: dict[str, Any]


@dataclass
class Proof:
    """What was found: what is wrong, the requests in order, and the arguments of every `aws`."""

    faults: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    arguments: list[list[str]] = field(default_factory=list)
    output: str = ""


class CliProof:
    """The AWS CLI, loaded once: its models take most of the time."""

    def __init__(self) -> None:
        take_help_as_it_is()
        self._cli = KeptDriver(clidriver.create_clidriver())
        self._loader = self._cli.driver.session.get_component("data_loader")
        self._proved: dict[tuple[str, ...], Proof] = {}

    def prove(
        self,
        script: str,
        inputs: Mapping[str, str],
        answers: Mapping[str, str] | None = None,
        profiles: tuple[str, ...] = (),
        check_id: str = "",
        excused: tuple[str, ...] = (),
    ) -> Proof:
        """Return what is wrong with a script that is run with these environment variables.

        With `check_id`, a call that the check's permissions do not allow is wrong too. Nothing is wrong
        that begins with one of the words in `excused`.
        """
        proof = Proof(faults=syntax_faults(script))
        if proof.faults:
            return proof
        with tempfile.TemporaryDirectory() as directory:
            ran = Sandbox(Path(directory) / "sandbox", answers).run(script, inputs)
            proof.arguments, proof.output = ran.calls, ran.output
            proof.faults += [f"stderr: {line}" for line in ran.errors.splitlines()]
            proof.faults += [f"left a file: {name}" for name in ran.strays]
            if ran.code:
                proof.faults.append(f"the script ends with exit code {ran.code}")
            config = Path(directory) / "config"
            config.write_text("".join(f"[profile {name}]\nregion = eu-central-1\n" for name in profiles))
            environment = {**_ENVIRONMENT, **inputs, "AWS_CONFIG_FILE": str(config)}
            place = (config.read_text(), *(f"{name}={inputs[name]}" for name in sorted(inputs)))
            with _offline(environment):
                for arguments in ran.account_checks:
                    proof.faults += self._of_command(arguments, place).faults
                for arguments in ran.calls:
                    of_command = self._of_command(arguments, place)
                    proof.faults += of_command.faults
                    proof.calls += copy.deepcopy(of_command.calls)
        if check_id:
            missing = unnamed(check_id, {call.operation for call in proof.calls})
            proof.faults += [f"{check_id} does not say that it needs {action}" for action in missing]
        proof.faults = [fault for fault in proof.faults if not fault.startswith(excused)]
        if check_id and not proof.faults:
            for watch in WATCHED:
                watch.script_is_right(check_id)
        return proof

    def _of_command(self, arguments: list[str], place: tuple[str, ...]) -> Proof:
        """Return the proof of one command, found once for each place: many scripts begin with the same."""
        key = (*arguments, "", *place)
        if key not in self._proved:
            self._proved[key] = Proof()
            self._prove_command(arguments, self._proved[key])
        return self._proved[key]

    def _prove_command(self, arguments: list[str], proof: Proof) -> None:
        # The CLI writes bytes to the buffers below these, as it does for a pipe.
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        count_before = len(proof.faults)
        with redirect_stdout(out), redirect_stderr(err):
            try:
                code = self._main(arguments, proof)
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 2
        printed = out.buffer.getvalue().decode()
        errors = err.buffer.getvalue().decode()
        command = " ".join(arguments[:2])
        if code:
            proof.faults.append(f"aws {command}: exit code {code}: {_essence(errors)}")
        elif (
            len(proof.faults) == count_before
            and any(word.startswith("--query") for word in arguments)
            and printed.strip() in ("None", "null", "")
        ):
            proof.faults.append(f"aws {command}: --query selects nothing")

    def _main(self, arguments: list[str], proof: Proof) -> int:
        if (operation := self._cli.operation(arguments)) is not None:
            with self._cli.fresh(operation):
                _watch(self._cli.driver.session, proof)
                return int(self._cli.driver.main(list(arguments)))
        driver = clidriver.create_clidriver()
        driver.session.register_component("data_loader", self._loader)
        _watch(driver.session, proof)
        return int(driver.main(list(arguments)))


def _watch(session: Any, proof: Proof) -> None:
    """Note each request that a session would send, and answer it."""

    def parameters(params: dict[str, Any], model: Any, **_: Any) -> None:
        service = model.service_model.service_name
        proof.calls.append(Call(f"{service}:{model.name}", copy.deepcopy(params)))
        if getattr(model, "deprecated", False):
            proof.faults.append(f"{model.name} is deprecated")
        if model.input_shape is not None:
            proof.faults += _against_model(params, model.input_shape, model.name)

    session.register("before-parameter-build", parameters)
    session.register("before-call", _answer)


@contextmanager
def _offline(environment: Mapping[str, str]) -> Iterator[None]:
    def once(waiter: Any, **parameters: Any) -> None:
        waiter._operation_method(**parameters)

    variables = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with (
        patch.dict(os.environ, {**variables, **environment}, clear=True),
        # Version 1 takes `--kms-key` for `--kms-key-id`; version 2 does not.
        patch.object(argparser.CLIArgParser, "_get_option_tuples", lambda *_: []),
        patch.object(botocore.waiter.Waiter, "wait", once),
        # Each client makes three contexts for connections that it never opens.
        patch.object(httpsession, "create_urllib3_context", _CONTEXT),
        # Nothing is sent, through a proxy or without one.
        patch.object(botocore.endpoint, "get_environ_proxies", lambda _url: {}),
    ):
        yield


def _essence(errors: str) -> str:
    noise = ("usage:", "To see help", "  aws ", "Note: AWS CLI version 2")
    lines = [line for line in errors.splitlines() if line.strip() and not line.startswith(noise)]
    return "; ".join(lines)[:400]


def _against_model(value: Any, shape: Any, path: str) -> Iterator[str]:
    kind, limits = shape.type_name, shape.metadata
    if kind == "structure":
        for name, member in value.items():
            if name in shape.members:
                yield from _against_model(member, shape.members[name], f"{path}.{name}")
    elif kind == "list":
        yield from _in_range(len(value), limits, path)
        for item in value:
            yield from _against_model(item, shape.member, f"{path}[]")
    elif kind == "map":
        for item in value.values():
            yield from _against_model(item, shape.value, f"{path}{{}}")
    elif kind in ("integer", "long", "float", "double"):
        yield from _in_range(value, limits, path)
    elif kind == "string" and MADE_UP not in value:
        allowed = getattr(shape, "enum", None)
        if allowed and value not in allowed:
            yield f"{path}: {value!r} is not one of the values that AWS takes"
        yield from _in_range(len(value), limits, path)
        pattern = limits.get("pattern")
        # Python's `re` does not know the classes and surrogates of Java's patterns, such as \p{L}.
        if pattern and r"\p{" not in pattern and r"\uD800" not in pattern and not _matches(pattern, value):
            yield f"{path}: {value!r} does not match {pattern[:100]}"


def _matches(pattern: str, value: str) -> bool:
    expression = re.compile(pattern)
    return bool(expression.fullmatch(value) or (pattern.startswith("^") and expression.search(value)))


def _in_range(number: float, limits: Mapping[str, Any], path: str) -> Iterator[str]:
    if number > float(limits.get("max", "inf")) or number < float(limits.get("min", "-inf")):
        yield f"{path}: {number} is not within {limits.get('min', '')}..{limits.get('max', '')}"


def _answer(model: Any, **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
    """Return a response made from the output shape, so that botocore opens no socket."""
    shape = model.output_shape
    parsed = _made_up(shape, [], "") if shape is not None else {}
    parsed = {name: value for name, value in parsed.items() if not re.search(r"(?i)token$|^marker$", name)}
    parsed["ResponseMetadata"] = {"HTTPStatusCode": 200, "HTTPHeaders": {}}
    return AWSResponse("", 200, HTTPHeaders(), None), parsed


def _made_up(shape: Any, above: list[str], name: str) -> Any:
    kind = shape.type_name
    if shape.name in above or len(above) > _DEEPEST:
        return {} if kind in ("structure", "map") else [] if kind == "list" else MADE_UP
    inside = [*above, shape.name]
    if kind == "structure":
        return {member: _made_up(inner, inside, member) for member, inner in shape.members.items()}
    if kind == "list":
        return [_made_up(shape.member, inside, name)]
    if kind == "map":
        return {MADE_UP: _made_up(shape.value, inside, name)}
    if kind == "string":
        if getattr(shape, "enum", None):
            return shape.enum[0]
        return ACCOUNT if name == "Account" else f"{name or shape.name}-{MADE_UP}"
    plain = {
        "boolean": True,
        "timestamp": datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC),
        "blob": b"e30=",
    }
    return plain.get(kind, 1)
