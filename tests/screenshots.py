"""Remake the pictures in screenshots/ from the embedded AWS: `python tests/screenshots.py`.

Each picture is taken of the real app on a real scan of the demo's accounts, as SVG and as PNG. A browser
draws the PNG: install Chromium or Chrome, or name it in CHROMIUM.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.pilot import Pilot

from cloud_audit_tui.app.app import CloudAuditApp
from cloud_audit_tui.aws.profiles import list_profiles
from cloud_audit_tui.commands.options import environment_of
from cloud_audit_tui.demo.embedded import EmbeddedAws
from cloud_audit_tui.scan.environment import overlay
from cloud_audit_tui.scan.executors.subprocess import SubprocessJob
from cloud_audit_tui.scan.jobs import ScanJob
from cloud_audit_tui.store.store import Store

TARGET = Path(__file__).parents[1] / "screenshots"
SIZES = ((120, 40), (80, 24))
REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-2")
PASTEABLE = {
    "AWS_CONFIG_FILE": "/tmp/cloud-audit-tui-demo/config",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:5000",
}
"""Stand-ins for the paths and the port of one run, so that the pictures change only when the app does."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER_OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
_VIEW_BOX = re.compile(r'viewBox="0 0 (\d+)[\d.]* (\d+)[\d.]*"')
_WEB_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)

Step = Callable[[Pilot[None]], Awaitable[None]]


def keys(*pressed: str) -> Step:
    """Return a step that presses keys."""

    async def press(pilot: Pilot[None]) -> None:
        for key in pressed:
            await pilot.press(key)
            await pilot.pause()

    return press


PICTURES: dict[str, Step] = {
    "main": keys(),
    "cli": keys("slash", *"churn-predictor-prod", "enter", "2"),
    "terraform": keys("slash", *"churn-predictor-prod", "enter", "3"),
    "profiles": keys("p"),
    "regions": keys("R"),
    "help": keys("question_mark"),
    "filter": keys("slash", *"eu-west-1"),
    "light": keys("ctrl+t"),
}


async def settle(pilot: Pilot[None]) -> None:
    """Wait until the app has drawn what its background work has brought."""
    for _ in range(6):
        await asyncio.sleep(0.15)
        await pilot.pause()


async def take_all(aws: EmbeddedAws, store: Store) -> None:
    """Take every picture in every size, each in an app that was just opened."""
    changes = environment_of(aws)
    profiles = list_profiles(overlay(os.environ, changes))
    for width, height in SIZES:
        for name, step in PICTURES.items():
            app = CloudAuditApp(
                store,
                profiles,
                selected=aws.profiles,
                regions=REGIONS,
                environment=changes,
                pasteable=PASTEABLE,
            )
            async with app.run_test(size=(width, height), notifications=True) as pilot:
                await settle(pilot)
                await step(pilot)
                await settle(pilot)
                svg = app.export_screenshot(title="cloud-audit-tui")
            save(svg, TARGET / f"{name}-{width}x{height}.svg")


def save(svg: str, path: Path) -> None:
    """Write a picture as SVG and, drawn by a browser, as PNG."""
    # The browser draws with the monospaced font of this machine, and asks no network for another.
    svg = _WEB_FONT.sub("", svg)
    path.write_text(svg, encoding="utf-8")
    width, height = (int(number) + 1 for number in _VIEW_BOX.search(svg).groups())  # type: ignore[union-attr]
    with tempfile.TemporaryDirectory() as profile:
        options = (
            f"--user-data-dir={profile}",
            f"--window-size={width},{height}",
            f"--screenshot={path.with_suffix('.png')}",
        )
        command = [browser(), *BROWSER_OPTIONS, *options, path.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    print(path.name)


def browser() -> str:
    """Return the browser's program; ends the run with a message when there is none."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        sys.exit("The PNGs need a browser: install Chromium, or name one in the variable CHROMIUM.")
    return found


async def main() -> None:
    """Scan the demo once, then photograph the app on what was found."""
    os.environ["TEXTUAL_ANIMATIONS"] = "none"
    TARGET.mkdir(exist_ok=True)
    async with EmbeddedAws(latency_ms=0) as aws:
        store = Store.open(Path(aws.environment["HOME"]) / "findings.db")
        job = ScanJob(profiles=aws.profiles, regions=list(REGIONS))
        events = [event async for event in SubprocessJob(job, environment_of(aws)).events()]
        store.apply(events)
        await take_all(aws, store)
        store.close()


if __name__ == "__main__":
    asyncio.run(main())
