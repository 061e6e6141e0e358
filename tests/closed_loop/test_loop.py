"""The loop finds a script that does nothing, fails, does too much, or has nothing to do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from closed_loop import loop
from closed_loop.fault import Fault, SeededFault
from made_fix import MadeFix

if TYPE_CHECKING:
    import pytest

    from closed_loop.account import Account

CHECKS = ["aws-s3-001", "aws-s3-003"]


def bucket_without_public_access_block(account: Account) -> SeededFault:
    bucket = account.bucket("blocked")
    account.client("s3").put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    return SeededFault(account.bucket("unblocked"))


FAULT = Fault("aws-s3-001", "loop", bucket_without_public_access_block)


def close_with(
    script: str, account: Account, monkeypatch: pytest.MonkeyPatch, fault: Fault = FAULT
) -> loop.Loop:
    monkeypatch.setattr(loop, "render", lambda *_: MadeFix(script, ""))
    return loop.close(account, [fault], CHECKS)


def aws(account: Account, words: str) -> str:
    return f"aws {words} --endpoint-url={account.endpoint_url} --no-sign-request --region=us-east-1"


def test_a_script_that_mends(account: Account) -> None:
    assert loop.close(account, [FAULT], CHECKS) == loop.Loop(rules={"aws-s3-001": []})


def test_a_script_that_does_nothing(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    result = close_with("true", account, monkeypatch)
    assert result.faults["aws-s3-001"].startswith("fail after the fix: ")


def test_a_script_that_fails(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    result = close_with("aws s3api no-such-command", account, monkeypatch)
    assert result.faults["aws-s3-001"].startswith("exit code 2\n")
    assert "no-such-command" in result.faults["aws-s3-001"]


def test_a_script_that_is_not_there(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    assert close_with("", account, monkeypatch).faults["aws-s3-001"].startswith("there is no script")


def test_a_script_that_breaks_something_else(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    result = close_with(
        aws(account, "s3api delete-public-access-block --bucket=blocked"), account, monkeypatch
    )
    assert [line.split()[:2] for line in result.worse] == [["aws-s3-001", "arn:aws:s3:::blocked:"]]


def test_a_script_that_makes_something_faulty(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    result = close_with(aws(account, "s3api create-bucket --bucket=another"), account, monkeypatch)
    assert set(result.new_failures) == set(CHECKS)
    assert not result.worse


def test_a_script_that_deletes_what_it_should_mend(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    script = aws(account, "s3api delete-bucket --bucket=unblocked")
    assert "was not judged again" in close_with(script, account, monkeypatch).faults["aws-s3-001"]


def test_a_command_that_is_not_printed(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    result = close_with("true", account, monkeypatch, replace(FAULT, then=("delete-bucket",)))
    assert "does not print what is left to do" in result.faults["aws-s3-001"]


def test_a_fault_that_is_not_seen(account: Account) -> None:
    fault = Fault("aws-s3-001", "loop", lambda _account: SeededFault("nowhere"))
    assert "0 findings fail" in loop.close(account, [fault], CHECKS).faults["aws-s3-001"]
