"""Real shells running a script with a recording `aws`: as a file, and pasted into an interactive shell."""

from __future__ import annotations

import atexit
import os
import re
import select
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from remediation.findings_to_fix import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Sequence

PROGRAMS = ("bash", "cat", "date", "env")
"""All that a script finds on its PATH besides the recorder and a `sleep` that does not wait."""
DONE = r"\n(?P<all>\d+) of (?P=all) done\.|\nRun the same text again for the rest\.\r"
"""What a script of many fixes prints at its end; its own text does not match."""
INTERACTIVE = {
    "bash": ("--norc", "--noprofile", "-i"),
    "fish": ("-i",),
    "zsh": ("-f", "-i"),
}
"""The options of each shell that keep the user's own configuration away."""
_BASH_PROMPT = r"\x1b\[\?2004h\$ "
DEADLINE = 60.0
"""Seconds after which a shell that hangs is given up."""

RECORDER = """
case "$*" in 'sts get-caller-identity '*'--query=Account --output=text')
  printf '%s\\0' "$#" "$@" >>"$RECORDED/account_checks"
  printf '%s\\n' {account}
  return 0
  ;;
esac
printf '%s\\0' "$#" "$@" >>"$RECORDED/calls"
case "$*" in *file:///dev/stdin*) cat >/dev/null ;; esac
[ -e "$RECORDED/fails.${{1-}}.${{2-}}" ] && {{ cat "$RECORDED/fails.$1.$2" >&2; return 254; }}
case "${{1-}} ${{2-}}" in
'sagemaker '*) if [ -n "${{BASH_VERSION-}}" ]; then (. {sagemaker} "$@"); else bash {sagemaker} "$@"; fi ;;
{answers}
esac
"""
"""The body of a function of the shell, which is the whole program `aws`.

A bash reads the recorder of SageMaker in a fork: to start another bash takes five times as long.
"""
_PROGRAM = '#!/bin/sh\naws() {{{recorder}}}\naws "$@"\n'
_FUNCTION = "BASH_FUNC_aws%%"
"""The variable from which bash takes its function `aws`: to start a program takes ten times as long."""

_SAGEMAKER = Path(__file__).with_name("sagemaker_recorder.sh")


def program_of(script: str) -> str:
    """Return the program of a script of many fixes: the here-document that it hands to bash."""
    command, _, document = script.partition("\n")
    program, delimiter, rest = document.rpartition("CLOUD_AUDIT_FIXES\n")
    assert (command, rest) == (f"bash -s -- \"$@\" <<'{delimiter.strip()}'", "")
    return program


@cache
def _installed() -> Path:
    """Return where the programs lie that all sandboxes of this process share: they need not be made again."""
    directory = tempfile.TemporaryDirectory(prefix="programs-")
    atexit.register(directory.cleanup)
    return Path(directory.name)


@cache
def _programs() -> Path:
    """Return the directory of the programs that are the same for every script."""
    directory = _installed() / "bin"
    directory.mkdir()
    for name in PROGRAMS:
        program = shutil.which(name)
        assert program, f"{name} is missing on this machine"
        (directory / name).symlink_to(program)
    _write_program(directory / "sleep", "#!/bin/sh\nexit 0\n")
    return directory


@cache
def _recorder(text: str) -> Path:
    """Return the directory whose `aws` is this text."""
    directory = Path(tempfile.mkdtemp(prefix="aws-", dir=_installed()))
    _write_program(directory / "aws", text)
    return directory


def _write_program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


@dataclass(frozen=True)
class Run:
    """What a shell did: the arguments of every `aws`, what it printed, its exit code, files it left.

    ``account_checks`` are the calls by which a script asks for the account of its credentials; they are not
    among the ``calls``.
    """

    calls: list[list[str]]
    output: str
    errors: str
    code: int
    strays: list[str]
    account_checks: list[list[str]]


