"""What bash and shellcheck say about the syntax of scripts: one start for many, by one worker of a run."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager

    from remediation.right_texts import RightTexts

_SYNTAX: dict[str, list[str]] = {}
"""What is known to be wrong with the syntax of each script."""
_SHARED: list[RightTexts] = []
_ANALYSED: set[str] = set()
"""The structures in which shellcheck found no fault along the ways that a script may take."""
_QUOTED = re.compile(
    r"""(?P<kept>"(?:[^"\\]|\\.)*"|(?<!\S)\#[^\n]*)|(?:(?:\$'(?:[^'\\]|\\.)*'|'[^']*')(?:\\\n)?)+""",
    re.DOTALL,
)
_ONLY_PARSE = "set -n\n"
"""The first line of a file that bash shall parse and not run; the lines in its errors count it."""
_PARSER = 'for name; do (. "./$name") 2>"$name.errors"; done'


def share(right: RightTexts) -> None:
    """Keep for the other workers which scripts are right."""
    _SHARED.append(right)


def syntax_faults(script: str) -> list[str]:
    """Return what bash's parser and shellcheck (errors and warnings) say about a script."""
    look_at_syntax([script])
    return list(_SYNTAX[script])


def look_at_syntax(scripts: Iterable[str]) -> None:
    """Find what `syntax_faults` returns of each script: a shellcheck for many takes half of one for each."""
    new = [script for script in dict.fromkeys(scripts) if script not in _SYNTAX]
    if not new:
        return
    with _others(new) as others:
        _look(others)
        _SYNTAX.update({script: [] for script in new if script not in _SYNTAX})
        for right in _SHARED:
            right.add(script for script in others if not _SYNTAX[script])


def _others(scripts: list[str]) -> AbstractContextManager[list[str]]:
    return _SHARED[0].others(scripts) if _SHARED else nullcontext(scripts)


def _look(scripts: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        _parse(Path(directory), scripts)
        if parsable := [script for script in scripts if not _SYNTAX[script]]:
            _analyse(Path(directory), parsable)


def _analyse(directory: Path, scripts: Sequence[str]) -> None:
    """Find what shellcheck says, with its slow analysis of what a script does once for each structure.

    That analysis takes 40 % of its time and follows variables and exit codes, whatever the quoted texts are.
    """
    of_structure = {_structure(script): script for script in reversed(scripts)}
    first = [script for structure, script in of_structure.items() if structure not in _ANALYSED]
    _shellcheck(directory, first)
    _ANALYSED.update(_structure(script) for script in first if not _SYNTAX[script])
    others = [script for script in scripts if script not in first]
    _shellcheck(directory, [script for script in others if _structure(script) not in _ANALYSED])
    alike = [script for script in others if _structure(script) in _ANALYSED]
    _shellcheck(directory, alike, "--extended-analysis=false")


def _structure(script: str) -> str:
    """Return a script with nothing in its single quotes; a text that leaves them makes another structure."""
    return _QUOTED.sub(lambda match: match["kept"] or "''", script)


def _parse(directory: Path, scripts: Sequence[str]) -> None:
    """Find what bash's parser says: a fork of one bash for each script takes a fifth of a start."""
    names = [f"script-{number}" for number in range(len(scripts))]
    for name, script in zip(names, scripts, strict=True):
        (directory / name).write_bytes(f"{_ONLY_PARSE}{script}".encode())
    subprocess.run(
        ["/bin/bash", "--norc", "-c", _PARSER, "bash", *names],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        check=False,
        timeout=120,
    )
    for name, script in zip(names, scripts, strict=True):
        errors = (directory / f"{name}.errors").read_text(encoding="utf-8", errors="replace")
        _SYNTAX[script] = [f"bash: {line}" for line in errors.splitlines()]


def _shellcheck(directory: Path, scripts: Sequence[str], *options: str) -> None:
    if not scripts:
        return
    shellcheck = shutil.which("shellcheck") or str(Path(sys.executable).parent / "shellcheck")
    files = {str(directory / str(number)): script for number, script in enumerate(scripts)}
    for file, script in files.items():
        Path(file).write_bytes(script.encode())
    # SC2154: a variable from the user's environment is not assigned in the script.
    checked = subprocess.run(
        [
            shellcheck,
            "--shell=bash",
            "--format=json",
            "--severity=warning",
            "--exclude=SC2154",
            *options,
            *files,
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    for comment in json.loads(checked.stdout):
        _SYNTAX[files[comment["file"]]].append(f"shellcheck SC{comment['code']}: {comment['message']}")
