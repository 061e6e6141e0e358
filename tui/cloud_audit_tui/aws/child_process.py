"""Starts a module of this program as a child process with a socket that only the two have."""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asyncio.subprocess import Process


async def start_with_socket(module: str, *arguments: str, **options: Any) -> tuple[Process, socket.socket]:
    """Start a module and return its process and this end of the socket; raises `OSError`.

    The descriptor of the child's end is its last argument. ``options`` are those of
    `asyncio.create_subprocess_exec`.
    """
    ours, theirs = socket.socketpair()
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            # -P keeps modules of the current directory from shadowing the product's.
            "-P",
            "-m",
            module,
            *arguments,
            str(theirs.fileno()),
            pass_fds=(theirs.fileno(),),
            # Only the parent receives Ctrl+C from the terminal; it ends the child.
            start_new_session=True,
            **options,
        )
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    return process, ours
