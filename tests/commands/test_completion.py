"""The shells complete commands, options and their values, as the README says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.proof

PROGRAM = Path(sys.executable).with_name("cloud-audit-tui")
BASH = r"""
eval "$(_CLOUD_AUDIT_TUI_COMPLETE=bash_source cloud-audit-tui)"
COMP_WORDS=(cloud-audit-tui %s)
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_cloud_audit_tui_completion cloud-audit-tui
printf '%%s\n' "${COMPREPLY[@]}"
"""
ZSH = r"""
autoload -Uz compinit && compinit -D -u
compdef() { :; }
compadd() { local listed=${@[-1]}; print -l -- "${(@P)listed}"; }
_describe() { local -a listed; listed=("${(@P)3}"); print -l -- "${listed[@]%%%%:*}"; }
source <(_CLOUD_AUDIT_TUI_COMPLETE=zsh_source cloud-audit-tui)
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


def run(shell: str, script: str, home: Path) -> set[str]:
    config = home / "aws-config"
    config.write_text("[profile prod]\n[profile prod-eu]\n[profile dev]\n")
    settings = home / "config.toml"
    settings.write_text('[groups]\nall = ["prod"]\n')
    environ = {
        **os.environ,
        "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}",
        "AWS_CONFIG_FILE": str(config),
        "CLOUD_AUDIT_TUI_CONFIG": str(settings),
    }
    done = subprocess.run(
        [shell, "-c", script], env=environ, cwd=home, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("typed", COMPLETED)
def test_bash_completes(typed: str, tmp_path: Path) -> None:
    assert run("bash", BASH % typed, tmp_path) == COMPLETED[typed]


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
@pytest.mark.parametrize("typed", COMPLETED)
def test_zsh_completes(typed: str, tmp_path: Path) -> None:
    assert COMPLETED[typed] <= run("zsh", ZSH % typed, tmp_path)
