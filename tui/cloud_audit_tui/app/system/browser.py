"""Opens a web page in the user's browser if this machine has one."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from typing import TYPE_CHECKING

from cloud_audit_tui.app.system.clipboard import is_remote
from cloud_audit_tui.app.system.programs import start

if TYPE_CHECKING:
    from collections.abc import Mapping

TIME_LIMIT = 3.0
"""Seconds after which a program that still runs counts as showing the page."""
SECURE = "https://"
RUNNING: set[asyncio.Task[int]] = set()
"""The waits for programs that still run; without a wait, an ended program would stay a zombie."""


def opener(environ: Mapping[str, str], platform: str = sys.platform) -> str | None:
    """Return the path of the program that opens a page in a window of this machine, None for none.

    Over SSH and without a display there is no such window. A text-mode browser would draw over the app.
    """
    if is_remote(environ):
        return None
    path = environ.get("PATH")
    if platform == "darwin":
        return shutil.which("open", path=path)
    if environ.get("WSL_DISTRO_NAME"):
        return shutil.which("wslview", path=path)
    if environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"):
        return shutil.which("xdg-open", path=path)
    return None


async def open_page(url: str, environ: Mapping[str, str] | None = None, platform: str = sys.platform) -> bool:
    """Open a page and return whether a program accepted it; no shell sees the address."""
    environ = os.environ if environ is None else environ
    program = opener(environ, platform)
    if program is None or not url.startswith(SECURE):
        return False
    process = await start([program, url], environ)
    if process is None:
        return False
    end = asyncio.create_task(process.wait())
    RUNNING.add(end)
    end.add_done_callback(RUNNING.discard)
    try:
        async with asyncio.timeout(TIME_LIMIT):
            return await asyncio.shield(end) == 0
    except TimeoutError:
        # Some openers run as long as the browser.
        return True
