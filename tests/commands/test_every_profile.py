"""The real program in tmux, with a HOME of profiles of every kind: what it says of each."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tmux import Pane, tmux_server

if TYPE_CHECKING:
    from pathlib import Path

    from aws_stub import AwsStub

pytestmark = pytest.mark.proof

ACCOUNT = "123456789012"
REGION = "us-east-1"
KEYS = "aws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = x\n"
GIVES = '{"Version": 1, "AccessKeyId": "AKIAEXAMPLE", "SecretAccessKey": "x"}'
PROGRAMS = {
    "slow": f"import time\ntime.sleep(2)\nprint({GIVES!r})",
    "wrong": "import sys\nsys.exit('no ticket, run kinit')",
    "garbage": "print('hello')",
    "hangs": "import time\ntime.sleep(900)",
}
READY = "ready"
LIMIT = 15
"""Seconds in which a profile must have its credentials here, in place of a minute."""
SHORTER = f"""
from cloud_audit_tui.aws.call_limits import DEFAULT_LIMITS
object.__setattr__(DEFAULT_LIMITS, "credentials", {LIMIT})
"""


@dataclass(frozen=True)
class Row:
    """A profile: its section, a word of its name to find it by, and what is shown of it.

    ``picker`` is in the list of profiles or in its note, ``banner`` above the findings and in the row of a
    profile that cannot be used; empty for one that is scanned.
    """

    section: str
    settings: str
    word: str
    picker: str
    banner: str = ""


def program(name: str) -> str:
    """Return the settings of a profile whose credentials a program of `PROGRAMS` gives."""
    return f"credential_process = {sys.executable} {{home}}/{name}.py\nregion = {REGION}\n"


def role(name: str, *lines: str) -> str:
    return "\n".join([f"role_arn = arn:aws:iam::{ACCOUNT}:role/{name}", f"region = {REGION}", *lines, ""])


def sso(session: str) -> str:
    account = f"sso_account_id = {ACCOUNT}\nsso_role_name = audit\n"
    return f"sso_session = {session}\n{account}region = {REGION}\n"


ROWS = {
    "environment": Row("", "", "environ", READY),
    "keys": Row("keys", f"{KEYS}region = {REGION}\n", "keys", READY),
    "role": Row("role", role("one", "source_profile = keys"), "role", READY),
    "chained": Row("chained", role("two", "source_profile = role"), "chained", READY),
    "endless": Row(
        "endless", role("x", "source_profile = endless2"), "endless", "in a circle", "leads in a circle"
    ),
    "endless2": Row(
        "endless2", role("y", "source_profile = endless"), "endless2", "in a circle", "leads in a circle"
    ),
    "from-env": Row("from-env", role("env", "credential_source = Environment"), "from-env", READY),
    "device": Row(
        "device",
        role("mfa", "source_profile = keys", f"mfa_serial = arn:aws:iam::{ACCOUNT}:mfa/me"),
        "device",
        READY,
    ),
    "valid": Row("valid", sso("valid"), "valid", READY),
    "lunch": Row(
        "lunch",
        sso("expired"),
        "lunch",
        "has expired or was never opened. Press L to log in: aws sso login --profile lunch",
        "has expired or was never opened",
    ),
    "newcomer": Row(
        "newcomer",
        sso("never"),
        "newcomer",
        "Press L to log in: aws sso login --profile newcomer",
        "has expired or was never opened",
    ),
    "cli-login": Row(
        "cli-login",
        f"login_session = arn:aws:iam::{ACCOUNT}:user/me\nregion = {REGION}\n",
        "cli-login",
        "Press L to log in: aws login --profile cli-login",
        "failed with code 255",
    ),
    "slow": Row("slow", program("slow"), "slow", READY),
    "wrong": Row(
        "wrong",
        program("wrong"),
        "wrong",
        "failed with code 1. It wrote: no ticket, run kinit",
        "failed with code 1",
    ),
    "garbage": Row("garbage", program("garbage"), "garbage", "did not print a JSON object", "JSON"),
    "my profile": Row('"my profile"', f"{KEYS}region = {REGION}\n", "my", READY),
    "not quoted": Row("not quoted", KEYS, "quoted", '[profile "my profile"]', "cannot be read"),
    "[prod] /x": Row('"[prod] /x"', f"{KEYS}region = {REGION}\n", "[prod]", READY),
    "rakete🚀": Row("rakete🚀", f"{KEYS}region = {REGION}\n", "rakete", READY),
    "bare": Row("bare", f"region = {REGION}\n", "bare", "has no complete credentials", "has no complete"),
    "hangs": Row(
        "hangs",
        program("hangs"),
        "hangs",
        f"gave no credentials within {LIMIT} s and was ended",
        f"gave no credentials within {LIMIT} s",
    ),
}
UNUSABLE = [name for name, row in ROWS.items() if row.banner]


@pytest.fixture
def home(aws: AwsStub, aws_server: str, nobodys_machine: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The HOME of these profiles; moto answers, except for IAM Identity Center, which is scripted."""
    directory = nobodys_machine / ".aws"
    cache = directory / "sso" / "cache"
    cache.mkdir(parents=True)
    sections = [
        f"[profile {row.section}]\n{row.settings.replace('{home}', str(directory))}"
        for row in ROWS.values()
        if row.section
    ]
    for session in ("valid", "expired", "never"):
        start = f"https://{session}.awsapps.com/start"
        sections.append(f"[sso-session {session}]\nsso_start_url = {start}\nsso_region = {REGION}\n")
    (directory / "config").write_text("\n".join(sections), encoding="utf-8")
    for name, text in PROGRAMS.items():
        (directory / f"{name}.py").write_text(text)
    now = datetime.now(UTC)
    for session, hours in (("valid", 8), ("expired", -2)):
        token = {
            "accessToken": "token",
            "expiresAt": f"{now + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}",
            "startUrl": f"https://{session}.awsapps.com/start",
            "region": REGION,
        }
        name = hashlib.sha1(session.encode(), usedforsecurity=False).hexdigest()
        (cache / f"{name}.json").write_text(json.dumps(token))
    ends = int((now + timedelta(hours=1)).timestamp() * 1000)
    keys = {"accessKeyId": "AKIAEXAMPLE", "secretAccessKey": "x", "sessionToken": "y", "expiration": ends}
    aws.answer("sso", "GetRoleCredentials", {"roleCredentials": keys})
    # `aws login` needs a recent AWS CLI, which the machine of the test may lack.
    cli = directory / "bin" / "aws"
    cli.parent.mkdir()
    cli.write_text("#!/bin/sh\necho 'Your session has expired.' >&2\nexit 255\n")
    cli.chmod(0o755)
    # Python imports a module of this name at its start, in the app and in its scanner.
    (customized := directory / "python").mkdir()
    (customized / "sitecustomize.py").write_text(SHORTER)
    monkeypatch.setenv("PYTHONPATH", str(customized), prepend=os.pathsep)
    monkeypatch.setenv("PATH", str(cli.parent), prepend=os.pathsep)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_server)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSO", aws.url)
    monkeypatch.delenv("AWS_CONFIG_FILE")
    monkeypatch.delenv("AWS_SHARED_CREDENTIALS_FILE")
    return nobodys_machine


