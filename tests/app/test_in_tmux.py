"""The program as a person uses it: typed into a shell in tmux, its fix pasted into another, byte for byte."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloud_audit_tui.demo.profiles import profile_names
from cloud_audit_tui.model import Status
from cloud_audit_tui.remediation.render import render
from cloud_audit_tui.store.store import Store
from cloud_audit_tui.store.view import View
from tmux import PROMPT, Tmux, tmux_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud_audit_tui.model import Finding

PROGRAMS = Path(sys.executable).parent
CHECK = "aws-s3-001"
BUCKET = "acme-research-open-data"
"""A finding whose fix needs no input and no minute."""
REASON = "Versions expire after a day"
ENDPOINT = re.compile(rb"AWS_ENDPOINT_URL=(http://127\.0\.0\.1:\d+)\n")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The environment of both shells: the programs under test, and a place of its own for temporary files."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    path = os.pathsep.join((str(PROGRAMS), os.environ["PATH"]))
    return {**os.environ, "PATH": path, "TMPDIR": str(temporary), "CLOUD_AUDIT_TUI_DEMO_LATENCY_MS": "0"}


@pytest.fixture
def tmux(environ: dict[str, str], tmp_path: Path) -> Iterator[Tmux]:
    with tmux_server(environ) as server:
        yield server


class Visit:
    """A person with the demo in one window of tmux, and a shell in another."""

    def __init__(self, tmux: Tmux, environ: dict[str, str], directory: Path) -> None:
        self._tmux = tmux
        self._app = tmux.open_shell(directory)
        self._shell = tmux.open_shell(directory)
        self._environ = environ
        self._directory = directory
        self._temporary = Path(environ["TMPDIR"])

    def open(self) -> None:
        """Open the app on the demo, and wait for the end of its scan."""
        self._app.type("cloud-audit-tui --demo\n")
        self._app.wait_for("Scanned just now")

    def press(self, key: str, *expected: str) -> str:
        """Press a key and wait for what it shows."""
        self._app.press(key)
        return self._app.wait_for(*expected)

    def type(self, text: str, *expected: str) -> None:
        """Type a text and wait until it stands there: keys that come faster than the app draws overtake."""
        self._app.type(text)
        self._app.wait_for(text, *expected)

    def filter_by(self, text: str, *expected: str) -> None:
        """Type a filter in the place of the last one; a person looks before typing on."""
        self.press("/", "To the table")
        self.press("C-u", "/ words, or severity:high+")
        self.type(text, *expected)
        self.press("Enter", "c CLI")

    def select(self, check_id: str, name: str) -> None:
        """Open the group of a check, and go to its only finding that is shown."""
        self.filter_by(f"check:{check_id} {name}", "1 match")
        self._app.press("Home")
        self.press("+", f"▾ {check_id}")
        self.press("Down", f"Check      {check_id} ", f"Resource   {name}")

    def leave(self) -> None:
        """Go back to the findings; a key that follows Escape at once would be one with it."""
        self.press("Escape", "/ check:")

    @property
    def demo(self) -> Path:
        """The directory of the running demo, with its profiles and its store."""
        [directory] = self._temporary.glob("cloud-audit-tui-demo-*")
        return directory

    def failures(self) -> list[Finding]:
        """Return what fails in the store of the running app."""
        view = View(profiles=tuple(profile_names()), statuses=(Status.FAIL,))
        with Store.open(self.demo / "findings.db") as store:
            return store.findings(store.row_ids(view))

    def copy(self) -> bytes:
        """Copy the script of the selected finding, and return tmux's buffer."""
        self.press("c", "Copied by tmux and OSC 52.")
        return self._tmux.buffer

    def paste_into_file(self) -> bytes:
        """Paste into a program that keeps what arrives, and return that."""
        # Only a prompt of bash wants a paste in brackets.
        self._shell.type("echo open; cat > arrived.sh\n")
        self._shell.wait_for("\nopen\n")
        self._shell.paste()
        self._shell.press("C-d", "C-d")
        self._shell.wait_until(lambda text: text.rstrip().endswith(PROMPT))
        return (self._directory / "arrived.sh").read_bytes()

    def paste_into_bash(self) -> None:
        """Paste into bash, which runs it by the real AWS CLI, and wait until it says that it is done."""
        self._shell.wait_until(lambda text: text.rstrip().endswith(PROMPT))
        self._shell.press("C-l")
        self._shell.wait_until(lambda text: text.strip() == PROMPT)
        self._shell.paste()
        self._shell.press("Enter")
        self._shell.wait_until(lambda text: text.rstrip().endswith(f"\nDone.\n{PROMPT}"))

    def run(self, *command: str | Path, **variables: str) -> bytes:
        """Run a program on the demo and return its output."""
        environ = {**self._environ, **variables}
        return subprocess.run(command, env=environ, check=True, capture_output=True, timeout=120).stdout

    def quit(self) -> None:
        """Leave the app: the terminal is the shell's again, and nothing of the demo is left."""
        self._app.press("q")
        self._app.wait_until(lambda text: text.rstrip().endswith(PROMPT))
        assert not list(self._temporary.glob("cloud-audit-tui-demo-*"))


