"""The part of a loop around ``aws ... wait`` that stops in a state that AWS does not leave on its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cloud_audit_tui.remediation.quoting import Language, Quoted, QuotingError

if TYPE_CHECKING:
    from collections.abc import Sequence

_PATTERN = re.compile(r"[A-Za-z]+\*?")
_SUBJECT = re.compile(r"[a-z ]+")
FIND_OUT = "Find out why before you run the script again."


def check_state(subject: str, states: Sequence[str], *, leave: str = "exit", indent: int = 2) -> Quoted:
    """Return the command that reports ``$state`` if it is one of these states, else ends the script.

    A waiter of the AWS CLI gives up after a fixed number of attempts, so a loop repeats it. ``states`` are
    shell patterns of the transitional states, and ``subject`` names the resource.
    ``leave`` is ``return`` in a function whose caller handles the failure. The lines after the first have
    this ``indent``. Raises `QuotingError` for a pattern or a subject with special characters.
    """
    for text, plain in [(subject, _SUBJECT), *((state, _PATTERN) for state in states)]:
        if not plain.fullmatch(text):
            raise QuotingError(f"{text!r} has characters that a waiting loop cannot hold")
    lines = (
        'case "$state" in',
        f"  {' | '.join(states)}) printf 'Still waiting: {subject} is %s.\\n' \"$state\" ;;",
        "  *)",
        f"    printf 'AWS did not finish this: {subject} is %s. {FIND_OUT}\\n' \"$state\" >&2",
        f"    {leave} 1",
        "    ;;",
        "esac",
    )
    return Quoted(f"\n{' ' * indent}".join(lines), Language.SHELL)