def words(screen: str) -> str:
    """Return the text of the dialog on a screen, or of the whole screen without one, on one line."""
    lines = screen.splitlines()
    top = next((line for line in lines if "╭─" in line), "")
    first_column, last_column = top.find("╭"), top.find("╮")
    return " ".join(" ".join(line[first_column + 1 : last_column] if top else line for line in lines).split())


def is_shown(screen: str, row: Row) -> bool:
    """Say whether the list of profiles is filtered by a row's word and says of it what it should."""
    if f"│  {row.word} " not in screen:
        return False
    if row.picker is not READY:
        return row.picker in words(screen)
    cursor = next((line for line in screen.splitlines() if "│ ▌" in line), "")
    return " ready " in cursor or " scanned " in cursor


def in_picker(pane: Pane, row: Row) -> None:
    """Filter the list of profiles by a row's word, and wait until it shows the row's text."""
    pane.press("C-u")
    pane.wait_until(lambda screen: "Type to filter" in screen)
    pane.type(row.word)
    pane.wait_until(lambda screen: is_shown(screen, row))


def takes_keys(pane: Pane, screen: str) -> bool:
    """Say whether the list of profiles takes letters: it is drawn a moment before it does."""
    if "│  x" in screen:
        return True
    if "Type to filter" in screen:
        pane.type("x")
    return False


def unusable_rows(screen: str) -> list[str]:
    """Return the rows of the table that say that a profile cannot be used."""
    return [line for line in screen.splitlines() if "Not assessed: Profile cannot be used" in line]


def unusable(screen: str) -> list[str]:
    """Return the profiles that these rows name."""
    rows = unusable_rows(screen)
    return sorted(name for name in ROWS if any(f" {name} " in line for line in rows))


def test_what_the_program_says_of_every_profile(home: Path, tmp_path: Path) -> None:
    options = [option for name in ROWS for option in ("--profile", name)]
    program = [sys.executable, "-m", "cloud_audit_tui", "--scan", "--regions", REGION, *options]
    wrong: list[str] = []
    with tmux_server(os.environ) as tmux:
        pane = tmux.open(program, tmp_path, width=200, height=60)
        # The code is asked for while the other profiles are scanned.
        pane.wait_until(lambda screen: "Profile device needs a code" in words(screen))
        pane.type("123456")
        pane.press("Enter")
        pane.wait_until(lambda screen: "needs a code" not in words(screen))
        pane.press("p")
        pane.wait_until(lambda screen: takes_keys(pane, screen))
        for name, row in ROWS.items():
            try:
                in_picker(pane, row)
            except AssertionError as error:
                wrong.append(f"{name}: {row.picker!r} is not in the list of profiles\n{error}")
        assert not wrong, "\n".join(wrong)

        pane.press("Escape")
        pane.wait_until(lambda screen: "Enter chooses" not in screen)
        pane.wait_until(lambda screen: " Scanned " in screen)
        # One row for each profile that cannot be used, and none for any other.
        pane.press("u")
        pane.press("/")
        pane.wait_for("To the table")
        pane.type("check:profile-access")
        pane.press("Enter")
        # A key that comes before the table has the focus is a letter of the filter.
        pane.wait_until(lambda screen: "To the table" not in screen)
        screen = pane.wait_until(lambda screen: unusable(screen) == sorted(UNUSABLE))
        # Above the findings, a line for each of them says why.
        pane.press("!")
        banner = pane.wait_until(lambda screen: screen.count("✗ ") >= len(UNUSABLE)).splitlines()
    silent = [
        name
        for name in UNUSABLE
        if not any(f"✗ {name} " in line and ROWS[name].banner in line for line in banner)
    ]
    assert not silent, f"nothing is said of {silent}:\n" + "\n".join(banner)
    assert len(unusable_rows(screen)) == len(UNUSABLE), screen
