"""Runs a profile's ``credential_process`` with a time limit, and always terminates it.

The format of its output:
<https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import json
import os
import shlex
import signal
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from aiobotocore.credentials import AioProcessProvider
from botocore.compat import compat_shell_split
from botocore.utils import parse_timestamp

from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.aws.redaction import redacted
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    Process = subprocess.Popen[bytes]

STDOUT_LIMIT = 256 * 1024
"""Maximum bytes of credentials; a session token has a few thousand."""
STDERR_LIMIT = 8 * 1024
"""Bytes of a program's stderr that are kept."""
GRACE = 2.0
"""Grace period in seconds before a program is killed."""

LOGIN_CLI = "2.32"
"""The first version of the AWS CLI with ``aws login``."""

POLL_EVERY = 0.02
"""Polling interval in seconds for the exit of a program that closed its output."""

_running: set[int] = set()
"""The process groups of running programs."""


class CredentialProgram(AioProcessProvider):  # type: ignore[misc]
    """botocore's process provider with a timeout of ``limit`` seconds, also for ``aws login`` profiles.

    Raises `ReadError` with the profile, the program's name and its cleaned stderr. Its stdout, which holds
    the credentials, is never quoted. Its whole process group is terminated on timeout, on cancellation and
    when Python exits.
    """

    def __init__(self, *arguments: Any, limit: float, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._limit = limit

    @property
    def _credential_process(self) -> str | None:
        """The profile's program; the AWS CLI for a profile created by ``aws login``."""
        program: str | None = self.profile_config.get("credential_process")
        if program is None and self._is_login:
            # The pinned botocore cannot read the credentials of `aws login`.
            command = ("aws", "configure", "export-credentials", "--profile", self._profile_name)
            return shlex.join((*command, "--format", "process"))
        return program

    @property
    def _is_login(self) -> bool:
        return "login_session" in self.profile_config

    async def _retrieve_credentials_using(self, credential_process: str) -> dict[str, Any]:
        command = self._split(credential_process)
        name = Path(command[0]).name
        try:
            process = _start(command)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "its command line is not valid"
            self._fail(
                f"The credential program {name!r} of {self._profile_name!r} could not be started: {reason}.",
                b"",
            )
        output, complaint = bytearray(), bytearray()
        try:
            async with asyncio.timeout(self._limit):
                await asyncio.gather(
                    _collect(process.stdout, output, STDOUT_LIMIT),
                    _collect(process.stderr, complaint, STDERR_LIMIT),
                )
                code = await _ended(process)
        except TimeoutError:
            await _end(process)
            self._fail(
                f"The credential program {name!r} of {self._profile_name!r} gave no credentials within "
                f"{self._limit:g} s and was ended.",
                complaint,
            )
        except BaseException:
            await _end(process)
            raise
        finally:
            _running.discard(process.pid)
        if code != 0:
            self._fail(
                f"The credential program {name!r} of {self._profile_name!r} failed with code {code}.",
                complaint,
            )
        return self._parse(name, output, complaint)

    def _split(self, credential_process: str) -> list[str]:
        try:
            command: list[str] = compat_shell_split(credential_process)
        except ValueError:
            command = []
        if not command:
            self._fail(f"The credential_process of {self._profile_name!r} is not a command line.", b"")
        return command

    def _parse(self, name: str, output: bytearray, complaint: bytearray) -> dict[str, Any]:
        program = f"The credential program {name!r} of {self._profile_name!r}"
        try:
            answer = json.loads(output)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            self._fail(f"{program} did not print a JSON object.", complaint)
        if answer.get("Version") != 1:
            self._fail(f"{program} printed credentials whose Version is not 1.", complaint)
        for key in ("AccessKeyId", "SecretAccessKey"):
            if not isinstance(answer.get(key), str) or not answer[key]:
                self._fail(f"{program} printed no {key}.", complaint)
        token = answer.get("SessionToken")
        if not isinstance(token, str | None):
            self._fail(f"{program} printed a SessionToken that is not a text.", complaint)
        expiry = answer.get("Expiration")
        if expiry is not None:
            try:
                ends = parse_timestamp(expiry)
            except (TypeError, ValueError, OverflowError):
                self._fail(f"{program} printed an Expiration that is not a time.", complaint)
            # botocore compares it with times in UTC, which fails for one without a zone.
            ends = ends if ends.tzinfo else ends.replace(tzinfo=UTC)
            if ends <= datetime.now(UTC):
                self._fail(f"{program} printed credentials that have expired.", complaint)
            expiry = ends.isoformat()
        return {
            "access_key": answer["AccessKeyId"],
            "secret_key": answer["SecretAccessKey"],
            "token": token,
            "expiry_time": expiry,
            "account_id": answer.get("AccountId"),
        }

    def _fail(self, reason: str, complaint: bytes | bytearray) -> NoReturn:
        output = quoted(redacted(complaint.decode("utf-8", "replace")))
        action = "Run its credential_process by hand and check its output."
        if self._is_login:
            login = shlex.join(("aws", "login", "--profile", self._profile_name))
            action = f"Run `{login}` with AWS CLI {LOGIN_CLI} or later, then rescan."
        raise ReadError(
            Unread.CREDENTIALS,
            f"{reason} It wrote: {output.rstrip('.')}." if output else reason,
            action=action,
        )


def _start(command: list[str]) -> Process:
    """Start a program in its own process group, and record the group before anything can be cancelled.

    With asyncio's subprocess API, a cancellation between the start and its return kills the program but not
    its children.
    """
    process = subprocess.Popen(  # noqa: S603 - the user's own configuration names the program
        command,
        # A program that prompts would consume the app's key presses.
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    _running.add(process.pid)
    return process


async def _collect(pipe: Any, output: bytearray, limit: int) -> None:
    """Drain a pipe, so that it never blocks the program, and keep its first bytes."""
    stream = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), pipe
    )
    try:
        while chunk := await stream.read(65536):
            output += chunk[: limit - len(output)]
    finally:
        transport.close()


async def _ended(process: Process) -> int:
    # asyncio's child watcher tracks only the processes that asyncio started.
    while (code := process.poll()) is None:  # noqa: ASYNC110
        await asyncio.sleep(POLL_EVERY)
    return code


async def _end(process: Process) -> None:
    """Terminate a program and its children: SIGTERM first, then SIGKILL."""
    _signal(process.pid, signal.SIGTERM)
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await _ended(process)
    finally:
        # The group leader may have exited and left children in its group.
        _signal(process.pid, signal.SIGKILL)
    await _ended(process)


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


@atexit.register
def end_programs() -> None:
    """Kill every credential program that is still running."""
    for group in list(_running):
        _signal(group, signal.SIGKILL)
