"""The headless verification: one line, and an exit code that is never better than what is known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from aws_stub import ACCOUNT, REGION
from each_row import each_row
from forked_program import run

if TYPE_CHECKING:
    from subprocess import CompletedProcess

    from aws_stub import AwsStub

pytestmark = pytest.mark.proof

ROOT_ACCESS = "aws-sagemaker-001"
ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:notebook-instance/lab"


def verify(*arguments: str) -> CompletedProcess[str]:
    return run("verify", *arguments)


def with_notebook(aws: AwsStub, root_access: str, name: str = "lab") -> None:
    arn = ARN.removesuffix("lab") + name
    notebook = {"NotebookInstanceName": name, "NotebookInstanceArn": arn}
    aws.answer("sagemaker", "ListNotebookInstances", {"NotebookInstances": [notebook]})
    aws.answer("sagemaker", "DescribeNotebookInstance", {**notebook, "RootAccess": root_access})


def test_one_line_says_what_has_become_of_it(aws: AwsStub) -> None:
    with each_row() as row:
        for root_access, code, word in (("Disabled", 0, "fixed"), ("Enabled", 1, "still failing")):
            for resource in (ARN, "lab"):
                with row((resource, root_access)):
                    aws.restart()
                    with_notebook(aws, root_access)
                    process = verify(ROOT_ACCESS, resource)
                    assert process.returncode == code, process.stderr
                    (line,) = process.stdout.splitlines()
                    assert line.startswith(f"{word}: lab ({REGION}, {ACCOUNT}, environment): ")
                    assert len(aws.calls) == 3


def test_what_is_gone_needs_no_fix(aws: AwsStub) -> None:
    aws.answer("sagemaker", "ListNotebookInstances", {"NotebookInstances": []})
    process = verify(ROOT_ACCESS, ARN)
    assert (process.returncode, process.stdout.partition(":")[0]) == (0, "gone")


def test_what_could_not_be_looked_at_is_not_gone(aws: AwsStub) -> None:
    aws.denied("sagemaker", "ListNotebookInstances")
    process = verify(ROOT_ACCESS, ARN)
    assert process.returncode == 2
    assert process.stdout.startswith("not assessed: ")
    assert "Add sagemaker:ListNotebookInstances" in process.stdout


def test_an_arn_of_another_account_is_not_gone(aws: AwsStub) -> None:
    aws.answer("sagemaker", "ListNotebookInstances", {"NotebookInstances": []})
    process = verify(ROOT_ACCESS, ARN.replace(ACCOUNT, "999988887777"))
    assert process.returncode == 2
    assert f"leads to account {ACCOUNT}" in process.stdout


def test_an_arn_says_the_region(aws: AwsStub) -> None:
    with_notebook(aws, "Enabled")
    verify(ROOT_ACCESS, ARN.replace(REGION, "eu-west-3"))
    assert {call.region for call in aws.calls if call.service == "sagemaker"} == {"eu-west-3"}


def test_json_says_it_for_programs(aws: AwsStub) -> None:
    with_notebook(aws, "Enabled")
    process = verify(ROOT_ACCESS, "lab", "--format", "json")
    assert process.returncode == 1
    report = json.loads(process.stdout)
    assert (report["check_id"], report["resource"], report["calls"]) == (ROOT_ACCESS, "lab", 3)
    (result,) = report["results"]
    assert {"now": "still failing", "resource_id": ARN, "account_id": ACCOUNT}.items() <= result.items()


def test_a_hostile_name_cannot_draw_on_the_terminal(aws: AwsStub) -> None:
    aws.answer("sagemaker", "ListNotebookInstances", {"NotebookInstances": []})
    process = verify(ROOT_ACCESS, "a\x1b[2Jb\u202ec\nd")
    assert "\x1b" not in process.stdout
    assert len(process.stdout.splitlines()) == 1


def test_bad_input_is_one_line_that_says_what_to_do(aws: AwsStub) -> None:
    rows: list[tuple[list[str], str]] = [
        (["aws-sagemaker-999", "lab"], "There is no check 'aws-sagemaker-999'."),
        ([ROOT_ACCESS, "lab", "--region", "eu-centrall-1"], "There is no AWS region 'eu-centrall-1'."),
        ([ROOT_ACCESS, ARN, "--region", "eu-west-1"], "omit --region"),
        ([ROOT_ACCESS, ""], "RESOURCE is empty: name an ARN, an id or a name."),
        ([ROOT_ACCESS, " "], "RESOURCE is empty"),
        ([ROOT_ACCESS, "lab", "--profile", "nobody"], "There is no AWS profile 'nobody'."),
    ]
    with each_row() as row:
        for arguments, message in rows:
            with row(arguments):
                aws.restart()
                process = verify(*arguments)
                assert (process.returncode, process.stdout) == (2, "")
                (line,) = [line for line in process.stderr.splitlines() if line.startswith("Error:")]
                assert message in line
                assert not aws.calls


def test_the_help_says_what_gone_means() -> None:
    usage = " ".join(verify("--help").stdout.split())
    assert "0: fixed, or gone, since nothing is left to fix. 1: still failing. 2: not assessed." in usage
