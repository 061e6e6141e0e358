"""Credentials that end in the middle of a scan: it waits, asks and goes on; nothing is lost or repeated."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from aws_stub import ACCOUNT, REGION
from cloud_audit_tui.aws.errors import Unread
from cloud_audit_tui.aws.sessions import Sessions
from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.model import Status
from cloud_audit_tui.scan.events import InputKind, InputNeeded, ProfileFailed, Result, ScanFinished
from cloud_audit_tui.scan.executors.local import local_job
from cloud_audit_tui.scan.jobs import ScanJob
from each_row import each_row
from faults import proxy as faults
from faults.reading import failure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aws_stub import AwsStub
    from cloud_audit_tui.aws.profiles import Profile
    from cloud_audit_tui.model import Finding
    from faults.proxy import Exchange, FaultProxy, Request

LISTS: dict[str, Any] = {
    "sagemaker:ListEndpoints": "ExpiredTokenException",
    "lambda:ListFunctions": "ExpiredTokenException",
    "iam:ListRoles": "ExpiredToken",
    "ec2:DescribeVolumes": "RequestExpired",
    "s3:ListBuckets": "ExpiredToken",
}
CHECKS = sorted(
    check
    for check in all_checks()
    if check.startswith(("aws-sagemaker", "aws-ec2", "aws-iam", "aws-lambda", "aws-s3", "aws-sns", "aws-rds"))
)
"""Checks of every protocol, with calls enough to end in the middle of them."""
FIRST, SECOND, THIRD = "ASIAFIRST0000000", "ASIASECOND000000", "ASIATHIRD0000000"


async def test_an_expired_session_is_recognized_in_every_protocol(proxy: FaultProxy) -> None:
    proxy.deal(faults.expired)
    for read, code in LISTS.items():
        error = await failure(read)
        assert error is not None
        assert (error.kind, error.code, error.expired) == (Unread.CREDENTIALS, code, True), read
    assert proxy.requests.total() == len(LISTS), "an expired session is not tried again"


def signed_with(*keys: str) -> Callable[[Request], bool]:
    """Return whether a request is signed with one of these keys."""
    return lambda request: any(f"Credential={key}/".encode() in request.head for key in keys)


def make_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *settings: str) -> None:
    (tmp_path / "config").write_text("\n".join(["[profile dev]", f"region={REGION}", *settings]) + "\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def make_role(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *settings: str) -> None:
    """Make the profile a role, which is assumed with the keys of another profile."""
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    (tmp_path / "credentials").write_text("[base]\naws_access_key_id=AKIABASE\naws_secret_access_key=x\n")
    role = (f"role_arn=arn:aws:iam::{ACCOUNT}:role/a", "source_profile=base")
    make_profile(tmp_path, monkeypatch, *role, *settings)


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that puts keys into the credentials file, as a person who logs in again does."""
    make_profile(tmp_path, monkeypatch)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))

    def put(key: str) -> None:
        text = f"[dev]\naws_access_key_id={key}\naws_secret_access_key=x\naws_session_token=y\n"
        (tmp_path / "credentials").write_text(text)

    put(FIRST)
    return put


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A credential program; returns a function that sets the keys that it gives, one at each start."""
    script = (
        "import json, pathlib, sys; file = pathlib.Path(sys.argv[1]); keys = json.loads(file.read_text()); "
        "key = keys.pop(0); file.write_text(json.dumps(keys or [key])); "
        "print(json.dumps({'Version': 1, 'AccessKeyId': key, 'SecretAccessKey': 'x', 'SessionToken': 'y'}))"
    )
    (tmp_path / "program.py").write_text(script)
    file = tmp_path / "keys.json"
    command = f"{sys.executable} {tmp_path / 'program.py'} {file}"
    make_profile(tmp_path, monkeypatch, f"credential_process={command}")

    def give(*keys: str) -> None:
        file.write_text(json.dumps(keys))

    return give


@pytest.fixture(autouse=True)
def account(aws: AwsStub) -> None:
    """An account with something in several services and on several pages."""
    notebooks = [
        {
            "NotebookInstanceName": f"lab-{number}",
            "NotebookInstanceArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:notebook-instance/lab-{number}",
        }
        for number in range(6)
    ]
    aws.pages("sagemaker", "ListNotebookInstances", notebooks[:3], notebooks[3:])
    for each in notebooks:
        aws.answer(
            "sagemaker",
            "DescribeNotebookInstance",
            {**each, "RootAccess": "Enabled", "DirectInternetAccess": "Enabled"},
            NotebookInstanceName=each["NotebookInstanceName"],
        )


class Ran:
    """The events of a scan whose questions are answered by a function."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    async def run(self, answer: Callable[[InputNeeded], str]) -> Ran:
        job = local_job(ScanJob(profiles=["dev"], regions=[REGION, "eu-west-1"], checks=CHECKS), os.environ)
        async for event in job.events():
            self.events.append(event)
            if isinstance(event, InputNeeded):
                await job.answer(event.id, answer(event))
        return self

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def findings(self) -> list[Finding]:
        return [event.finding for event in self.of(Result)]

    @property
    def verdicts(self) -> Counter[tuple[str, str, str, str]]:
        """How many times each result came; every count of a sound scan is 1."""
        return Counter((f.check_id, f.region, f.resource_name, f.status.value) for f in self.findings)

    @property
    def expired_findings(self) -> list[Finding]:
        """The findings whose reason is that the credentials have expired."""
        return [finding for finding in self.findings if "expired" in finding.reason]


def declined(_: InputNeeded) -> str:
    return ""


