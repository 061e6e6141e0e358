"""A credential program costs its own profile its time, and nothing and nobody else."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloud_audit_tui.aws import credential_program
from cloud_audit_tui.aws.call_limits import CallLimits
from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.aws.identity import identify
from cloud_audit_tui.aws.profiles import Profile, ProfileKind, list_profiles
from cloud_audit_tui.aws.redaction import redacted
from each_row import each_row
from quiet_sessions import quiet_sessions

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_stub import AwsStub

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEYS = json.dumps({"Version": 1, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": SECRET})
QUICK = CallLimits(credentials=1.0)


@pytest.fixture
def program(aws: AwsStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Profile]:
    """Configure a profile whose credentials a shell script prints."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    config = tmp_path / "config"
    config.write_text("")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))

    def configure(script: str, name: str = "prod") -> Profile:
        path = tmp_path / f"{name}-login"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o700)
        with config.open("a") as file:
            file.write(f"[profile {name}]\nregion = eu-central-1\ncredential_process = {path}\n")
        return Profile(name, ProfileKind.PROCESS, "eu-central-1")

    return configure


async def account(*profiles: Profile, limits: CallLimits = QUICK) -> list[str | ReadError]:
    async with quiet_sessions(limits=limits) as sessions:

        async def one(profile: Profile) -> str | ReadError:
            try:
                return (await identify(sessions, profile, "", briefly=True)).account_id
            except ReadError as error:
                return error

        return await asyncio.gather(*map(one, profiles))


async def refusal(profile: Profile, limits: CallLimits = QUICK) -> ReadError:
    [answer] = await account(profile, limits=limits)
    assert isinstance(answer, ReadError)
    assert answer.kind is Unread.CREDENTIALS
    return answer


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def survivors(pids: Path) -> list[str]:
    """Return which processes live on; one that was killed may take a moment to be gone."""
    deadline = time.monotonic() + 2
    while alive := [pid for pid in pids.read_text().split() if is_running(int(pid))]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.01)
    return alive


async def test_its_credentials_are_used(program: Callable[..., Profile]) -> None:
    assert await account(program(f"echo '{KEYS}'")) == ["111122223333"]


async def test_four_slow_programs_run_side_by_side(program: Callable[..., Profile], tmp_path: Path) -> None:
    (marks := tmp_path / "begun").mkdir()

    def waiting_for_the_others(name: str) -> Profile:
        others = f"until [ $(ls {marks} | wc -l) = 4 ]; do sleep 0.01; done"
        return program(f"touch {marks}/{name}; {others}; echo '{KEYS}'", name)

    profiles = [waiting_for_the_others(f"p{number}") for number in range(4)]
    assert await account(*profiles, limits=CallLimits()) == ["111122223333"] * 4


