"""The document of the proofs: `PYTHONPATH=tests python -m closed_loop.document` writes it."""

from __future__ import annotations

from pathlib import Path

from closed_loop import (
    allowed_changes,
    faults,  # noqa: F401 - its modules add the faults
    rehearsals,
    reruns,
    terraform_document,
)
from closed_loop.fault import FAULTS, NO_RULE, RERUN_GAPS, UNPROVEN, proven
from cloud_audit_tui.checks.catalogue import all_checks

PLACE = Path(__file__).with_name("PROOFS.md")
REMAKE = "PYTHONPATH=tests python -m closed_loop.document"

COLUMNS = (allowed_changes, reruns, rehearsals)
"""The modules of further columns, each with its name and its cell for a check."""

_TEXT = """# Which fixes are proven to fix

{proved} of {all} checks: the fault is made in the embedded AWS, a scan with all checks finds it, the very
text that a user copies is run by bash with the AWS CLI, and a second scan finds it no more. What any check
passed before, it passes after. {unproved} checks cannot be proven so, each for the reason given.

The proof is `python -m pytest tests/closed_loop --check-table`. A test fails when this document does not say
what the proofs are; `{remake}` remakes it.

* *script alone*: nothing but the script was run, with what it asks for filled in.
* *script and commands it prints*: the script keeps what cannot be undone for later and prints the commands;
  they were run as well.
* *script and a step in words*: a part of the fix is not a command, such as changing one's own code. The test
  did it as the explanation says.

* *nothing else changed*: the fix was run on a rich resource, which has optional settings that are not the
  default. Of the whole state of the embedded AWS only what the effect of the check says was different
  afterwards. {with_allowed_changes} checks.
* *killed and run again*: the script was killed after each of its writes and run from its start. It ended in
  the state of an undisturbed run, and at each step everything was as before or as at the end, unless the
  effect says that the fix interrupts. {with_rerun} checks.

What a fix makes anew can fail other checks, because it needs more than this fix is given (a key of yours) or
is as the old one was. Those are exactly the checks named.

The embedded AWS refuses in a rehearsal what AWS refuses by its documents and moto accepts: the rules of
`tests/closed_loop/refusals`, each with its document. The last column has the rules that looked at a call of
the script; the script passed them all. {with_rule} scripts met a rule. For the other {without_rule}, AWS's
API model and guides state no refusal of their calls that moto lacks, and the column says why.

| check | how it is proven, or why not | what it makes fails | {columns} |
|---|---|---|---|---|---|
{rows}
"""


def text() -> str:
    """Return the document as it should be."""
    rows = []
    for check_id in all_checks():
        of_check = [fault for fault in FAULTS if fault.check_id == check_id]
        how = ", ".join(sorted({fault.kind for fault in of_check})) or f"not proven: {UNPROVEN.get(check_id)}"
        leaves = ", ".join(sorted({check for fault in of_check for check in fault.leaves}))
        more = " | ".join(column.cell(check_id) for column in COLUMNS)
        rows.append(f"| {check_id} | {how} | {leaves} | {more} |")
    scripts = _TEXT.format(
        proved=len(proven()),
        all=len(all_checks()),
        unproved=len(UNPROVEN),
        remake=REMAKE,
        columns=" | ".join(column.COLUMN for column in COLUMNS),
        with_allowed_changes=len(proven()),
        with_rerun=len(proven(RERUN_GAPS)),
        with_rule=len(proven(NO_RULE)),
        without_rule=len(NO_RULE),
        rows="\n".join(rows),
    )
    return scripts + terraform_document.section()


if __name__ == "__main__":
    PLACE.write_text(text(), encoding="utf-8")
