"""The sequences that the app sends to the terminal besides its screen: a title, desktop notifications.

Every text passes through `plain`, is shortened, and loses the characters that end or split a sequence.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from cloud_audit_tui.app.system.clipboard import through_screen, through_tmux
from cloud_audit_tui.standard_streams import is_terminal
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST_TITLE, LONGEST_MESSAGE = 120, 240
PUSH_TITLE, POP_TITLE = "\x1b[22;2t", "\x1b[23;2t"
"""xterm's stack of titles; a terminal without it keeps the last title."""
_NO_TITLE = frozenset({"", "dumb", "linux", "vt100"})
"""The values of TERM whose terminals have no title and may draw the sequence."""
_TAKES_777 = ("foot", "rxvt")


def has_title(environ: Mapping[str, str]) -> bool:
    """Return whether the terminal has a title."""
    return environ.get("TERM", "") not in _NO_TITLE


def title_sequence(title: str) -> str:
    """Return OSC 2, which names the window or the tab."""
    return f"\x1b]2;{_short(title, LONGEST_TITLE)}\x07"


@contextmanager
def kept_title(stream: TextIO | None, environ: Mapping[str, str] | None = None) -> Iterator[None]:
    """Save the title of the terminal, and restore it however the app ends."""
    uses = is_terminal(stream) and has_title(os.environ if environ is None else environ)
    if stream is not None and uses:
        stream.write(PUSH_TITLE)
        stream.flush()
    try:
        yield
    finally:
        if stream is not None and uses:
            # A closed terminal has no title.
            with suppress(OSError):
                stream.write(POP_TITLE)
                stream.flush()


def notification_sequence(title: str, text: str, environ: Mapping[str, str]) -> str:
    """Return the sequence for a desktop notification: OSC 777 for terminals that support it, else OSC 9.

    iTerm2, kitty, WezTerm, Ghostty and Windows Terminal accept OSC 9; foot, urxvt and VTE accept OSC 777.
    """
    title, text = _short(title, LONGEST_TITLE), _short(text, LONGEST_MESSAGE)
    if environ.get("TERM", "").startswith(_TAKES_777) or environ.get("VTE_VERSION"):
        sequence = f"\x1b]777;notify;{title};{text}\x07"
    else:
        sequence = f"\x1b]9;{title}: {text}\x07"
    if environ.get("TMUX"):
        return through_tmux(sequence)
    return through_screen(sequence) if environ.get("STY") else sequence


def _short(text: str, length: int) -> str:
    return plain(text).replace(";", ",")[:length]
