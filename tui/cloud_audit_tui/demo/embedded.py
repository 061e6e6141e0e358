"""Starts, configures and removes the embedded AWS on behalf of the parent process."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

from cloud_audit_tui.demo.profiles import Files, files_in, profile_names, write_profiles

if TYPE_CHECKING:
    from collections.abc import Mapping

LATENCY_VARIABLE = "CLOUD_AUDIT_TUI_DEMO_LATENCY_MS"
"""The environment variable for the maximum simulated latency of a call in milliseconds."""
LATENCY_MS = 30
INSTALL = "pip install 'cloud-audit-tui[demo]'"
NEEDED = ("moto", "flask", "flask_cors")

_STARTS_WITHIN = 60.0
_ENDS_WITHIN = 5.0
_LEAKING = ("AWS_", "BOTO_", "MOTO_")
_PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"})


class DemoUnavailableError(RuntimeError):
    """The embedded AWS is not available; the message says what to do."""


class EmbeddedAws:
    """A seeded AWS on a loopback port; a sync and async context manager.

    ``latency_ms`` is the maximum simulated latency of a call in milliseconds: by default 30, or the value of
    ``CLOUD_AUDIT_TUI_DEMO_LATENCY_MS``. Without ``seeded``, it is empty, with only moto's default account and
    without profiles. Its process exits with this one, even after a crash.
    """

    def __init__(self, *, seeded: bool = True, latency_ms: int | None = None) -> None:
        self.endpoint_url = ""
        """The endpoint URL, once it is started."""
        self._seeded = seeded
        self._latency_ms = _latency(os.environ) if latency_ms is None else latency_ms
        self._directory: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def profiles(self) -> list[str]:
        """The profiles to scan, the one with expired credentials last."""
        return profile_names() if self._seeded else []

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of a process that uses this AWS; `without` lists those to remove."""
        return {
            **self.pasteable,
            "AWS_EC2_METADATA_DISABLED": "true",
            # botocore looks for SSO tokens only below the home directory.
            "HOME": str(self._files.home),
        }

    @property
    def pasteable(self) -> dict[str, str]:
        """The variables that a command pasted into the user's shell needs."""
        return {
            "AWS_CONFIG_FILE": str(self._files.config),
            "AWS_SHARED_CREDENTIALS_FILE": str(self._files.credentials),
            "AWS_ENDPOINT_URL": self.endpoint_url,
        }

    @property
    def without(self) -> tuple[str, ...]:
        """The environment variables of this process that would redirect calls to another AWS."""
        return tuple(name for name in os.environ if _leads_away(name) and name not in self.environment)

    @property
    def process_id(self) -> int:
        """The server process; raises `DemoUnavailableError` when it is not started."""
        if self._process is None:
            raise DemoUnavailableError("The embedded AWS is not started.")
        return self._process.pid

    @property
    def _files(self) -> Files:
        if self._directory is None:
            raise DemoUnavailableError("The embedded AWS is not started.")
        return files_in(self._directory)

    async def start(self) -> None:
        """Start it and wait until it responds; raises `DemoUnavailableError`."""
        self._spawn()
        try:
            await asyncio.to_thread(self._wait_until_ready)
        except BaseException:
            self.stop_now()
            raise

    async def stop(self) -> None:
        """Stop its process and remove its directory."""
        await asyncio.shield(asyncio.to_thread(self.stop_now))

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def start_now(self) -> None:
        """Start it without an event loop; raises `DemoUnavailableError`."""
        self._spawn()
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop_now()
            raise

    def stop_now(self) -> None:
        """Stop its process and remove its directory, without an event loop."""
        process, self._process = self._process, None
        directory, self._directory = self._directory, None
        if process is not None:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
            try:
                process.wait(_ENDS_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if directory is not None:
            shutil.rmtree(directory, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start_now()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_now()

    def _spawn(self) -> None:
        check_installed()
        if self._process is not None:
            raise DemoUnavailableError("The embedded AWS is started already.")
        # Only the owner can read a directory of tempfile's.
        self._directory = Path(tempfile.mkdtemp(prefix="cloud-audit-tui-demo-"))
        command = [
            *(sys.executable, "-P", "-m", "cloud_audit_tui.demo.server"),
            *("--directory", str(self._directory), "--latency-ms", str(self._latency_ms)),
            *(() if self._seeded else ("--empty",)),
        ]
        try:
            with self._log.open("wb") as log:
                self._process = subprocess.Popen(  # noqa: S603 - our own program
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env=self._server_environment(),
                    # Ctrl+C in the terminal goes to the app, which then stops the server.
                    start_new_session=True,
                )
        except OSError as error:
            self.stop_now()
            raise DemoUnavailableError(f"The embedded AWS did not start: {error.strerror}.") from None

    @property
    def _log(self) -> Path:
        return self._files.home / "server.log"

    def _server_environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not _leads_away(name)}
        return {
            **inherited,
            # moto creates boto3 sessions, which would read the user's configuration.
            **self.environment,
            "MOTO_DISABLE_GLOBAL_CORS": "true",
            "PYTHONWARNINGS": "ignore",
        }

    def _wait_until_ready(self) -> None:
        process = self._process
        if process is None or process.stdout is None:
            raise DemoUnavailableError("The embedded AWS is not started.")
        # Killing it closes the pipe, which ends the read.
        late = threading.Timer(_STARTS_WITHIN, process.kill)
        late.daemon = True
        late.start()
        try:
            line = process.stdout.readline()
        finally:
            late.cancel()
        try:
            ready = json.loads(line)
            self.endpoint_url = f"http://127.0.0.1:{ready['port']}"
            if self._seeded:
                write_profiles(self._files.home, ready["access_key_id"], ready["secret_access_key"])
        except ValueError:
            raise DemoUnavailableError(self._why_not()) from None
        except OSError as error:
            raise DemoUnavailableError(
                f"The embedded AWS cannot write to {self._files.home}: {error.strerror}."
            ) from None

    def _why_not(self) -> str:
        """Return why the server did not start, from the last line of its log."""
        try:
            words = self._log.read_text(encoding="utf-8", errors="replace").split("\n")
        except OSError:
            words = []
        last = next((line.strip() for line in reversed(words) if line.strip()), "it wrote no message")
        return f"The embedded AWS did not start: {last}. Try {INSTALL} to repair its dependencies."


def check_installed() -> None:
    """Raise `DemoUnavailableError` when a dependency of the embedded AWS is not installed."""
    missing = [name.replace("_", "-") for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise DemoUnavailableError(
            f"The demo needs {' and '.join(missing)}, which this installation does not have. "
            f"Install it with: {INSTALL}"
        )


def _latency(environ: Mapping[str, str]) -> int:
    value = environ.get(LATENCY_VARIABLE, "")
    if not value:
        return LATENCY_MS
    if not (value.isascii() and value.isdecimal()):
        raise DemoUnavailableError(
            f"{LATENCY_VARIABLE} is {value!r}; it takes whole milliseconds, such as 0 or {LATENCY_MS}."
        )
    return int(value)


def _leads_away(name: str) -> bool:
    return name.startswith(_LEAKING) or name.upper() in _PROXIES
