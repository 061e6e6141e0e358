"""Copies to the clipboard by every route that can work, and reports whether one is known to have worked."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import re
import shutil
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from cloud_audit_tui.app.system.programs import start

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_OSC52_BYTES = 74_994
"""The most bytes for OSC 52: xterm reads at most 100,000 bytes of base64."""

SCREEN_CHUNK = 250
"""The bytes of a sequence that GNU screen passes on at a time; its oldest limit is 256."""

TIME_LIMIT = 3.0
"""Seconds within which a program must accept a text."""

PYPERCLIP = "pyperclip"
TMUX = "tmux"
OSC52 = "OSC 52"

_TAKES_OSC52 = frozenset({"alacritty", "foot", "ghostty", "kitty", "vscode", "wezterm"})
_TAKES_NONE = "Apple_Terminal"
_FORWARDED_DISPLAY = re.compile(r"^[^:]+:[1-9]\d+")


class Terminal(Protocol):
    """The app, which writes to the terminal."""

    def copy_to_clipboard(self, text: str) -> None:
        """Write the OSC 52 sequence of a text."""
        ...


@dataclass(frozen=True, slots=True)
class Copied:
    """The routes that a text was sent by, whether one is known to have worked, and a sentence about that."""

    routes: tuple[str, ...]
    confirmed: bool
    note: str


async def copy(
    app: Terminal,
    text: str,
    *,
    environ: Mapping[str, str] | None = None,
    platform: str = sys.platform,
    time_limit: float = TIME_LIMIT,
) -> Copied:
    """Send a text to the clipboard by every route that can work; this never raises.

    Programs of the machine (pyperclip, tmux) report whether they accepted it. The terminal sequence OSC 52
    has no response, so it counts as confirmed only in terminals that accept it by default.
    """
    environ = os.environ if environ is None else environ
    if not text:
        return Copied((), confirmed=False, note="There is nothing to copy.")
    data = text.encode("utf-8", "replace")
    by_pyperclip, by_tmux = await asyncio.gather(
        _by_pyperclip(data, environ, platform, time_limit), _by_tmux(data, environ, time_limit)
    )
    by_osc52 = len(data) <= MAX_OSC52_BYTES and write_osc52(app, data, environ)
    routes = tuple(
        route for route, went in ((PYPERCLIP, by_pyperclip), (TMUX, by_tmux), (OSC52, by_osc52)) if went
    )
    confirmed = by_pyperclip or by_tmux or (by_osc52 and takes_osc52(environ))
    return Copied(routes, confirmed, _note(routes, confirmed, len(data), environ))


def takes_osc52(environ: Mapping[str, str]) -> bool:
    """Return whether the terminal accepts OSC 52 by default.

    iTerm2 and xterm refuse it unless their settings allow it. Inside tmux or GNU screen, their settings
    decide, which the app cannot read.
    """
    if environ.get("TMUX") or environ.get("STY"):
        return False
    if environ.get("WT_SESSION") or environ.get("KITTY_WINDOW_ID"):
        return True
    if environ.get("TERM_PROGRAM", "").lower() in _TAKES_OSC52:
        return True
    return bool(_TAKES_OSC52.intersection(re.split(r"[-_]", environ.get("TERM", "").lower())))


def is_remote(environ: Mapping[str, str]) -> bool:
    """Return whether the app runs over SSH, where the machine's clipboard is not the user's."""
    return bool(environ.get("SSH_TTY") or environ.get("SSH_CONNECTION"))


def osc52(data: bytes) -> str:
    """Return the sequence that asks a terminal to put some bytes onto the clipboard."""
    return f"\x1b]52;c;{base64.b64encode(data).decode('ascii')}\x07"


def through_tmux(sequence: str) -> str:
    """Wrap a sequence so that tmux passes it to the outer terminal (``allow-passthrough on``)."""
    return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"


def through_screen(sequence: str) -> str:
    """Wrap a sequence, in chunks, so that GNU screen passes it to the outer terminal."""
    pieces = (sequence[start : start + SCREEN_CHUNK] for start in range(0, len(sequence), SCREEN_CHUNK))
    return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)


def write_osc52(app: Terminal, data: bytes, environ: Mapping[str, str]) -> bool:
    """Write OSC 52 to the terminal, bare and wrapped for a multiplexer; return whether it was written.

    tmux handles the bare sequence with ``set-clipboard on`` and forwards the wrapped one with
    ``allow-passthrough on``. It silently drops what is not enabled, so both are sent.
    """
    if environ.get("TERM_PROGRAM") == _TAKES_NONE:
        return False
    # Textual's writer keeps a sequence whole between frames. It has no public name; a Textual without it
    # loses only the wrapped sequence.
    app.copy_to_clipboard(data.decode("utf-8"))
    driver = getattr(app, "_driver", None)
    sequence = osc52(data)
    if environ.get("TMUX") or environ.get("TERM", "").startswith("tmux"):
        wrapped = through_tmux(sequence)
    elif environ.get("STY"):
        wrapped = through_screen(sequence)
    else:
        wrapped = ""
    if wrapped and driver is not None:
        driver.write(wrapped)
    return driver is not None


def pyperclip_environment(environ: Mapping[str, str], platform: str = sys.platform) -> dict[str, str] | None:
    """Return the environment in which pyperclip reaches the user's own clipboard; None if it cannot.

    Over SSH only a forwarded display is the user's. On Linux without a display, or without a program for
    it, pyperclip fails, and its Qt route would end the process.
    """
    child_environ = dict(environ)
    if is_remote(environ):
        if platform == "darwin" or not _FORWARDED_DISPLAY.match(environ.get("DISPLAY", "")):
            return None
        child_environ.pop("WAYLAND_DISPLAY", None)
    elif platform == "darwin" or _is_wsl(platform):
        return child_environ
    path = environ.get("PATH")
    has = {
        name: shutil.which(name, path=path)
        for name in ("wl-copy", "wl-paste", "xclip", "xsel", "klipper", "qdbus")
    }
    if child_environ.get("WAYLAND_DISPLAY") and has["wl-copy"] and has["wl-paste"]:
        return child_environ
    if child_environ.get("DISPLAY") and (has["xclip"] or has["xsel"] or (has["klipper"] and has["qdbus"])):
        return child_environ
    return None


def _is_wsl(platform: str) -> bool:
    try:
        return (
            platform == "linux" and "microsoft" in Path("/proc/version").read_text(encoding="utf-8").lower()
        )
    except (OSError, UnicodeDecodeError):
        return False


async def _by_pyperclip(data: bytes, environ: Mapping[str, str], platform: str, time_limit: float) -> bool:
    child_environ = pyperclip_environment(environ, platform)
    if child_environ is None:
        return False
    # -P keeps Python from importing a pyperclip.py of the current directory.
    program = [sys.executable, "-P", "-m", "cloud_audit_tui.app.system.pyperclip_copy"]
    return await _accepts(program, data, child_environ, time_limit)


async def _by_tmux(data: bytes, environ: Mapping[str, str], time_limit: float) -> bool:
    tmux = shutil.which("tmux", path=environ.get("PATH"))
    if not environ.get("TMUX") or tmux is None:
        return False
    # -w also sets the terminal's clipboard; a tmux older than 3.2 does not know it.
    return await _accepts([tmux, "load-buffer", "-w", "-"], data, environ, time_limit) or await _accepts(
        [tmux, "load-buffer", "-"], data, environ, time_limit
    )


async def _accepts(
    program: Sequence[str], data: bytes, environ: Mapping[str, str], time_limit: float
) -> bool:
    """Return whether a program accepts bytes on its standard input and succeeds within the time limit."""
    process = await start(program, environ, stdin=asyncio.subprocess.PIPE)
    if process is None:
        return False
    try:
        async with asyncio.timeout(time_limit):
            await process.communicate(data)
    except (TimeoutError, OSError):
        return False
    finally:
        if process.returncode is None:
            # This also ends the programs that it started, which could wait for a dead display.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    return process.returncode == 0


def _note(routes: Sequence[str], confirmed: bool, size: int, environ: Mapping[str, str]) -> str:
    if confirmed:
        paste = " Paste it with the tmux prefix and ]." if TMUX in routes else ""
        return f"Copied by {_joined(routes)}.{paste}"
    if OSC52 not in routes and size > MAX_OSC52_BYTES:
        return f"Not copied: the text has {size:,} bytes, and a terminal accepts at most {MAX_OSC52_BYTES:,}."
    if OSC52 not in routes and environ.get("TERM_PROGRAM") == _TAKES_NONE:
        return "Not copied: Terminal on macOS does not accept OSC 52."
    if OSC52 not in routes:
        return "Not copied: there is no route to the clipboard."
    if environ.get("LC_TERMINAL") == "iTerm2" or environ.get("TERM_PROGRAM") == "iTerm.app":
        return "Sent by OSC 52; iTerm2 accepts it if its settings let applications access the clipboard."
    return "Sent to the terminal by OSC 52; a terminal does not report whether it accepted the text."


def _joined(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
