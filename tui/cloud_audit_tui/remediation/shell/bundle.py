"""Many fixes in one shell script, which runs as a file and pastes into an interactive bash or zsh.

The text is one command: a bash that reads its program from a here-document. The user's shell reads the
document to its end before bash starts, and no option, `exit` or failure of it affects that shell. bash runs
nothing before the last line of the document, so a truncated text does nothing.

The text lists the fixes, gives the inputs of each fix names of their own, and asks for a confirmation before
a fix that interrupts, costs or deletes. A fix that fails does not stop the others. A record of completed
fixes makes a second run of the same text continue where the first one stopped.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloud_audit_tui import __version__
from cloud_audit_tui.remediation.quoting import Language, visible
from cloud_audit_tui.remediation.render import render
from cloud_audit_tui.remediation.selection import (
    ONE_FOR_A_REGION,
    Bundle,
    BundleInput,
    LeftOut,
    counted,
    fix_list,
    headline,
    place,
    to_fix,
)
from cloud_audit_tui.remediation.shell.quoting import shell_literal, shell_quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cloud_audit_tui.checks.explanation import Risk
    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.remediation.templates import Input

NO_COMMAND = "no command fixes it"
_DELIMITER = "CLOUD_AUDIT_FIXES"
"""The line that ends the here-document; a quoted value never produces a line of bare letters."""


@dataclass(frozen=True)
class _Fix:
    """One finding's part of the script."""

    number: int
    finding: Finding
    text: str
    inputs: Sequence[Input]
    risks: Sequence[Risk]
    losses: Sequence[str]
    confirmations: Sequence[str]
    notes: Sequence[str]

    @property
    def remarks(self) -> list[str]:
        """The remarks about this fix in the header of the script."""
        return [
            *([f"ASKS FIRST: it {' and '.join(self.risks)}"] if self.risks else []),
            *(f"Runs {loss}" for loss in self.losses),
            *(f"NEEDS {self.variable(entry.variable)}" for entry in self.inputs),
            *(f"Note: {note}" for note in self.notes),
        ]

    def variable(self, name: str) -> str:
        """Return the name that an input of this fix has in the script."""
        return f"FIX_{self.number}_{name}"


def script_of(findings: Iterable[Finding], environment: Mapping[str, str] | None = None) -> str:
    """Return the text of `script_bundle`."""
    return script_bundle(findings, environment).text


def script_bundle(
    findings: Iterable[Finding],
    environment: Mapping[str, str] | None = None,
    values: Mapping[str, str] | None = None,
) -> Bundle:
    """Return a script that fixes all of these findings.

    ``environment`` is that of `render`. ``values`` are the user's values by `BundleInput.name`. No finding
    raises an error: one that cannot be fixed is listed with the reason. Raises `QuotingError` for a value
    that a script cannot hold.
    """
    fixes, left_out = _fixes(findings, environment or {})
    if not fixes:
        return Bundle("", 0, left_out, [])
    assignments, needed = _inputs(fixes, values or {})
    parts = [
        "\n".join([f"bash -s -- \"$@\" <<'{_DELIMITER}'", *map(_comment, _header(fixes, left_out))]),
        "set -euo pipefail",
        *assignments,
        f"total={len(fixes)}\nrecord=${{TMPDIR:-/tmp}}/cloud-audit-fixes-{secrets.token_hex(16)}",
        _RUNNER,
        *(_function(fix) for fix in fixes),
        "\n".join(["main() {", _BEGIN, *(f"  {_call(fix)}" for fix in fixes), _END]),
        f'main "$@" </dev/null\n{_DELIMITER}\n',
    ]
    return Bundle(
        "\n\n".join(parts),
        len(fixes),
        left_out,
        inputs=[entry.name for entry in needed],
        asks_first=sum(bool(fix.confirmations) for fix in fixes),
        needed=tuple(needed),
    )