@pytest.mark.proof
def test_find_copy_paste_verify_and_export_in_a_real_terminal(
    tmux: Tmux, environ: dict[str, str], tmp_path: Path
) -> None:
    visit = Visit(tmux, environ, tmp_path)
    visit.open()
    demo = visit.demo

    visit.filter_by("check:aws-s3-*", " matches")
    grouped = visit.press("g", "by check", f"▸ {CHECK}")
    failing = {each.check_id for each in visit.failures()}
    assert set(re.findall(r"▸ (aws-\S+)", grouped)) == {each for each in failing if "-s3-" in each}

    # The buffer is what the renderer makes of the stored finding, and that is what arrives.
    visit.select(CHECK, BUCKET)
    copied = visit.copy()
    endpoint = ENDPOINT.search(copied)
    assert endpoint is not None
    variables = {
        "AWS_CONFIG_FILE": str(demo / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(demo / "credentials"),
        "AWS_ENDPOINT_URL": endpoint[1].decode(),
    }
    [finding] = [each for each in visit.failures() if (each.check_id, each.resource_name) == (CHECK, BUCKET)]
    assert copied.decode() == render(finding, variables).cli
    assert visit.paste_into_file() == copied

    # What was pasted has changed the account, and the app sees it.
    visit.paste_into_bash()
    visit.press("v", "▌ Fixed", BUCKET)
    ask = ("s3api", "get-public-access-block", f"--bucket={BUCKET}", "--profile=demo-research")
    block = json.loads(visit.run(PROGRAMS / "aws", *ask, **variables))
    assert set(block["PublicAccessBlockConfiguration"].values()) == {True}

    visit.press("0", "Overview", "Service", "Region", "s3")
    visit.leave()
    visit.press("h", "History", "1 stored scan", "complete")
    visit.leave()
    visit.select("aws-s3-007", "acme-research-speech-corpus")
    visit.press("m", "Mute 1 finding", "Why this is accepted")
    visit.type(REASON)
    visit.press("Enter", "1 muted")
    assert REASON in (demo / ".cloud-audit.yml").read_text(encoding="utf-8")

    # The exported file is what `report` writes of the same store.
    visit.press("x", "Export a report", "cloud-audit-report.json")
    visit.press("C-s", "everything, passes included")
    visit.press("Enter", "as json.")
    reported = tmp_path / "reported.json"
    visit.run(
        *(PROGRAMS / "cloud-audit-tui", "report", "-o", reported, "--config", demo / ".cloud-audit.yml"),
        *(f"--profile={name}" for name in profile_names()),
        CLOUD_AUDIT_TUI_DATA=str(demo),
        **variables,
    )
    exported = (tmp_path / "cloud-audit-report.json").read_bytes()
    assert exported == reported.read_bytes()
    assert len(json.loads(exported)["results"]) > len(failing)
    visit.quit()
