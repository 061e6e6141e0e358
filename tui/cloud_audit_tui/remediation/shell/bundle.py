"""Many fixes in one shell script.

It is a file for bash, not text to paste. Each finding's own script stays what it is, one command in
parentheses that stops at its first failure; around it stand a list of what will be done, the inputs of each
fix under a name of its own, and a question before anything is taken away. A fix that fails leaves the
others alone: they are still tried, and the script ends with exit code 1 and their numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloud_audit_tui import __version__
from cloud_audit_tui.remediation.destructive import losses_of
from cloud_audit_tui.remediation.quoting import Language, QuotingError, shell_quote, visible
from cloud_audit_tui.remediation.render import fill_for
from cloud_audit_tui.remediation.selection import (
    ONE_FOR_A_REGION,
    Bundle,
    LeftOut,
    counted,
    headline,
    listed,
    place,
    to_fix,
)
from cloud_audit_tui.remediation.shell.script import script

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.remediation.templates import Input

NO_COMMAND = "no command fixes it"


@dataclass(frozen=True)
class Fix:
    """One finding's part of the script: its number, its text, what it asks for and what it takes away."""

    number: int
    finding: Finding
    text: str
    inputs: tuple[Input, ...]
    losses: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def remarks(self) -> list[str]:
        """What to know of it before the script is run."""
        return [
            *(f"ASKS FIRST: {loss}" for loss in self.losses),
            *(f"NEEDS {self.variable(entry.variable)}" for entry in self.inputs),
            *(f"Note: {note}" for note in self.notes),
        ]

    def variable(self, name: str) -> str:
        """Return the name that an input of this fix has at the top of the script."""
        return f"FIX_{self.number}_{name}"


def script_of(findings: Iterable[Finding], environment: Mapping[str, str] | None = None) -> str:
    """Return the text of `script_bundle`."""
    return script_bundle(findings, environment).text


def script_bundle(findings: Iterable[Finding], environment: Mapping[str, str] | None = None) -> Bundle:
    """Return a bash script that fixes all of these findings.

    ``environment`` are variables that lead the AWS CLI to where the findings were read, as for
    `render`. Nothing is raised for a finding, whatever it holds: what cannot be fixed is listed with
    the reason.
    """
    fixes, left_out = _fixes(findings, environment or {})
    if not fixes:
        return Bundle("", 0, left_out, [])
    assignments, unset = _inputs(fixes)
    parts = [
        "\n".join(_header(fixes, left_out)),
        "set -euo pipefail",
        *assignments,
        _BEGINNING.replace("TOTAL", str(len(fixes))),
        *(_function(fix) for fix in fixes),
        "\n".join(_call(fix) for fix in fixes),
        _END,
    ]
    return Bundle(
        "\n\n".join(parts),
        len(fixes),
        left_out,
        inputs=unset,
        asks_first=sum(bool(fix.losses) for fix in fixes),
    )


def _fixes(findings: Iterable[Finding], environment: Mapping[str, str]) -> tuple[list[Fix], list[LeftOut]]:
    chosen, left_out = to_fix(findings)
    fixes: list[Fix] = []
    for finding in chosen:
        steps = fill_for(finding, Language.SHELL, environment)
        try:
            text = script(steps, finding, environment)
        except QuotingError as error:
            left_out.append(LeftOut(finding, f"no safe text can be made from it: {error}"))
            continue
        if not text:
            left_out.append(LeftOut(finding, " ".join(steps.notes) or NO_COMMAND))
            continue
        fixes.append(
            Fix(
                number=len(fixes) + 1,
                finding=finding,
                text=text,
                inputs=tuple(steps.inputs.values()),
                losses=tuple(steps.losses or losses_of(steps.text)),
                notes=tuple(dict.fromkeys(steps.notes)),
            )
        )
    return fixes, left_out


def _header(fixes: list[Fix], left_out: list[LeftOut]) -> Iterator[str]:
    yield "#!/usr/bin/env bash"
    count = counted(len(fixes))
    yield f"# {count}, written by cloud-audit-tui {__version__}. Read this file before you run it:"
    yield "#"
    yield "#   bash FILE         does what is listed here, and asks before it takes anything away"
    yield "#   bash FILE --yes   does not ask; nor does YES=1 bash FILE"
    yield "#"
    yield "# A fix that fails stops there, and the others are still tried. Exit code 0: all are done."
    yield "# 1: some failed or were skipped; they are named at the end. 2: nothing was tried."
    yield from listed(((fix.number, fix.finding, fix.remarks) for fix in fixes), left_out)