def _fixes(findings: Iterable[Finding], environment: Mapping[str, str]) -> tuple[list[_Fix], list[LeftOut]]:
    to_do, left_out = to_fix(findings)
    fixes: list[_Fix] = []
    for finding in to_do:
        remediation = render(finding, environment)
        notes = list(dict.fromkeys(remediation.notes(Language.SHELL)))
        if not remediation.cli:
            left_out.append(LeftOut(finding, " ".join(notes) or NO_COMMAND))
            continue
        fixes.append(
            _Fix(
                number=len(fixes) + 1,
                finding=finding,
                text=remediation.cli,
                inputs=remediation.inputs(),
                risks=remediation.risks,
                losses=remediation.losses,
                confirmations=remediation.confirmations,
                notes=notes,
            )
        )
    return fixes, left_out


def _header(fixes: list[_Fix], left_out: list[LeftOut]) -> Iterator[str]:
    yield f"# {counted(len(fixes))}, written by cloud-audit-tui {__version__}. Read this before you run it:"
    yield "#"
    yield "#   bash FILE         runs the fixes below, and asks before a fix that interrupts a workload,"
    yield "#                     adds a cost or deletes something"
    yield "#   bash FILE --yes   runs them without asking"
    yield "#"
    yield "# The text also pastes into an interactive bash or zsh; in another shell, start bash first."
    yield "# A fix that fails stops there, and the next one runs. Run the same text again to finish what"
    yield "# failed or was skipped: fixes that are done are not repeated."
    yield "# Exit code 0: all are done. 1: some failed or were skipped. 2: nothing was tried."
    yield from fix_list(((fix.number, fix.finding, fix.remarks) for fix in fixes), left_out)


def _inputs(fixes: list[_Fix], values: Mapping[str, str]) -> tuple[list[str], list[BundleInput]]:
    """Return the block of assignments, empty without inputs, and the inputs that have no value."""
    lines: list[str] = []
    needed: dict[str, BundleInput] = {}
    first_names: dict[tuple[str, ...], str] = {}
    for fix in fixes:
        for entry in fix.inputs:
            name = fix.variable(entry.variable)
            finding = fix.finding
            shared = (entry.variable, entry.meaning, finding.profile, finding.account_id, finding.region)
            first = first_names.get(shared, "")
            form = f" (such as {visible(entry.example)})" if entry.example else ""
            also = f"; the value of fix {first.split('_')[1]} unless you set it" if first else ""
            lines.append(_comment(f"# {headline(finding)}: {entry.meaning}{form}{also}"))
            if value := values.get(name, ""):
                lines.append(f"{name}={shell_literal(value)}")
            else:
                default = f"${first}" if first else "''"
                lines.append(f"{name}=${{{name}:-{default}}}")
                if not first:
                    needed[name] = BundleInput(name, entry, finding)
                elif first in needed:
                    needed[first] = needed[first].with_another_fix()
            if entry.variable in ONE_FOR_A_REGION:
                first_names.setdefault(shared, name)
    if not lines:
        return [], []
    heading = "# Inputs: write a value between the quotes, or export the variable before you run this."
    return ["\n".join([heading, *lines])], list(needed.values())


def _comment(line: str) -> str:
    """Return a comment without ``!``, which an interactive shell may expand in a pasted comment too."""
    return line.replace("!", r"\x21")


def _function(fix: _Fix) -> str:
    inputs = [f"{entry.variable}=${fix.variable(entry.variable)}" for entry in fix.inputs]
    return "\n".join([f"fix_{fix.number}() (", *inputs, fix.text.rstrip("\n"), ")"])


def _call(fix: _Fix) -> str:
    heading = shell_quote(f"{headline(fix.finding)} ({place(fix.finding)})")
    question = shell_quote("\n".join(fix.confirmations)) if fix.confirmations else "''"
    names = (fix.variable(entry.variable) for entry in fix.inputs)
    inputs = "".join(f' "{name}=${name}"' for name in names)
    return f"run {fix.number} {heading} {question}{inputs}"


