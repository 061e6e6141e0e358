"""Starts programs that run beside the app, without its terminal."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Mapping, Sequence


async def start(
    program: Sequence[str], environ: Mapping[str, str], *, stdin: int = asyncio.subprocess.DEVNULL
) -> Process | None:
    """Start a program in a session of its own, without output; None where it cannot be started.

    No shell sees the arguments.
    """
    try:
        return await asyncio.create_subprocess_exec(
            *program,
            stdin=stdin,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env=dict(environ),
            start_new_session=True,
        )
    except (OSError, ValueError):
        return None