class Sandbox:
    """An empty directory with a PATH on which `aws` only writes down how it was called.

    ``answers`` are printed by the command of that name (``sts get-caller-identity``); what those of
    SageMaker print depends on what the script wrote before. Commands in
    ``failing`` exit with the code that the CLI gives for an error of AWS, and with its words where it is a
    mapping to them. The credentials are those of ``account``.
    """

    def __init__(
        self,
        directory: Path,
        answers: Mapping[str, str] | None = None,
        failing: Mapping[str, str] | tuple[str, ...] = (),
        account: str = ACCOUNT,
    ) -> None:
        self.recorded = directory / "recorded"
        self.home = directory / "home"
        directory.mkdir(parents=True, exist_ok=True)
        self.recorded.mkdir()
        self.home.mkdir()
        cases = "\n".join(
            f"{shlex.quote(command)}) printf '%s' {shlex.quote(answer)} ;;"
            for command, answer in (answers or {}).items()
        )
        self.recorder = RECORDER.format(
            sagemaker=shlex.quote(str(_SAGEMAKER)), answers=cases, account=shlex.quote(account)
        )
        """What `aws` does."""
        for command, answer in (answers or {}).items():
            if command.startswith("sagemaker "):
                (self.recorded / f"answer.{command.replace(' ', '.')}").write_text(answer)
        for command in failing:
            words = failing[command] if isinstance(failing, Mapping) else ""
            (self.recorded / f"fails.{command.replace(' ', '.')}").write_text(words)

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        return {
            "PATH": f"{_recorder(_PROGRAM.format(recorder=self.recorder))}:{_programs()}",
            "HOME": str(self.home),
            "TMPDIR": str(self.recorded),
            "RECORDED": str(self.recorded),
            # Fish writes its history and settings there, and its prompt reads them.
            **{f"XDG_{name}_HOME": str(self.recorded) for name in ("CONFIG", "DATA", "STATE", "CACHE")},
            "LC_ALL": "C.UTF-8",
            "TERM": "xterm",
            **more,
        }

    def calls(self) -> list[list[str]]:
        """Return the arguments of every `aws` but the account checks, in order."""
        return self._recorded("calls")

    def account_checks(self) -> list[list[str]]:
        """Return the arguments of every account check, in order."""
        return self._recorded("account_checks")

    def _recorded(self, name: str) -> list[list[str]]:
        log = self.recorded / name
        parts = log.read_bytes().decode().split("\0")[:-1] if log.exists() else []
        calls = []
        while parts:
            count = int(parts.pop(0))
            calls.append(parts[:count])
            del parts[:count]
        return calls

    def strays(self) -> list[str]:
        """Return the files that something left behind."""
        return sorted(path.name for path in self.home.iterdir())

    def run(self, script: str, inputs: Mapping[str, str], shell: str = "bash") -> Run:
        """Run a script from its text, as a file would be run."""
        own = {"bash": "--norc", "fish": "--no-config", "zsh": "-f"}[shell]
        environment = self.environment(inputs)
        if shell == "bash":
            environment[_FUNCTION] = f"() {{{self.recorder}}}"
        process = subprocess.run(
            [shutil.which(shell) or shell, own, "-c", script],
            cwd=self.home,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
        return self._ran(process.stdout, process.stderr, process.returncode)

    def paste(
        self,
        script: str,
        inputs: Mapping[str, str],
        shell: str = "bash",
        *,
        answers: Sequence[tuple[str, str]] = (),
        finished: str = DONE,
        bracketed: bool = False,
        bash_first: bool = False,
    ) -> Run:
        """Paste a script into an interactive shell on a terminal of its own, then ask whether it lives.

        ``answers`` are typed when their patterns appear, and the question at the end after ``finished``.
        ``bracketed`` pastes as a modern terminal does: the shell takes the text as one edit. With
        ``bash_first``, bash is started in the shell and takes the text; fish cannot take it itself.
        ``code`` is the exit code of what was pasted, -1 when the shell did not survive it. History
        expansion is on, as it is for a person.
        """
        program = shutil.which(shell)
        assert program, f"{shell} is missing on this machine"
        child, terminal = _on_terminal(
            [program, *INTERACTIVE[shell]],
            self.home,
            self.environment({**inputs, "HISTFILE": "/dev/null", "PS1": "$ "}),
        )
        try:
            question = "printf 'still %s\\n' alive=$? flags=$-\n"
            begin = _BASH_PROMPT if bash_first else ""
            if bracketed or answers:
                edit = (begin or r"\x1b\[\?2004h", f"\x1b[200~{script}\x1b[201~\r")
                # A script that asks drops what was typed ahead.
                steps = [edit if bracketed else (begin, script), *answers, (finished, question)]
            else:
                steps = [(begin, script + question)]
            if bash_first:
                steps.insert(0, ("", shlex.join(["bash", *INTERACTIVE["bash"]]) + "\n"))
            text = _talk(terminal, [*steps, (r"still alive=(\d+)", "")])
        finally:
            child.kill()
            child.wait()
            os.close(terminal)
        answer = re.search(r"still alive=(\d+)", text)
        return self._ran(text, "", int(answer[1]) if answer else -1)

    def _ran(self, output: str, errors: str, code: int) -> Run:
        return Run(self.calls(), output, errors, code, self.strays(), self.account_checks())


def _on_terminal(
    arguments: Sequence[str], directory: Path, environment: Mapping[str, str]
) -> tuple[subprocess.Popen[bytes], int]:
    """Start a program on a terminal of its own, and return it with the other end of the terminal.

    `pty.fork` would copy the page tables of this process, which takes as long as the program runs.
    """
    terminal, end = os.openpty()
    try:
        # The first terminal that the leader of a session opens controls the session.
        leader = ["/bin/sh", "-c", 'exec "$@" <"$0"', os.ttyname(end), *arguments]
        child = subprocess.Popen(
            leader,
            stdin=end,
            stdout=end,
            stderr=end,
            cwd=directory,
            env=dict(environment),
            start_new_session=True,
        )
    finally:
        os.close(end)
    return child, terminal


def _talk(terminal: int, steps: Sequence[tuple[str, str]]) -> str:
    """Type each text when its pattern has appeared, and return all that the terminal shows.

    A pattern is looked for after the place where the one before it ended.
    """
    output, text, start, steps = b"", b"", 0, list(steps)
    end = time.monotonic() + DEADLINE
    os.set_blocking(terminal, False)
    while time.monotonic() < end:
        while not text and steps and (match := re.compile(steps[0][0].encode()).search(output, start)):
            text, start = steps.pop(0)[1].encode(), match.end()
        if not steps and not text:
            break
        readable, writable, _ = select.select([terminal], [terminal] if text else [], [], 0.2)
        if writable and (not output or not readable):
            text = text[os.write(terminal, text[:256]) :]
        if readable:
            try:
                chunk = os.read(terminal, 65536)
            except OSError:  # the shell has gone
                break
            output += chunk
    return output.decode(errors="replace")
