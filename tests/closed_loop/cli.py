"""A directory whose `aws` is the real AWS CLI, without the time that it takes to start."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from forked_servers import Server, running

if TYPE_CHECKING:
    from collections.abc import Iterator

_HERE = Path(__file__).parent
_PROCESSES = Path("/proc/self/environ")
"""Where a system tells of its processes, from which the server reads what is called."""
STREAMS = "streams"
"""The answer of the server to a call for which it needs the streams of its caller."""
CLOCK = "clock"
"""The file beside `aws` with the URL of the AWS whose clock `sleep` advances."""


@contextmanager
def quick_cli(lender: str = "") -> Iterator[Path]:
    """Yield the directory, to be put first into the ``PATH`` of a script."""
    # Below pytest's own directories the path of a socket would be too long.
    directory = Path(tempfile.mkdtemp(prefix="aws-"))
    path = directory / "calls"
    with_streams = directory / "aws-with-streams"
    _install(with_streams, "cli_call.py", path)
    _install(directory / "sleep", "cli_sleep.py", directory / CLOCK)
    environment = {"PYTHONUTF8": "1", "PYTHONPATH": str(_HERE.parent), "AWS_CONFIG_FILE": os.devnull}
    server = Server(str(_HERE / "cli_server.py"), environment)
    try:
        with running(server, str(path), lender) as port:
            _install_call(directory / "aws", port, with_streams)
            yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _install_call(program: Path, port: int, with_streams: Path) -> None:
    """Write the program `aws`: one of bash where it can be, which starts in a sixth of the time of Python."""
    bash = shutil.which("bash")
    if bash is None or " " in bash or not _PROCESSES.exists() or not _connects(bash, port):
        program.symlink_to(with_streams)
        return
    text = (_HERE / "cli_call.sh").read_text(encoding="utf-8")
    for word, value in (("PORT", port), ("STREAMS", STREAMS), ("PROGRAM", with_streams)):
        text = text.replace(f"@{word}@", str(value))
    program.write_text(f"#!{bash}\n{text}", encoding="utf-8")
    program.chmod(0o755)


def _connects(bash: str, port: int) -> bool:
    """Say whether this bash can open a connection, which some are built without."""
    tried = subprocess.run([bash, "-c", f": 3<>/dev/tcp/127.0.0.1/{port}"], capture_output=True, check=False)
    return tried.returncode == 0


def _install(program: Path, source: str, path: Path) -> None:
    """Write a program from a source beside this one, with a path in it.

    The Python below a virtual environment starts in three quarters of the time, and without `sh` before it.
    """
    text = (_HERE / source).read_text(encoding="utf-8").replace("@PATH@", str(path))
    python: str = sys._base_executable  # type: ignore[attr-defined]
    first = f"#!{python} -IS"
    if " " in python:
        # `pip` begins its scripts like this: a shell and Python both read it.
        first = f"#!/bin/sh\n'''exec' '{python}' -IS \"$0\" \"$@\"\n' '''"
    program.write_text(f"{first}\n{text}", encoding="utf-8")
    program.chmod(0o755)
