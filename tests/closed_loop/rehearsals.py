"""The rules of the rehearsal that looked at each check's script: a record of the closed loop, for the proofs.

``PYTHONPATH=tests python -m closed_loop.rehearsals`` runs the closed loop and makes the record again.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from closed_loop.fault import FAULTS, NO_RULE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PLACE = Path(__file__).with_name("rehearsals.tsv")
REMAKE = "PYTHONPATH=tests python -m closed_loop.rehearsals"
COLUMN = "rehearsed"


def records() -> dict[str, tuple[str, ...]]:
    """Return the rules that looked at each script, by check."""
    rows = (line.split("\t") for line in PLACE.read_text(encoding="utf-8").splitlines())
    return {check_id: tuple(rules.split()) for check_id, rules in rows}


def cell(check_id: str) -> str:
    """Return the cell of the document for a check; empty if no script was run."""
    rules = records().get(check_id)
    if rules is None:
        return ""
    return ", ".join(rule.replace("_", " ") for rule in rules) or f"no rule: {NO_RULE[check_id]}"


def counts(check_ids: Iterable[str]) -> str:
    """Return one line on how many of some checks' scripts were rehearsed."""
    rules_of = records()
    rules = {rule for check_id in check_ids for rule in rules_of.get(check_id, ())}
    scripts = sum(bool(rules_of.get(check_id)) for check_id in check_ids)
    return f"{scripts} scripts met {len(rules)} rules of what AWS refuses and moto accepts"


def write(records: Mapping[str, Iterable[str]]) -> None:
    """Write the rules that looked at each script."""
    lines = [f"{check_id}\t{' '.join(sorted(records[check_id]))}\n" for check_id in sorted(records)]
    PLACE.write_text("".join(lines), encoding="utf-8")


def main() -> int:
    """Run the closed loop and write its record; return the exit code."""
    from closed_loop import faults  # noqa: F401 - its modules add the faults
    from closed_loop.account import empty_account, serving
    from closed_loop.cli import quick_cli
    from closed_loop.loop import close

    rules_of: dict[str, set[str]] = {}
    wrong: dict[str, str] = {}
    with serving() as endpoint_url, quick_cli() as cli:
        for group in sorted({fault.group for fault in FAULTS}):
            with (
                tempfile.TemporaryDirectory() as home,
                empty_account(endpoint_url, Path(home), cli) as account,
            ):
                os.environ.update(account.environment)
                of_group = [fault for fault in FAULTS if fault.group == group]
                loop = close(account, of_group, {fault.check_id for fault in of_group})
            wrong |= loop.faults
            for check_id, rules in loop.rules.items():
                rules_of.setdefault(check_id, set()).update(rules)
    write({check_id: rules for check_id, rules in rules_of.items() if check_id not in wrong})
    sys.stderr.write("".join(f"{check_id}: {text}\n" for check_id, text in wrong.items()))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