async def test_a_program_that_hangs_stops_itself_alone(
    program: Callable[..., Profile], tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    hanging = program(f"echo waiting for a key >&2; sleep 600 & echo $$ $! > {pids}; wait", "hangs")
    working = program(f"echo '{KEYS}'", "works")
    failed, account_id = await account(hanging, working)
    assert account_id == "111122223333"
    assert isinstance(failed, ReadError)
    assert "'hangs-login'" in failed.words
    assert "profile" in failed.words or "'hangs'" in failed.words
    assert "within 1 s" in failed.words
    assert "waiting for a key" in failed.words
    assert survivors(pids) == []


async def test_a_program_ends_when_the_scan_is_stopped(
    program: Callable[..., Profile], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credential_program, "GRACE", 0.1)
    pids = tmp_path / "pids"
    asking = asyncio.create_task(
        account(
            program(f"trap '' TERM; sleep 600 & echo $$ $! > {pids}; wait; sleep 600"), limits=CallLimits()
        )
    )
    while not (pids.exists() and pids.read_text().endswith("\n")):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert survivors(pids) == []


@pytest.mark.proof
def test_a_program_ends_with_the_app(program: Callable[..., Profile], tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    program(f"sleep 600 & echo $$ $! > {pids}; wait")
    script = f"""
        import asyncio, pathlib, sys
        from aws.test_credential_program import account
        from cloud_audit_tui.aws.call_limits import CallLimits
        from cloud_audit_tui.aws.profiles import Profile, ProfileKind, list_profiles

        async def main():
            profile = Profile("prod", ProfileKind.PROCESS, "eu-central-1")
            asyncio.create_task(account(profile, limits=CallLimits()))
            while not (pathlib.Path({str(pids)!r}).exists() and pathlib.Path({str(pids)!r}).read_text()):
                await asyncio.sleep(0.01)
            sys.exit(3)

        asyncio.run(main())
    """
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", textwrap.dedent(script)]
    ended = subprocess.run(command, env=environ, timeout=30, check=False, capture_output=True)
    assert ended.returncode == 3, ended.stderr
    assert survivors(pids) == []


async def test_what_is_wrong_with_it_is_said(program: Callable[..., Profile]) -> None:
    rows = [
        ("echo no session >&2; exit 7", "failed with code 7. It wrote: no session"),
        ("echo hello", "did not print a JSON object"),
        ("echo []", "did not print a JSON object"),
        ("echo '{}'", "whose Version is not 1"),
        ("""echo '{"Version": 1, "AccessKeyId": null}'""", "printed no AccessKeyId"),
        ("""echo '{"Version": 1, "AccessKeyId": "AKIA"}'""", "printed no SecretAccessKey"),
        ("printf '[%.0s' $(seq 100000)", "did not print a JSON object"),
        (f"echo '{KEYS[:-1]}, \"SessionToken\": 5}}'", "a SessionToken that is not a text"),
        (f'echo \'{KEYS[:-1]}, "Expiration": "soon"}}\'', "not a time"),
        (f'echo \'{KEYS[:-1]}, "Expiration": "2001-01-01T00:00:00Z"}}\'', "have expired"),
    ]
    with each_row() as row:
        for number, (script, text) in enumerate(rows):
            with row(script):
                error = await refusal(program(script, f"prod-{number}"))
                assert text in error.words
                assert f"'prod-{number}'" in error.words
                assert SECRET not in error.words


async def test_an_expiry_without_a_zone_or_in_seconds_is_one(program: Callable[..., Profile]) -> None:
    with each_row() as row:
        for number, expiry in enumerate(
            ('"2999-01-01T00:00:00"', "32472144000", '"2999-01-01T00:00:00+09:00"')
        ):
            with row(expiry):
                echo = f"echo '{KEYS[:-1]}, \"Expiration\": {expiry}}}'"
                assert await account(program(echo, f"prod-{number}")) == ["111122223333"]


async def test_a_program_that_is_not_there_is_named(program: Callable[..., Profile], tmp_path: Path) -> None:
    profile = program("")
    (tmp_path / "prod-login").unlink()
    assert "'prod-login' of 'prod' could not be started: No such file" in (await refusal(profile)).words


async def test_braces_in_its_name_are_shown_as_they_are(program: Callable[..., Profile]) -> None:
    words = (await refusal(program("exit 7", name="{prod}"))).words
    assert "'{prod}-login' of '{prod}' failed with code 7" in words


async def test_neither_secrets_nor_escapes_reach_the_message(program: Callable[..., Profile]) -> None:
    script = f"""printf '\\033[31mtoken=abc %s\\n' {SECRET} >&2; echo '{KEYS}'; exit 1"""
    words = (await refusal(program(script))).words
    assert SECRET not in words
    assert "abc" not in words
    assert "\x1b" not in words


async def test_a_flood_of_output_does_not_block_the_program(program: Callable[..., Profile]) -> None:
    words = (await refusal(program("head -c 300000 /dev/zero | tr '\\0' x >&2; exit 4"))).words
    assert "code 4" in words
    assert len(words) < 1200


def test_what_looks_like_a_secret_is_taken_out() -> None:
    rows = [
        ("error: profile prod not found in /home/me/.aws/config", True),
        ("could not reach https://login.example.com/oauth2/authorize", True),
        (f"secret {SECRET}", False),
        ("AKIAIOSFODNN7EXAMPLE rejected", False),
        ('{"SecretAccessKey": "short"}', False),
        ("password=hunter2", False),
        ("Authorization: Bearer hunter2", False),
        ("https://me:hunter2@example.com", False),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N", False),
        ("d41d8cd98f00b204e9800998ecf8427e", False),
    ]
    with each_row() as row:
        for text, is_kept in rows:
            with row(text):
                assert (redacted(text) == text) is is_kept
                for secret in (SECRET, "hunter2", "AKIAIOSFODNN7EXAMPLE", '"short"', "eyJhbGciOiJIUzI1NiJ9"):
                    assert secret not in redacted(text)


@pytest.fixture
def login(aws: AwsStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Profile]:
    """Configure a profile of `aws login` whose name a shell would split, and the `aws` that it needs."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    config = tmp_path / "config"
    config.write_text(
        "[profile 'at the console']\nregion = eu-central-1\n"
        "login_session = arn:aws:iam::111122223333:user/a\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))

    def configure(script: str) -> Profile:
        directory = tmp_path / "bin"
        directory.mkdir()
        if script:
            (directory / "aws").write_text(f"#!/bin/sh\n{script}\n")
            (directory / "aws").chmod(0o700)
        monkeypatch.setenv("PATH", f"{directory}:/bin:/usr/bin" if script else str(directory))
        [profile] = [each for each in list_profiles(os.environ) if each.name == "at the console"]
        return profile

    return configure


async def test_a_login_is_resolved_by_the_aws_cli(login: Callable[[str], Profile], tmp_path: Path) -> None:
    profile = login(f"printf '%s\\n' \"$@\" >{tmp_path}/asked; echo '{KEYS}'")
    assert profile.kind is ProfileKind.LOGIN
    assert await account(profile) == ["111122223333"]
    words = (tmp_path / "asked").read_text().splitlines()
    assert words == [
        "configure",
        "export-credentials",
        "--profile",
        "at the console",
        "--format",
        "process",
    ]


@pytest.mark.parametrize("script", ["echo 'Your session has expired.' >&2; exit 253", ""])
async def test_a_login_that_does_not_work_says_what_to_run(
    login: Callable[[str], Profile], script: str
) -> None:
    [failed] = await account(login(script))
    assert isinstance(failed, ReadError)
    assert failed.kind is Unread.CREDENTIALS
    assert "aws login --profile 'at the console'" in failed.action
