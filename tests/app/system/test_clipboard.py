"""The routes to the clipboard, in every place from which one copies."""

import asyncio
import base64
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from cloud_audit_tui.app.system import clipboard
from cloud_audit_tui.app.system.clipboard import MAX_OSC52_BYTES, Copied, copy, takes_osc52

if TYPE_CHECKING:
    from textual.app import App

TEXT = "aws s3 ls 's3://b' \\\n\t--region 'eu-west-1' # ü 東\n"


class Terminal:
    """What an app shows of itself to the clipboard: Textual's own route, and the driver behind it."""

    def __init__(self, *, driver: bool = True) -> None:
        self.sequences: list[str] = []
        self._driver = self if driver else None

    def copy_to_clipboard(self, text: str) -> None:
        self.sequences.append(f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07")

    def write(self, sequence: str) -> None:
        self.sequences.append(sequence)


def run(terminal: Terminal, text: str = TEXT, *, platform: str = "linux", **environ: str) -> Copied:
    return asyncio.run(
        copy(cast("App[Any]", terminal), text, environ=environ, platform=platform, time_limit=10)
    )


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A directory for a PATH of the test's own."""
    place = tmp_path / "bin"
    place.mkdir()
    return place


def program(place: Path, name: str, script: str) -> None:
    path = place / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def fake_pyperclip(tmp_path: Path, body: str) -> str:
    place = tmp_path / "python"
    place.mkdir()
    (place / "pyperclip.py").write_text(textwrap.dedent(body))
    return str(place)


# OSC 52


def test_osc52_is_sent_byte_for_byte() -> None:
    terminal = Terminal()
    run(terminal)
    assert len(terminal.sequences) == 1
    match = re.fullmatch("\x1b\\]52;c;([A-Za-z0-9+/=]+)\x07", terminal.sequences[0])
    assert match is not None
    assert base64.b64decode(match[1]).decode() == TEXT


def test_inside_tmux_it_is_sent_wrapped_too() -> None:
    terminal = Terminal()
    run(terminal, "hi", TMUX="/nowhere/default,1,0", PATH="/nonexistent")
    assert terminal.sequences == ["\x1b]52;c;aGk=\x07", "\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\"]


def test_over_ssh_from_a_tmux_it_is_sent_wrapped_too() -> None:
    terminal = Terminal()
    run(terminal, "hi", TERM="tmux-256color", SSH_TTY="/dev/pts/3")
    assert terminal.sequences[1:] == ["\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\"]


def test_inside_screen_it_is_sent_in_pieces_that_screen_takes() -> None:
    terminal = Terminal()
    run(terminal, "x" * 3_000, STY="1234.pts-0.host", TERM="screen")
    bare, wrapped = terminal.sequences
    pieces = re.findall("\x1bP(.*?)\x1b\\\\", wrapped, re.DOTALL)
    assert "".join(pieces) == bare
    assert "".join(f"\x1bP{piece}\x1b\\" for piece in pieces) == wrapped
    assert all(len(piece) + 4 <= 256 for piece in pieces)


def test_a_text_longer_than_terminals_take_is_not_sent() -> None:
    terminal = Terminal()
    copied = run(terminal, "x" * (MAX_OSC52_BYTES + 1), TERM="xterm-kitty")
    assert terminal.sequences == []
    assert copied.routes == ()
    assert not copied.confirmed
    assert "74,995 bytes" in copied.note


def test_the_longest_text_that_terminals_take_is_sent() -> None:
    terminal = Terminal()
    assert run(terminal, "x" * MAX_OSC52_BYTES, TERM="xterm-kitty").confirmed
    assert len(terminal.sequences[0]) <= 100_000


def test_the_length_counts_bytes_and_not_letters() -> None:
    assert run(Terminal(), "ü" * (MAX_OSC52_BYTES // 2 + 1), TERM="xterm-kitty").routes == ()


def test_an_app_without_a_terminal_sends_nothing() -> None:
    copied = run(Terminal(driver=False), TERM="xterm-kitty")
    assert copied == Copied((), confirmed=False, note="Not copied: there is no route to the clipboard.")


def test_an_empty_text_touches_no_clipboard() -> None:
    terminal = Terminal()
    copied = run(terminal, "", TERM="xterm-kitty")
    assert copied == Copied((), confirmed=False, note="There is nothing to copy.")
    assert terminal.sequences == []


def test_a_text_that_is_no_utf8_does_not_break_it() -> None:
    terminal = Terminal()
    assert run(terminal, "a\ud800b", TERM="xterm-kitty").confirmed
    assert terminal.sequences == ["\x1b]52;c;" + base64.b64encode(b"a?b").decode() + "\x07"]


@pytest.mark.parametrize(
    "environ",
    [
        {"TERM": "xterm-kitty"},
        {"TERM": "xterm-ghostty"},
        {"TERM": "alacritty"},
        {"TERM": "foot-extra"},
        {"TERM_PROGRAM": "WezTerm", "TERM": "xterm-256color"},
        {"TERM_PROGRAM": "vscode"},
        {"WT_SESSION": "5b4a"},
        {"TERM": "xterm-kitty", "SSH_TTY": "/dev/pts/0"},
    ],
)
def test_terminals_that_take_osc52_as_they_come(environ: dict[str, str]) -> None:
    assert takes_osc52(environ)
    assert run(Terminal(), **environ) == Copied(("OSC 52",), confirmed=True, note="Copied by OSC 52.")


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"TERM": "xterm-256color"},
        {"TERM_PROGRAM": "Apple_Terminal"},
        {"TERM_PROGRAM": "iTerm.app"},
        {"LC_TERMINAL": "iTerm2", "SSH_TTY": "/dev/pts/0"},
        {"TERM": "tmux-256color", "TMUX": "/nowhere,1,0", "KITTY_WINDOW_ID": "1", "PATH": ""},
        {"TERM": "screen", "STY": "1.x", "WT_SESSION": "5b4a"},
    ],
)
def test_terminals_of_which_nobody_can_know(environ: dict[str, str]) -> None:
    assert not run(Terminal(), **environ).confirmed


def test_the_terminal_of_macos_is_known_not_to_take_it() -> None:
    terminal = Terminal()
    copied = run(terminal, TERM_PROGRAM="Apple_Terminal", SSH_TTY="/dev/ttys001", platform="darwin")
    assert copied.routes == ()
    assert "Terminal on macOS" in copied.note
    assert terminal.sequences == []


def test_iterm2_is_told_of_its_setting() -> None:
    assert "settings" in run(Terminal(), LC_TERMINAL="iTerm2", SSH_CONNECTION="a 1 b 22").note


# pyperclip


def test_pyperclip_copies_with_the_machines_own_program(tools: Path, tmp_path: Path) -> None:
    received_file = tmp_path / "taken"
    program(tools, "xclip", f"exec /bin/cat > '{received_file}'")
    copied = run(Terminal(), PATH=str(tools), DISPLAY=":0")
    assert copied == Copied(("pyperclip", "OSC 52"), confirmed=True, note="Copied by pyperclip and OSC 52.")
    assert received_file.read_bytes() == TEXT.encode()


def test_a_program_that_fails_is_no_success(tools: Path) -> None:
    program(tools, "xclip", '/bin/cat > /dev/null; echo "Can\'t open display" >&2; exit 1')
    assert not run(Terminal(), PATH=str(tools), DISPLAY=":0").confirmed


def test_a_program_that_stays_in_the_background_is_not_waited_for(tools: Path, tmp_path: Path) -> None:
    received_file = tmp_path / "taken"
    program(tools, "xclip", f"/bin/cat > '{received_file}'; /bin/sleep 60 & echo $! > '{tmp_path}/pid'")
    assert run(Terminal(), PATH=str(tools), DISPLAY=":0").confirmed
    # It still serves the selection: a clipboard of X lives as long as its owner.
    pid = int((tmp_path / "pid").read_text())
    os.kill(pid, 9)


def test_a_program_that_hangs_is_ended(tools: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "alive"
    os.mkfifo(pipe)
    program(tools, "xclip", f"exec 3> '{pipe}'; exec /bin/sleep 60")
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    copied = asyncio.run(
        copy(
            cast("App[Any]", Terminal()),
            TEXT,
            environ={"PATH": str(tools), "DISPLAY": ":0"},
            platform="linux",
            time_limit=1.5,
        )
    )
    assert copied.routes == ("OSC 52",)
    assert not copied.confirmed
    # The pipe ends only when nobody holds it open any more.
    os.set_blocking(end, True)
    with os.fdopen(end, "rb") as alive:
        assert alive.read() == b""


@pytest.mark.parametrize(
    "body",
    [
        "def copy(text): raise RuntimeError('no clipboard')",
        "raise ImportError('broken')",
        "import os\ndef copy(text): os._exit(139)",
    ],
    ids=["fails", "missing", "crashes"],
)
def test_a_pyperclip_that_cannot_copy_costs_nothing_else(tools: Path, tmp_path: Path, body: str) -> None:
    program(tools, "xclip", "exit 0")
    environ = {"PATH": str(tools), "DISPLAY": ":0", "PYTHONPATH": fake_pyperclip(tmp_path, body)}
    copied = run(Terminal(), TERM="foot", **environ)
    assert copied == Copied(("OSC 52",), confirmed=True, note="Copied by OSC 52.")


def test_a_pyperclip_lying_in_the_current_directory_is_not_run(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = fake_pyperclip(tmp_path, f"open('{tmp_path}/ran', 'w')")
    monkeypatch.chdir(hostile)
    program(tools, "xclip", "exec /bin/cat > /dev/null")
    assert run(Terminal(), PATH=str(tools), DISPLAY=":0").confirmed
    assert not (tmp_path / "ran").exists()


def test_what_a_program_says_stays_off_the_screen(tools: Path, capfd: pytest.CaptureFixture[str]) -> None:
    program(tools, "xclip", "/bin/cat; echo noise; echo noise >&2")
    run(Terminal(), PATH=str(tools), DISPLAY=":0")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("environ", "platform", "reaches"),
    [
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "linux", False),
        ({}, "darwin", True),
        ({"SSH_TTY": "/dev/ttys001"}, "darwin", False),
        ({"SSH_TTY": "/dev/pts/1", "DISPLAY": ":0"}, "linux", False),
        ({"SSH_CONNECTION": "a 1 b 22", "WAYLAND_DISPLAY": "wayland-0"}, "linux", False),
        ({"SSH_TTY": "/dev/pts/1", "DISPLAY": "localhost:10.0"}, "linux", True),
    ],
)
def test_where_pyperclip_reaches_the_users_clipboard(
    tools: Path, environ: dict[str, str], platform: str, reaches: bool
) -> None:
    for name in ("xclip", "wl-copy", "wl-paste"):
        program(tools, name, "exit 0")
    environ["PATH"] = str(tools)
    assert (clipboard.pyperclip_environment(environ, platform) is not None) is reaches


def test_without_a_program_that_serves_a_display_pyperclip_is_not_asked(tools: Path) -> None:
    environ = {"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0", "PATH": str(tools)}
    assert clipboard.pyperclip_environment(environ, "linux") is None


def test_over_ssh_a_forwarded_display_wins_over_the_machines_own() -> None:
    environ = {"SSH_TTY": "x", "DISPLAY": "localhost:10.0", "WAYLAND_DISPLAY": "wayland-0"}
    environment = clipboard.pyperclip_environment({**environ, "PATH": os.environ["PATH"]}, "linux")
    assert environment is None or "WAYLAND_DISPLAY" not in environment


# tmux


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment inside a real tmux server of the test's own."""
    binary = shutil.which("tmux")
    if binary is None:
        pytest.skip("tmux is not installed")
    socket = tmp_path / "tmux"
    start = [binary, "-S", str(socket), "-f", os.devnull]
    environ = {key: value for key, value in os.environ.items() if key not in {"TMUX", "TMUX_PANE"}}
    environ["TERM"] = "xterm-256color"
    subprocess.run([*start, "new-session", "-d", "-x", "80", "-y", "24", "cat"], check=True, env=environ)
    yield {"TMUX": f"{socket},1,0", "PATH": os.environ["PATH"], "TERM": "tmux-256color"}
    subprocess.run([*start, "kill-server"], check=False, env=environ)


@pytest.mark.parametrize(
    "text", [TEXT, "no newline at the end", "x" * 500_000], ids=["lines", "line", "long"]
)
def test_tmux_has_the_very_text(tmux: dict[str, str], text: str) -> None:
    copied = run(Terminal(), text, **tmux)
    assert "tmux" in copied.routes
    assert copied.confirmed
    assert "prefix and ]" in copied.note
    socket = tmux["TMUX"].split(",")[0]
    buffer = subprocess.run(["tmux", "-S", socket, "show-buffer"], check=True, capture_output=True).stdout
    assert buffer == text.encode()


def test_a_tmux_too_old_to_set_the_clipboard_still_gets_the_text(tools: Path, tmp_path: Path) -> None:
    received_file = tmp_path / "taken"
    program(tools, "tmux", f'[ "$2" = -w ] && exit 1; exec /bin/cat > "{received_file}"')
    assert "tmux" in run(Terminal(), PATH=str(tools), TMUX="/x,1,0").routes
    assert received_file.read_bytes() == TEXT.encode()


def test_a_tmux_that_is_gone_is_no_success(tmp_path: Path) -> None:
    copied = run(Terminal(), PATH=os.environ["PATH"], TMUX=f"{tmp_path}/none,1,0")
    assert copied.routes == ("OSC 52",)
    assert not copied.confirmed


# The program that runs pyperclip


def test_the_text_is_never_an_argument(tools: Path, tmp_path: Path) -> None:
    program(
        tools,
        "xclip",
        f"exec > '{tmp_path}/seen'; /bin/cat > /dev/null; echo $@; /bin/cat /proc/$PPID/cmdline",
    )
    run(Terminal(), "AKIASECRET", PATH=str(tools), DISPLAY=":0")
    assert "AKIASECRET" not in (tmp_path / "seen").read_text()


def test_it_runs_with_this_python() -> None:
    process = subprocess.run(
        [sys.executable, "-P", "-m", "cloud_audit_tui.app.system.pyperclip_copy"],
        input=b"x",
        env={"PATH": "/nonexistent"},
        capture_output=True,
        check=False,
    )
    assert (process.returncode, process.stdout, process.stderr) == (1, b"", b"")