def _inputs(fixes: list[Fix]) -> tuple[list[str], list[str]]:
    """Return the assignments of what is asked for, none when nothing is, and the names that have no value."""
    lines: list[str] = []
    unset: list[str] = []
    earlier: dict[tuple[str, ...], str] = {}
    for fix in fixes:
        for entry in fix.inputs:
            name = fix.variable(entry.variable)
            finding = fix.finding
            common = (entry.variable, entry.meaning, finding.profile, finding.account_id, finding.region)
            before = earlier.get(common, "")
            default = f"${before}" if before else "''"
            form = f" (such as {visible(entry.example)})" if entry.example else ""
            said = f"as for fix {before.split('_')[1]} unless you say otherwise" if before else ""
            lines.append(f"# {headline(finding)}: {entry.meaning}{form}" + (f"; {said}" if said else ""))
            lines.append(f"{name}=${{{name}:-{default}}}")
            if not before:
                unset.append(name)
            if entry.variable in ONE_FOR_A_REGION:
                earlier[common] = name
    if not lines:
        return [], []
    heading = (
        "# What only you know: write it between the quotes, or export the variable before you run this file."
    )
    return ["\n".join([heading, *lines])], unset


def _function(fix: Fix) -> str:
    given = [f"{entry.variable}=${fix.variable(entry.variable)}" for entry in fix.inputs]
    return "\n".join([f"fix_{fix.number}() (", *given, fix.text.rstrip("\n"), ")"])


def _call(fix: Fix) -> str:
    words = shell_quote(headline(fix.finding) + f" ({place(fix.finding)})")
    asked = ""
    if fix.losses:
        asked = "This takes something away or interrupts it: " + ", ".join(map(visible, fix.losses)) + "."
    inputs = "".join(f" {fix.variable(entry.variable)}" for entry in fix.inputs)
    return f"run {fix.number} {words} {shell_quote(asked) if asked else chr(39) * 2}{inputs}"


# Nothing here needs more than bash 3.2, which macOS has. `set +e` around a fix keeps the `set -e` inside
# of it at work: as a condition of `if` or `||` the shell would ignore it.
_BEGINNING = """\
total=TOTAL
fixed=0
failed=''
skipped=''
yes=${YES:-}
case ${1:-} in
  '') ;;
  --yes) yes=1 ;;
  *)
    printf 'Usage: bash %s [--yes]\\n' "$0" >&2
    exit 2
    ;;
esac

skip() {
  printf 'Skipped: %s\\n' "$2" >&2
  skipped="$skipped $1"
}

run() {
  local number=$1 words=$2 asked=$3 answer='' code=0 name missing=''
  shift 3
  printf '\\n%s/%s %s\\n' "$number" "$total" "$words"
  for name; do
    if [ -z "${!name}" ]; then missing="$missing $name"; fi
  done
  if [ -n "$missing" ]; then
    skip "$number" "these are not set:$missing. See the top of this file."
    return 0
  fi
  if [ -n "$asked" ] && [ "$yes" != 1 ]; then
    if ! { printf '%s\\nType yes to go on: ' "$asked" >/dev/tty; read -r answer </dev/tty; } 2>/dev/null; then
      skip "$number" 'there is no terminal to ask on; --yes does not ask.'
      return 0
    elif [ "$answer" != yes ]; then
      skip "$number" 'not confirmed.'
      return 0
    fi
  fi
  set +e
  "fix_$number"
  code=$?
  set -e
  if [ "$code" = 0 ]; then
    fixed=$((fixed + 1))
  else
    printf 'Failed with exit code %s.\\n' "$code" >&2
    failed="$failed $number"
  fi
}

report() {
  printf '\\n%s of %s done.\\n' "$fixed" "$total"
  if [ -n "$failed" ]; then printf 'Failed:%s\\n' "$failed" >&2; fi
  if [ -n "$skipped" ]; then printf 'Skipped:%s\\n' "$skipped" >&2; fi
}

trap 'report; exit 130' INT TERM"""
_END = """\
report
if [ -n "$failed$skipped" ]; then exit 1; fi
"""
