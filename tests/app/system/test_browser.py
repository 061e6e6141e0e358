"""A page opens where there is a window for it, by a program that gets the address as one argument."""

from __future__ import annotations

import asyncio
import stat
from typing import TYPE_CHECKING

import pytest

from cloud_audit_tui.app.system import browser

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://console.aws.amazon.com/s3/buckets/a%27b?region=eu-central-1"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A directory with an opener that writes down its arguments."""
    program = tmp_path / "xdg-open"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$#" "$@" > {tmp_path}/arguments\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "open").symlink_to(program)
    return tmp_path


@pytest.mark.parametrize(
    ("platform", "variables", "opens"),
    [
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {}, False),
        ("linux", {"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "a"}, False),
        ("darwin", {}, True),
        ("darwin", {"SSH_TTY": "/dev/ttys1"}, False),
        ("linux", {"WSL_DISTRO_NAME": "Ubuntu"}, False),
    ],
)
async def test_a_page_opens_where_there_is_a_window(
    programs: Path, platform: str, variables: dict[str, str], opens: bool
) -> None:
    environ = {"PATH": f"{programs}:/usr/bin:/bin", **variables}
    assert await browser.open_page(URL, environ, platform) is opens
    assert (programs / "arguments").exists() is opens
    if opens:
        assert (programs / "arguments").read_text().splitlines() == ["1", URL]


async def test_a_program_that_fails_has_not_opened_it(programs: Path) -> None:
    (programs / "xdg-open").write_text("#!/bin/sh\nexit 3\n")
    environ = {"PATH": f"{programs}:/usr/bin:/bin", "DISPLAY": ":0"}
    assert not await browser.open_page(URL, environ, "linux")


async def test_a_program_that_stays_has_opened_it(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "TIME_LIMIT", 0.05)
    (programs / "xdg-open").write_text("#!/bin/sh\nexec sleep 0.3\n")
    environ = {"PATH": f"{programs}:/usr/bin:/bin", "DISPLAY": ":0"}
    assert await browser.open_page(URL, environ, "linux")
    await asyncio.gather(*browser.RUNNING)


async def test_nothing_but_a_secure_address_is_opened(programs: Path) -> None:
    environ = {"PATH": f"{programs}:/usr/bin:/bin", "DISPLAY": ":0"}
    for url in ("file:///etc/passwd", "--help", "http://x"):
        assert not await browser.open_page(url, environ, "linux")
    assert not (programs / "arguments").exists()
