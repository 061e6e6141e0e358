"""A second process that waits from the start of a scan: forked where that is safe, and gone at the end."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.aws.second_process import spare
from cloud_audit_tui.aws.second_process.spare import is_at_hand, spare_process, take

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.proof

FORKS = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks a spare process")

PROGRAM = """
import asyncio, json, os, signal, socket, sys, time
from cloud_audit_tui.aws.second_process import spare
spare.available_cores = lambda: 2

def serve(descriptor):
    pass

def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0] != "Z"

def until_ended(pid):
    while is_alive(pid):
        time.sleep(0.01)

def descriptors(pid):
    paths = (os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd"))
    return sorted({path.partition(":")[0] for path in paths})

def say(**facts):
    print(json.dumps(facts), flush=True)
"""


def run(program: str, **options: Any) -> dict[str, Any]:
    """Run a program, which has one thread, and return the facts that it says."""
    command = [sys.executable, "-c", PROGRAM + program]
    process = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **options)
    assert process.returncode == 0, process.stderr
    facts: dict[str, Any] = json.loads(process.stdout)
    return facts


@FORKS
def test_a_scan_takes_the_waiting_process_and_ends_it() -> None:
    facts = run("""
from cloud_audit_tui.aws.call_limits import CallLimits
from cloud_audit_tui.aws.second_process.connection import SecondProcess
from cloud_audit_tui.aws.second_process.server import serve

async def scan():
    process = await SecondProcess.start([], CallLimits())
    alive = is_alive(process.pid)
    await process.close()
    await process.close()
    return process.pid, alive

with spare.spare_process(serve):
    waiting = spare._at_hand[0].process.pid
    taken, alive = asyncio.run(scan())
    say(same=taken == waiting, alive=alive, after=is_alive(taken), more=spare.is_at_hand())
""")
    assert facts == {"same": True, "alive": True, "after": False, "more": False}


@FORKS
def test_what_no_scan_took_ends_with_the_context() -> None:
    facts = run("""
with spare.spare_process(serve):
    waiting = spare._at_hand[0].process.pid
    alive = is_alive(waiting)
say(alive=alive, after=is_alive(waiting))
""")
    assert facts == {"alive": True, "after": False}


@FORKS
def test_it_holds_nothing_open_that_its_parent_opened(tmp_path: Path) -> None:
    facts = run(f"""
secret = open({str(tmp_path / "secret")!r}, "w+")
ours, theirs = socket.socketpair()
with spare.spare_process(serve):
    ours.close()
    theirs.close()
    process, connection = spare._at_hand[0]
    while "pipe" in (held := descriptors(process.pid)) or {str(tmp_path / "secret")!r} in held:
        time.sleep(0.01)
    say(held=held, group=os.getsid(process.pid) == process.pid)
""")
    assert set(facts["held"]) <= {"/dev/null", "socket", "anon_inode"}
    assert facts["group"]


@FORKS
def test_it_collects_the_garbage_that_it_makes() -> None:
    facts = run("""
import gc

def serve(descriptor):
    socket.socket(fileno=descriptor).sendall(b"yes" if gc.isenabled() else b"no")

with spare.spare_process(serve):
    connection = spare._at_hand[0].connection
    connection.send(b"x")
    say(collects=connection.recv(3).decode())
""")
    assert facts == {"collects": "yes"}


@FORKS
def test_it_ends_when_the_scanner_is_killed() -> None:
    facts = run("""
reading, writing = os.pipe()
scanner = os.fork()
if not scanner:
    with spare.spare_process(serve):
        os.write(writing, b"%d" % spare._at_hand[0].process.pid)
        signal.pause()
waiting = int(os.read(reading, 20))
os.kill(scanner, signal.SIGKILL)
os.waitpid(scanner, 0)
until_ended(waiting)
say(ended=True)
""")
    assert facts == {"ended": True}


@FORKS
@pytest.mark.parametrize(
    "change",
    [
        "spare.available_cores = lambda: 1",
        "sys.platform = 'darwin'",
        "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()",
        "os.fork = lambda: (_ for _ in ()).throw(OSError('no memory'))",
    ],
)
def test_none_waits_where_forking_is_unsafe_useless_or_impossible(change: str) -> None:
    facts = run(f"""
{change}
with spare.spare_process(serve):
    say(at_hand=spare.is_at_hand())
""")
    assert facts == {"at_hand": False}


def test_without_one_there_is_none_to_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spare, "available_cores", lambda: 1)
    with spare_process(lambda _: None):
        assert not is_at_hand()
        assert take() is None