# bash 3.2, which macOS has, runs all of this. No line holds an exclamation mark, which an interactive shell
# would expand. `set +e` around a fix keeps the `set -e` inside of it effective: in a condition of `if` or
# `||` bash ignores it. Answers come from /dev/tty, since stdin of this bash is its own program.
_RUNNER = r"""
yes=''
silent=''
worked=''
repeated=''
failed=''
skipped=''
fixed=0

skip() {
  printf 'Skipped: %s\n' "$2" >&2
  skipped="$skipped  $1"$'\n'
}

confirm() {
  local answer=''
  if [ "$yes" = 1 ]; then return 0; fi
  if { printf '%s\n' "$2" >/dev/tty; } 2>/dev/null; then
    # The rest of a paste is not an answer: lines are dropped until a second passes without one.
    if [ -z "$silent" ]; then
      silent=1
      while read -r -t 1 answer </dev/tty; do :; done
    fi
    printf 'Type yes to run it, all to run this and all others, anything else to skip it: ' >/dev/tty
    read -r answer </dev/tty || answer=''
  else
    skip "$1" 'there is no terminal to ask on; the option --yes runs it without asking.'
    return 1
  fi
  case $answer in
    yes) ;;
    all) yes=1 ;;
    *)
      skip "$1" 'it was not confirmed.'
      return 1
      ;;
  esac
}

run() {
  local number=$1 question=$3 code=0 input missing=''
  local heading="$1. $2"
  shift 3
  printf '\n%s/%s %s\n' "$number" "$total" "${heading#*. }"
  case $finished in
    *" $number "*)
      printf 'An earlier run has done it.\n'
      repeated="$repeated  $heading"$'\n'
      fixed=$((fixed + 1))
      return 0
      ;;
  esac
  for input; do
    case $input in *=) missing="$missing ${input%=}" ;; esac
  done
  if [ -n "$missing" ]; then
    skip "$heading" "these are not set:$missing. Export them, or write them into this text."
    return 0
  fi
  if [ -n "$question" ]; then confirm "$heading" "$question" || return 0; fi
  set +e
  "fix_$number"
  code=$?
  set -e
  if [ "$code" = 0 ]; then
    worked="$worked  $heading"$'\n'
    fixed=$((fixed + 1))
    { (umask 077 && printf '%s\n' "$number" >>"$record"); } 2>/dev/null ||
      printf 'This cannot be recorded in %s: a second run would repeat it.\n' "$record" >&2
  else
    printf 'Failed with exit code %s.\n' "$code" >&2
    failed="$failed  $heading"$'\n'
  fi
}

report() {
  printf '\n%s of %s done.\n' "$fixed" "$total"
  if [ -n "$worked" ]; then printf 'Done:\n%s' "$worked"; fi
  if [ -n "$repeated" ]; then printf 'Done by an earlier run:\n%s' "$repeated"; fi
  if [ -n "$failed" ]; then printf 'Failed:\n%s' "$failed" >&2; fi
  if [ -n "$skipped" ]; then printf 'Skipped:\n%s' "$skipped" >&2; fi
  if [ "$fixed" -lt "$total" ]; then printf 'Run the same text again for the rest.\n'; fi
}""".lstrip("\n")
_BEGIN = r"""  local done_before
  finished=' '
  case ${1:-} in
    '') ;;
    --yes) yes=1 ;;
    *)
      printf 'Usage: bash FILE [--yes]\n' >&2
      exit 2
      ;;
  esac
  if [ -f "$record" ]; then
    while read -r done_before; do finished="$finished$done_before "; done <"$record"
  fi
  trap 'report; exit 130' INT TERM"""
_END = r"""  report
  if [ "$fixed" -lt "$total" ]; then exit 1; fi
}"""
