"""Which rules of the rehearsal the script of each check met: recorded by the closed loop, told in the proofs.

``PYTHONPATH=tests python -m closed_loop.rehearsed`` runs the loop and records it again.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PLACE = Path(__file__).with_name("rehearsed.tsv")
REMAKE = "PYTHONPATH=tests python -m closed_loop.rehearsed"
COLUMN = "rehearsed"
NO_RULE = "no rule applies"


def recorded() -> dict[str, tuple[str, ...]]:
    """Return the rules that each script met, by check."""
    rows = (line.split("\t") for line in PLACE.read_text(encoding="utf-8").splitlines())
    return {check_id: tuple(rules.split()) for check_id, rules in rows}


def cell(check_id: str) -> str:
    """Return what the table of the proofs says of a check, empty where no script was run."""
    rules = recorded().get(check_id)
    return "" if rules is None else ", ".join(rule.replace("_", " ") for rule in rules) or NO_RULE


def counts(check_ids: Iterable[str]) -> str:
    """Return one line on how many of some checks' scripts were rehearsed."""
    held = recorded()
    rules = {rule for check_id in check_ids for rule in held.get(check_id, ())}
    met = sum(bool(held.get(check_id)) for check_id in check_ids)
    return f"{met} scripts met {len(rules)} rules of what AWS refuses and moto accepts"


def write(met: Mapping[str, Iterable[str]]) -> None:
    """Record which rules each script met."""
    lines = [f"{check_id}\t{' '.join(sorted(met[check_id]))}\n" for check_id in sorted(met)]
    PLACE.write_text("".join(lines), encoding="utf-8")


def main() -> int:
    """Run the closed loop and record what it met; returns the exit code."""
    from closed_loop import faults  # noqa: F401 - its modules add the faults
    from closed_loop.account import empty_account, serving
    from closed_loop.cli import quick_cli
    from closed_loop.fault import FAULTS
    from closed_loop.loop import close

    met: dict[str, set[str]] = {}
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
            for check_id, rules in loop.met.items():
                met.setdefault(check_id, set()).update(rules)
    write({check_id: rules for check_id, rules in met.items() if check_id not in wrong})
    sys.stderr.write("".join(f"{check_id}: {text}\n" for check_id, text in wrong.items()))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
