"""A child process is started with a socket of its own, in a process group that Ctrl+C does not reach."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import Any

import pytest

from cloud_audit_tui.aws.child_process import start_with_socket

pytestmark = pytest.mark.proof


async def test_the_socket_leads_to_the_child_and_to_nobody_else(tmp_path: Any) -> None:
    (tmp_path / "echo.py").write_text(
        "import socket, sys\n"
        "end = socket.socket(fileno=int(sys.argv[-1]))\n"
        "end.sendall(end.recv(9) + sys.argv[1].encode())\n"
    )
    process, ours = await start_with_socket("echo", "heard", env={**os.environ, "PYTHONPATH": str(tmp_path)})
    with ours:
        assert os.getsid(process.pid) == process.pid
        reader, writer = await asyncio.open_connection(sock=ours)
        writer.write(b"this was ")
        assert await reader.read() == b"this was heard"
        writer.close()
    assert await process.wait() == 0


async def test_a_child_that_cannot_be_started_leaves_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = socket.socketpair()
    monkeypatch.setattr(socket, "socketpair", lambda: pair)
    with pytest.raises(OSError, match="no-such-place"):
        await start_with_socket("echo", cwd="/no-such-place")
    assert [end.fileno() for end in pair] == [-1, -1]
