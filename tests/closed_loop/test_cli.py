"""The AWS CLI that the loop keeps in memory behaves like the program itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from closed_loop.account import Account

REAL = Path(sys.executable).parent


def run(directory: Path, script: str, account: Account, **more: str) -> tuple[int, str, str]:
    process = subprocess.run(
        ["bash", "-c", script],
        cwd=account.home,
        env={
            "PATH": f"{directory}:{os.environ['PATH']}",
            "AWS_PROFILE": "mended",
            **account.environment,
            **more,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return process.returncode, process.stdout, process.stderr


@pytest.mark.parametrize(
    "script",
    [
        "aws --version",
        "aws iam no-such-command",
        "aws iam get-user --user-name='no such user'",
        "aws iam list-users --output=table && aws iam list-users --query='Users[0].UserName' --output=text",
        "aws iam list-users --profile=mended --region=eu-west-1 --max-items=1 --output=text"
        " && aws iam list-users",
        "aws ec2 modify-instance-attribute --instance-id=i-1 --source-dest-check;"
        " aws ec2 modify-image-attribute --image-id=ami-1 --launch-permission=Remove=[{Group=all}]",
        "aws iam get-user --user-name=one --no-such-option; aws iam get-user --user-name=one",
        "printf '%s' '{\"UserName\": \"it'\"'\"'s me\"}' | aws iam get-user --cli-input-json file:///dev/stdin",
        "cd / && aws s3api get-bucket-policy --bucket=none --policy=file://relative",
    ],
)
def test_it_says_what_the_program_says(script: str, quick: Path, account: Account) -> None:
    account.client("iam").create_user(UserName="one")
    assert run(quick, script, account) == run(REAL, script, account)


def test_one_call_can_read_what_another_writes(quick: Path, account: Account) -> None:
    account.bucket("first")
    account.client("s3").put_object(Bucket="first", Key="key", Body=b"body")
    script = "aws s3 cp s3://first/key - | aws s3 cp - s3://first/copy && aws s3 cp s3://first/copy -"
    assert run(quick, script, account) == (0, "body", "")


def test_it_sees_the_variables_of_its_caller_alone(quick: Path, account: Account) -> None:
    script = "aws configure get region; export AWS_PROFILE=other; aws iam list-users"
    code, output, _ = run(quick, script, account)
    assert (code, output) == (255, "us-east-1\n")


def test_it_goes_on_in_the_file_of_its_caller(quick: Path, account: Account) -> None:
    call = "aws iam list-users --query='length(Users)' --output=text"
    script = f"{{ echo before; {call}; echo after; }} >file; cat file"
    assert run(quick, script, account) == (0, "before\n0\nafter\n", "")