async def test_a_scan_waits_for_new_keys_and_ends_as_if_nothing_had_been(
    proxy: FaultProxy, keys: Callable[[str], None]
) -> None:
    clean = await Ran().run(declined)
    before = clean.of(ScanFinished)[0]
    identity = {"GetCallerIdentity", "ListAccountAliases", "DescribeRegions"}

    def is_fine(request: Request) -> bool:
        return request.operation in identity or signed_with(SECOND)(request)

    def log_in(question: InputNeeded) -> str:
        assert (question.profile, question.kind) == ("dev", InputKind.CREDENTIALS)
        assert "The credentials of 'dev' have expired." in question.prompt
        keys(SECOND)
        return "done"

    with each_row() as row:
        for after in (0, 7, 40):
            with row(after):
                keys(FIRST)
                proxy.rules.clear()
                proxy._fitting.clear()
                proxy.deal(faults.expired, after=after, unless=is_fine)
                rerun = await Ran().run(log_in)
                assert len(rerun.of(InputNeeded)) == 1, "one question, however many calls have failed"
                assert rerun.verdicts == clean.verdicts
                assert max(rerun.verdicts.values()) == 1
                end = rerun.of(ScanFinished)[0]
                assert (end.outcome, end.failed, end.passed, end.not_assessed) == (
                    before.outcome,
                    before.failed,
                    before.passed,
                    before.not_assessed,
                )


async def test_an_answer_without_new_keys_leads_to_a_second_question(
    proxy: FaultProxy, keys: Callable[[str], None]
) -> None:
    proxy.deal(faults.expired, after=10, unless=signed_with(SECOND))
    answers = iter(["too early", "done"])

    def answer(_: InputNeeded) -> str:
        value = next(answers)
        if value == "done":
            keys(SECOND)
        return value

    rerun = await Ran().run(answer)
    assert len(rerun.of(InputNeeded)) == 2
    assert not rerun.expired_findings


async def test_after_a_declined_question_earlier_results_stay_and_the_rest_is_not_assessed(
    proxy: FaultProxy, keys: Callable[[str], None]
) -> None:
    clean = await Ran().run(declined)
    proxy.deal(faults.expired, operation="DescribeNotebookInstance", after=3)
    rerun = await Ran().run(declined)
    assert len(rerun.of(InputNeeded)) == 1
    assert not rerun.of(ProfileFailed)
    sure = [key for key in rerun.verdicts if key[3] != Status.NOT_ASSESSED.value]
    assert {key[2] for key in sure} <= {f"lab-{number}" for number in range(6)}
    assert sure, "what was read before is there"
    assert set(sure) <= set(clean.verdicts)
    assert {finding.status for finding in rerun.expired_findings} == {Status.NOT_ASSESSED}
    assert all("have expired" in finding.reason for finding in rerun.expired_findings)
    assert {finding.check_id for finding in rerun.findings} == {key[0] for key in clean.verdicts}


async def test_a_program_is_asked_again_by_itself(
    proxy: FaultProxy, program: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    program(FIRST)
    clean = await Ran().run(declined)
    program(FIRST, SECOND, THIRD)
    proxy.deal(faults.expired, after=12, unless=signed_with(SECOND, THIRD))
    # The second key is accepted before it ends as well, however many calls are in flight.
    accepted = asyncio.Event()
    note_answer = Sessions.note_answer

    def note_and_accept(sessions: Sessions, profile: Profile, generation: int) -> None:
        note_answer(sessions, profile, generation)
        if generation:
            accepted.set()

    async def expired_after_that(exchange: Exchange) -> bool:
        await accepted.wait()
        return await faults.expired(exchange)

    monkeypatch.setattr(Sessions, "note_answer", note_and_accept)
    proxy.deal(expired_after_that, after=8, unless=signed_with(FIRST, THIRD))
    rerun = await Ran().run(declined)
    assert not rerun.of(InputNeeded)
    assert rerun.verdicts == clean.verdicts


async def test_a_program_that_gives_the_same_again_leads_to_a_question(
    proxy: FaultProxy, program: Callable[..., None]
) -> None:
    program(FIRST)
    proxy.deal(faults.expired, after=12)
    rerun = await Ran().run(declined)
    assert len(rerun.of(InputNeeded)) == 1


async def test_a_role_is_assumed_again_by_itself(
    aws: AwsStub, proxy: FaultProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_role(tmp_path, monkeypatch)
    credential_keys = iter([FIRST, SECOND])

    def assume(_: dict[str, Any]) -> dict[str, Any]:
        return credentials(next(credential_keys))

    aws.answer("sts", "AssumeRole", assume)
    proxy.deal(faults.expired, after=12, unless=signed_with(SECOND, "AKIABASE"))
    rerun = await Ran().run(declined)
    assert not rerun.of(InputNeeded)
    assert not rerun.expired_findings


def credentials(key: str) -> dict[str, Any]:
    return {
        "Credentials": {
            "AccessKeyId": key,
            "SecretAccessKey": "x",
            "SessionToken": "y",
            "Expiration": "2099-01-01T00:00:00+00:00",
        }
    }


async def test_an_mfa_session_that_ends_asks_for_a_code(
    aws: AwsStub, proxy: FaultProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_role(tmp_path, monkeypatch, f"mfa_serial=arn:aws:iam::{ACCOUNT}:mfa/me")
    for code, key in (("111111", FIRST), ("222222", SECOND)):
        aws.answer("sts", "AssumeRole", credentials(key), TokenCode=code)
    proxy.deal(faults.expired, after=12, unless=signed_with(SECOND, "AKIABASE"))
    codes = iter(["111111", "222222"])
    rerun = await Ran().run(lambda _: next(codes))
    assert [event.kind for event in rerun.of(InputNeeded)] == [InputKind.MFA_CODE] * 2
    assert not rerun.expired_findings
