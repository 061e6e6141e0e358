"""The HTML page loads nothing, runs nothing, and shows names as they are."""

from __future__ import annotations

import shutil
import subprocess
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from cloud_audit_tui.reports.document import Report
from cloud_audit_tui.reports.format import Options
from cloud_audit_tui.reports.formats.html import to_text
from reports.made_report import HOSTILE, whole_report

if TYPE_CHECKING:
    from pathlib import Path

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Page(HTMLParser):
    """Collects tags, attributes and text; every tag must be closed in its order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_loads_and_runs_nothing() -> None:
    page = Page(to_text(whole_report(), Options()))
    assert {"script", "img", "link", "iframe", "object", "form", "a"}.isdisjoint(page.tags)
    assert [name for name, _ in page.attributes if name.startswith("on") or name in {"src", "href"}] == []
    assert "url(" not in page.text
    assert "@import" not in page.text
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes


def test_everything_is_on_it() -> None:
    page = Page(to_text(whole_report(), Options()))
    assert HOSTILE[:40] in page.text
    for words in (
        "Failures: 4", "Not assessed: 3", "Muted: 1", "Notebook with root access", "acme (eu-central-1)",
        "Access denied.", "aws sagemaker update-notebook-instance", "2026-11-26T10:00:05+00:00",
    ):  # fmt: skip
        assert words in page.text


@pytest.mark.proof
def test_a_browser_draws_the_page(tmp_path: Path) -> None:
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        pytest.skip("no browser is installed")
    file, picture = tmp_path / "report.html", tmp_path / "report.png"
    file.write_text(to_text(whole_report(), Options()), encoding="utf-8")
    options = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}")
    screenshot = (f"--screenshot={picture}", "--window-size=900,1200", file.as_uri())
    subprocess.run([browser, *options, *screenshot], check=True, capture_output=True, timeout=120)
    assert picture.stat().st_size > 20_000, "more than an empty page"
    dump = subprocess.run(
        [browser, *options, "--dump-dom", file.as_uri()], check=True, capture_output=True, timeout=120
    )
    assert dump.stdout.decode().count("<details>") == to_text(whole_report(), Options()).count("<details>")


def test_an_empty_report_says_so() -> None:
    page = Page(to_text(Report(), Options()))
    assert "No failure was found. The scan did not complete: failed." in page.text
