"""``scan --executor``: one clear line for whatever cannot run a scan, and the same report from each."""

from __future__ import annotations

import json
import socket
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cloud_audit_tui.commands import executor_option
from cloud_audit_tui.commands.executor_option import scheduler_address
from cloud_audit_tui.commands.main import main
from cloud_audit_tui.commands.scan import scan
from commands.test_scan import ROOT_ACCESS, one_line_of_error, with_notebook
from each_row import each_row
from forked_program import run

if TYPE_CHECKING:
    from pathlib import Path

    from aws_stub import AwsStub

needs_dask = pytest.mark.skipif(
    find_spec("distributed") is None, reason="distributed is not installed: pip install '.[dask]'"
)


def test_the_address_of_a_scheduler_is_that_of_dask() -> None:
    rows = [
        ("dask://scheduler:8786", "tcp://scheduler:8786"),
        ("dask://10.0.0.1:8786/", "tcp://10.0.0.1:8786"),
        ("dask://[fd00::1]:8786", "tcp://[fd00::1]:8786"),
        ("dask+tls://scheduler.example.com:443", "tls://scheduler.example.com:443"),
    ]
    with each_row() as row:
        for executor, address in rows:
            with row(executor):
                assert scheduler_address(executor) == address


def test_what_is_no_executor_is_refused_with_an_example() -> None:
    rows = [
        "",
        "remote",
        "dask://",
        "dask://scheduler",
        "dask://scheduler:0",
        "dask://scheduler:70000",
        "dask://scheduler:port",
        "dask://user:password@scheduler:8786",
        "tcp://scheduler:8786",
        "dask://scheduler:8786/path",
        "dask://sched\x1b[31muler:8786",
    ]
    with each_row() as row:
        for executor in rows:
            with row(executor):
                ran = CliRunner().invoke(scan, ["--executor", executor])
                assert ran.exit_code == 2
                assert "dask://scheduler.example.com:8786" in ran.output.replace("\n", "")
                assert "\x1b" not in ran.output
                assert "Traceback" not in ran.output


def test_without_distributed_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor_option, "find_spec", lambda _: None)
    ran = CliRunner().invoke(scan, ["--executor", "dask://127.0.0.1:1"])
    assert ran.exit_code == 2
    assert ran.output.splitlines() == [
        "Error: --executor dask://127.0.0.1:1 needs the package distributed. "
        "Install it with: pip install 'cloud-audit-tui[dask]'"
    ]


@pytest.mark.parametrize("command", [[], ["scan"]])
def test_a_cluster_cannot_scan_the_embedded_aws(command: list[str]) -> None:
    ran = CliRunner().invoke(main, [*command, "--demo", "--executor", "dask://127.0.0.1:1"])
    assert ran.exit_code == 2
    assert "omit --demo or --executor" in ran.output


@pytest.mark.proof
def test_a_scan_that_a_child_process_refuses_says_why_on_stderr(tmp_path: Path) -> None:
    arguments = ["--profile", "nobody", "-o", str(tmp_path / "report.json")]
    process = run("scan", *arguments, "--executor", "subprocess", AWS_ACCESS_KEY_ID="x")
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr == "There is no AWS profile 'nobody'. Known profiles: environment.\n"


@needs_dask
@pytest.mark.proof
def test_an_unreachable_scheduler_is_one_line() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        line = one_line_of_error(run("scan", "--executor", f"dask://127.0.0.1:{port}"))
    assert f"There is no Dask scheduler at tcp://127.0.0.1:{port}" in line


@pytest.mark.proof
@pytest.mark.parametrize("executor", ["local", "subprocess"])
def test_the_report_is_the_same_in_this_and_in_a_child_process(aws: AwsStub, executor: str) -> None:
    with_notebook(aws)
    process = run("scan", "--executor", executor, "--checks", ROOT_ACCESS, "--format", "json")
    assert process.returncode == 1, process.stderr
    (result,) = json.loads(process.stdout)["results"]
    assert (result["check_id"], result["status"]) == (ROOT_ACCESS, "fail")
