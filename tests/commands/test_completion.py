"""The shells complete commands, options and their values, as the README says."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.proof

BASH = r"""
eval "$(cat completion.bash)"
COMP_WORDS=(cloud-audit-tui %s)
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_cloud_audit_tui_completion cloud-audit-tui
printf '%%s\n' "${COMPREPLY[@]}"
"""
ZSH = r"""
autoload -Uz compinit && compinit -D -u
compdef() { :; }
compadd() { local array=${@[-1]}; print -l -- "${(@P)array}"; }
_describe() { local -a values; values=("${(@P)3}"); print -l -- "${values[@]%%%%:*}"; }
source <(cat completion.zsh)
words=(cloud-audit-tui %s)
CURRENT=${#words[@]}
_cloud_audit_tui_completion
"""
COMPLETED = {
    "sc": {"scan"},
    "config ch": {"check"},
    "scan --form": {"--format"},
    "scan --format sar": {"sarif"},
    "--dem": {"--demo"},
    "scan --profile pro": {"prod", "prod-eu"},
    "--profile @al": {"@all"},
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, forked_python: str) -> Path:
    """A directory with the program, its configuration, and what it prints for the start of each shell."""
    directory = tmp_path_factory.mktemp("home")
    program = directory / "cloud-audit-tui"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(forked_python)} -m cloud_audit_tui "$@"\n')
    program.chmod(0o700)
    (directory / "aws-config").write_text("[profile prod]\n[profile prod-eu]\n[profile dev]\n")
    (directory / "config.toml").write_text('[groups]\nall = ["prod"]\n')
    for shell in ("bash", "zsh"):
        environ = {**os.environ, "_CLOUD_AUDIT_TUI_COMPLETE": f"{shell}_source"}
        source = subprocess.run([program], env=environ, capture_output=True, check=True).stdout
        (directory / f"completion.{shell}").write_bytes(source)
    return directory


def completions(shell: str, script: str, home: Path) -> set[str]:
    """Return what a shell offers."""
    environ = {
        **os.environ,
        "PATH": f"{home}:{os.environ['PATH']}",
        "AWS_CONFIG_FILE": str(home / "aws-config"),
        "CLOUD_AUDIT_TUI_CONFIG": str(home / "config.toml"),
    }
    process = subprocess.run(
        [shell, "-c", script], env=environ, cwd=home, capture_output=True, text=True, check=False, timeout=60
    )
    assert process.returncode == 0, process.stderr
    return set(process.stdout.split())


@pytest.mark.parametrize("line", COMPLETED)
def test_bash_completes(line: str, home: Path) -> None:
    assert completions("bash", BASH % line, home) == COMPLETED[line]


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
@pytest.mark.parametrize("line", COMPLETED)
def test_zsh_completes(line: str, home: Path) -> None:
    assert COMPLETED[line] <= completions("zsh", ZSH % line, home)
