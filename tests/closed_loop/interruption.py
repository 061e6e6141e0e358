"""A script that is killed right after one of its writing commands, as when its terminal is closed."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping
    from pathlib import Path

    from closed_loop.account import Account

_KILLER = """#!/bin/bash
{aws} "$@"
code=$?
case "$2" in describe-* | get-* | list-* | wait | head-*) exit $code ;; esac
printf '%s %s\\n' "$1" "$2" >>{log}
[ "$(wc -l <{log})" -lt {number} ] || kill -9 0
exit $code
"""


def run_until_killed(account: Account, script: str, inputs: Mapping[str, str], number: int) -> str:
    """Run a script, and kill it and its children after its writing command of this number.

    Return that command, empty when the script ended before it. Numbers begin with 1.
    """
    directory: Path = account.home / f"killed-{number}"
    directory.mkdir(exist_ok=True)
    log = directory / "writes"
    log.unlink(missing_ok=True)
    program = directory / "aws"
    program.write_text(
        _KILLER.format(aws=shlex.quote(str(account.cli / "aws")), log=shlex.quote(str(log)), number=number)
    )
    program.chmod(0o755)
    if not (directory / "sleep").exists():
        (directory / "sleep").symlink_to(account.cli / "sleep")
    ran: subprocess.CompletedProcess[str] = replace(account, cli=directory).run(
        script, inputs, own_group=True
    )
    if ran.returncode == 0:
        return ""
    assert ran.returncode == -9, f"{ran.stdout}\n{ran.stderr}"
    return log.read_text().splitlines()[-1]
