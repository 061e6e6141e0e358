"""A login that is over is seen before the scan, `L` renews it, and the scan goes on."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input

from cloud_audit_tui.app.dialogs.expired_credentials import ExpiredCredentials
from cloud_audit_tui.app.dialogs.mfa import MfaPrompt
from cloud_audit_tui.app.dialogs.profile_picker import ProfilePicker
from cloud_audit_tui.app.screens.help import HelpScreen
from cloud_audit_tui.app.screens.overview import OverviewScreen
from cloud_audit_tui.app.system import terminal_program
from cloud_audit_tui.aws.login import Login
from cloud_audit_tui.aws.profiles import Profile, ProfileKind
from cloud_audit_tui.scan.events import InputKind, InputNeeded, ProfileFailed
from each_row import each_row

from ..conftest import NOW

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from textual.pilot import Pilot

    from cloud_audit_tui.app.app import CloudAuditApp

pytestmark = pytest.mark.proof

TALL = (120, 40)
QUESTIONS = {InputKind.MFA_CODE: MfaPrompt, InputKind.CREDENTIALS: ExpiredCredentials}


class Cli:
    """The AWS CLI of a test: it renews the token of the profiles, or fails."""

    def __init__(self, token: Path) -> None:
        self.token = token
        self.code = 0
        self.commands: list[list[str]] = []

    def put_token(self, hours: float) -> None:
        ends = (NOW + timedelta(hours=hours)).isoformat()
        self.token.write_text(json.dumps({"accessToken": "secret", "expiresAt": ends}))

    def run(self, _host: Any, command: Any, _changes: Any) -> int:
        self.commands.append(list(command))
        if not self.code:
            self.put_token(8)
        return self.code


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    cli = Cli(tmp_path / "token.json")
    monkeypatch.setattr("cloud_audit_tui.app.actions.log_in.run_in_terminal", cli.run)
    return cli


def profiles(cli: Cli) -> list[Profile]:
    """Return two profiles of one SSO session, one of `aws login`, and one with keys."""
    token = str(cli.token)
    sso = Login(("sso", "login", "--profile", "dev"), token)
    return [
        Profile("dev", ProfileKind.SSO, "eu-central-1", login=sso),
        Profile("prod", ProfileKind.SSO, "eu-central-1", login=sso),
        Profile("me", ProfileKind.LOGIN, "eu-central-1", login=Login(("login", "--profile", "me"), token)),
        Profile("keys", ProfileKind.KEYS, "eu-central-1"),
    ]


@asynccontextmanager
async def scanning(stage: Any, **options: Any) -> AsyncIterator[tuple[CloudAuditApp, Pilot[None]]]:
    """Open the app, with options of `Stage.app`, and start a scan."""
    app = stage.app(**options)
    async with app.run_test(size=TALL) as pilot:
        await stage.settled(pilot)
        await pilot.press("r")
        await stage.until(pilot, lambda: app.session.jobs.scanning)
        yield app, pilot


async def test_an_expired_login_is_seen_before_the_scan(stage: Any, cli: Cli) -> None:
    cli.put_token(-2)
    stage._start_job = silent(stage)
    app = stage.app(profiles=profiles(cli), selected=["dev", "keys"])
    async with app.run_test(size=TALL) as pilot:
        await stage.until(pilot, lambda: "Its login expired 2 h ago." in stage.screen_text(app))
        assert "Press L to log in: aws sso login --profile dev" in stage.screen_text(app)
        await pilot.press("p")
        await stage.until(pilot, lambda: isinstance(app.screen, ProfilePicker))
        await pilot.pause()
        await stage.until(pilot, lambda: text_on(app.screen).count("Its login expired") >= 3)


def text_on(screen: Any) -> str:
    """Return the text of a screen, also of one below a dialog or one that is not laid out yet."""
    return "\n".join(strip.text for strip in screen._compositor.render_strips())


def silent(stage: Any) -> Any:
    """Return a scanner that has not answered yet."""
    start = stage._start_job

    def begin(job: Any, environment: Any) -> Any:
        scan = start(job, environment)
        while not scan._events.empty():
            scan._events.get_nowait()
        return scan

    return begin


@pytest.mark.parametrize(
    ("profile", "command"),
    [("dev", ["aws", "sso", "login", "--profile", "dev"]), ("me", ["aws", "login", "--profile", "me"])],
)
async def test_l_logs_in_and_goes_on_with_the_scan(
    stage: Any, cli: Cli, profile: str, command: list[str]
) -> None:
    cli.put_token(-2)
    stage._start_job = silent(stage)
    app = stage.app(profiles=profiles(cli), selected=[profile])
    async with app.run_test(size=TALL) as pilot:
        await stage.until(pilot, lambda: "Its login expired" in stage.screen_text(app))
        await pilot.press("L")
        await stage.until(pilot, lambda: app.session.jobs.scanning)
        assert cli.commands == [command]
        assert stage.scan.job.profiles == [profile]
        await stage.until(pilot, lambda: "Its login expired" not in stage.screen_text(app))


async def test_one_login_serves_all_profiles_of_a_session_and_one_that_fails_scans_nothing(
    stage: Any, cli: Cli
) -> None:
    cli.code = 255
    stage._start_job = silent(stage)
    app = stage.app(profiles=profiles(cli), selected=["dev", "prod"])
    async with app.run_test(size=TALL) as pilot:
        await stage.until(pilot, lambda: "No login yet." in stage.screen_text(app))
        await pilot.press("L")
        await stage.until(pilot, lambda: "ended with code 255" in stage.notices(app))
        assert not app.session.jobs.scanning
        cli.code = 0
        cli.commands.clear()
        await pilot.press("L")
        await stage.until(pilot, lambda: app.session.jobs.scanning)
        assert len(cli.commands) == 1
        assert app.session.profiles.of("prod").failure is None


async def test_what_aws_says_of_a_login_leads_to_l_too(stage: Any, cli: Cli) -> None:
    cli.put_token(4)
    async with scanning(stage, profiles=profiles(cli), selected=["dev"]) as (app, pilot):
        failed = ProfileFailed("dev", "credentials", "The SSO session of 'dev' has expired.", "Run x.")
        stage.scan.say(stage.started(), failed, stage.finished())
        await stage.until(pilot, lambda: "The SSO session of 'dev' has expired." in stage.screen_text(app))
        assert "Press L to log in" in stage.screen_text(app)


async def test_without_the_cli_the_message_says_the_command(
    stage: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    stage._start_job = silent(stage)
    app = stage.app(profiles=profiles(Cli(tmp_path / "none")), selected=["dev"])
    async with app.run_test(size=TALL) as pilot:
        await stage.until(pilot, lambda: "No login yet" in stage.screen_text(app))
        await pilot.press("L")
        await stage.until(pilot, lambda: "Run `aws sso login --profile dev`" in stage.notices(app))
        assert "There is no program 'aws'" in stage.notices(app)


async def test_ctrl_l_in_the_picker_logs_in_to_the_row_and_l_only_to_a_chosen_profile(
    stage: Any, cli: Cli
) -> None:
    app = stage.app(profiles=profiles(cli), selected=["keys"])
    async with app.run_test(size=TALL) as pilot:
        await stage.settled(pilot)
        await pilot.press("L")
        await stage.until(pilot, lambda: "No chosen profile waits for a login." in stage.notices(app))
        assert cli.commands == []
        await pilot.press("p")
        await stage.until(pilot, lambda: isinstance(app.screen, ProfilePicker))
        await stage.paste(pilot, "dev")
        await pilot.pause()
        await pilot.press("ctrl+l")
        await stage.until(pilot, lambda: cli.commands)
        await stage.until(pilot, lambda: "No login yet" not in stage.screen_text(app))
        assert not app.session.jobs.scanning


async def test_credentials_that_end_in_the_middle_pause_the_scan(stage: Any, cli: Cli) -> None:
    cli.put_token(1)
    async with scanning(stage, profiles=profiles(cli), selected=["dev"]) as (app, pilot):
        reason = "The credentials of 'dev' have expired."
        stage.scan.say(stage.started(), stage.ready())
        with each_row() as row:
            for key, answer in (("L", "renewed"), ("r", "renewed"), ("escape", "")):
                cli.commands.clear()
                with row(key):
                    stage.scan.say(InputNeeded(f"for {key}", "dev", InputKind.CREDENTIALS, reason))
                    await stage.until(pilot, lambda: isinstance(app.screen, ExpiredCredentials))
                    await stage.until(pilot, lambda: "Paused dev" in text_on(app.main))
                    await stage.until(
                        pilot, lambda: f"The scan of dev waits. {reason}" in text_on(app.screen)
                    )
                    assert "aws sso login --profile dev" in text_on(app.screen)
                    if key == "L":
                        await a_failed_login_leaves_the_question_open(stage, pilot, cli)
                    await pilot.press(key)
                    await stage.until(pilot, lambda key=key: f"for {key}" in stage.scan.answers)
                    assert stage.scan.answers[f"for {key}"] == answer
                    assert bool(cli.commands) is (key == "L")
                    await stage.until(pilot, lambda: "Scanning dev" in text_on(app.main))
        assert len(stage.scan.answers) == 3


async def a_failed_login_leaves_the_question_open(stage: Any, pilot: Pilot[None], cli: Cli) -> None:
    cli.code = 1
    await pilot.press("L")
    await stage.until(pilot, lambda: "ended with code 1" in stage.notices(pilot.app))
    assert isinstance(pilot.app.screen, ExpiredCredentials)
    assert stage.scan.answers == {}
    cli.code = 0


async def test_each_question_comes_in_its_turn_and_its_code_is_kept_nowhere(
    stage: Any, tmp_path: Path
) -> None:
    codes = {"first": "314159", "second": "271828", "third": "161803"}
    async with scanning(stage, selected=["locked"]) as (app, pilot):
        stage.scan.say(stage.started())
        stage.scan.say(*(InputNeeded(name, name, InputKind.MFA_CODE, "device") for name in codes))
        for name, code in codes.items():
            await stage.until(pilot, lambda name=name: f"Profile {name} needs a code" in text_on(app.screen))
            assert sum(isinstance(screen, MfaPrompt) for screen in app.screen_stack) == 1
            await pilot.press(*code, "enter")
            await stage.until(pilot, lambda name=name: name in stage.scan.answers)
        assert stage.scan.answers == codes
        await stage.until(pilot, lambda: app.screen is app.main)
        stage.scan.say(stage.ready("locked"), stage.finished())
        await stage.until(pilot, lambda: not app.session.jobs.scanning)
        await stage.settled(pilot)
        picture = app.export_screenshot()
        for code in codes.values():
            assert code not in picture
            assert code not in stage.notices(app)
            assert_not_in_files(tmp_path, code.encode())


def assert_not_in_files(directory: Path, secret: bytes) -> None:
    contents = {path.name: path.read_bytes() for path in directory.iterdir()}
    assert contents
    assert not [name for name, content in contents.items() if secret in content]


async def test_a_question_goes_away_with_its_scan(stage: Any, cli: Cli) -> None:
    cli.put_token(4)
    async with scanning(stage, profiles=profiles(cli), selected=["dev"]) as (app, pilot):
        with each_row() as row:
            for kind, question in QUESTIONS.items():
                with row(f"{kind}, open"):
                    # Without a key: nobody waits for the answer, and the second one is not asked for.
                    stage.scan.say(*(InputNeeded(name, "dev", kind, "It waits.") for name in ("a", "b")))
                    await stage.until(pilot, lambda question=question: isinstance(app.screen, question))
                    await the_scan_ends_and_the_next_begins(stage, pilot)
            with row("it waited for a dialog"):
                await pilot.press("p")
                await stage.until(pilot, lambda: isinstance(app.screen, ProfilePicker))
                stage.scan.say(InputNeeded("q", "dev", InputKind.MFA_CODE, "device"))
                await stage.until(pilot, lambda: "waits for you" in stage.notices(app))
                await the_scan_ends_and_the_next_begins(stage, pilot, below=ProfilePicker)
            with row("it lies below the help"):
                stage.scan.say(InputNeeded("q", "dev", InputKind.MFA_CODE, "device"))
                await stage.until(pilot, lambda: isinstance(app.screen, MfaPrompt))
                await pilot.press("f1")
                await stage.until(pilot, lambda: isinstance(app.screen, HelpScreen))
                await the_scan_ends_and_the_next_begins(stage, pilot, below=HelpScreen)
            with row("the next one is asked as ever"):
                stage.scan.say(InputNeeded("r", "dev", InputKind.CREDENTIALS, "They have expired."))
                await stage.until(pilot, lambda: isinstance(app.screen, ExpiredCredentials))
                await pilot.press("r")
                await stage.until(pilot, lambda: "r" in stage.scan.answers)


async def the_scan_ends_and_the_next_begins(stage: Any, pilot: Any, *, below: type | None = None) -> None:
    """End the scan below a screen, leave that one, see that nothing is asked, and scan again."""
    app = pilot.app
    stage.scan.say(stage.finished())
    await stage.until(pilot, lambda: not app.session.jobs.scanning)
    if below:
        assert isinstance(app.screen, below)
        await pilot.press("escape")
    await stage.until(pilot, lambda: app.main.is_current)
    await pilot.pause()
    assert app.screen is app.main
    assert stage.scan.answers == {}
    await pilot.press("r")
    await stage.until(pilot, lambda: app.session.jobs.scanning)


async def test_a_question_waits_for_a_dialog_or_a_text_that_is_typed_and_for_no_whole_screen(
    stage: Any,
) -> None:
    async with scanning(stage, selected=["locked"]) as (app, pilot):
        with each_row() as row:
            with row("a whole screen"):
                await pilot.press("0")
                await stage.until(pilot, lambda: isinstance(app.screen, OverviewScreen))
                stage.scan.say(InputNeeded("q", "locked", InputKind.MFA_CODE, "device"))
                await stage.until(pilot, lambda: isinstance(app.screen, MfaPrompt))
                await pilot.press("escape")
                await stage.until(pilot, lambda: isinstance(app.screen, OverviewScreen))
                await pilot.press("escape")
                await stage.until(pilot, lambda: app.main.is_current)
            for kind, question in QUESTIONS.items():
                stage.scan.answers.clear()
                app.clear_notifications()
                with row(f"a dialog, {kind}"):
                    await it_waits_for_the_dialog(stage, pilot, kind, question)
            with row("the filter"):
                stage.scan.answers.clear()
                await pilot.press("slash", "r")
                stage.scan.say(InputNeeded("q", "locked", InputKind.CREDENTIALS, "They ended."))
                await stage.until(pilot, lambda: "Leave the text field to answer" in stage.notices(app))
                await pilot.press("d", "s")
                assert app.screen is app.main
                assert app.session.view.filter == "rds"
                await pilot.press("enter")
                await stage.until(pilot, lambda: isinstance(app.screen, ExpiredCredentials))
                assert stage.scan.answers == {}
                await pilot.press("escape")


async def it_waits_for_the_dialog(stage: Any, pilot: Any, kind: InputKind, question: type) -> None:
    """See that questions neither take the keys of a dialog nor are lost."""
    app = pilot.app
    await pilot.press("p")
    await stage.until(pilot, lambda: isinstance(app.screen, ProfilePicker))
    stage.scan.say(*(InputNeeded(name, name, kind, "device") for name in ("locked", "other")))
    await stage.until(pilot, lambda: "The scan of locked waits for you" in stage.notices(app))
    await stage.until(pilot, lambda: "Paused locked" in text_on(app.main))
    # The keys are still those of the dialog: none answers or skips the question.
    await pilot.press("r", "L")
    assert isinstance(app.screen, ProfilePicker)
    assert app.screen.query_one(Input).value == "rL"
    await pilot.press("escape")
    for name in ("locked", "other"):
        await stage.until(pilot, lambda: isinstance(app.screen, question))
        await stage.until(pilot, lambda name=name: name in text_on(app.screen))
        await pilot.press("escape")
        await stage.until(pilot, lambda name=name: name in stage.scan.answers)
    assert stage.scan.answers == {"locked": "", "other": ""}
    await stage.until(pilot, lambda: app.main.is_current)


async def test_the_header_names_a_profile_that_waits_without_a_scan(stage: Any) -> None:
    failure = stage.make()
    async with stage.opened([failure], size=(80, 24)) as (app, pilot):
        await pilot.press("v")
        await stage.until(pilot, lambda: app.session.jobs.verifications.findings)
        stage.scan.say(InputNeeded("q", "dev", InputKind.CREDENTIALS, "They ended."))
        await stage.until(pilot, lambda: isinstance(app.screen, ExpiredCredentials))
        await stage.until(pilot, lambda: "Paused dev" in text_on(app.main))
        await pilot.press("escape")
        await stage.until(pilot, lambda: stage.scan.answers == {"q": ""})


def test_ctrl_c_ends_the_login_and_not_the_app(tmp_path: Path) -> None:
    program = tmp_path / "aws"
    program.write_text("#!/bin/sh\nkill -INT $PPID\nexit 7\n")
    program.chmod(0o700)
    assert terminal_program._run([str(program)], {"PATH": "/bin:/usr/bin"}) == 7
