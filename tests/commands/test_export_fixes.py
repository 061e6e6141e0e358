"""``scan --export-fixes``: the fixes of what was found, in a file that only its owner can use."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from commands.test_scan import ROOT_ACCESS, one_line_of_error, with_notebook
from forked_program import run

if TYPE_CHECKING:
    from pathlib import Path

    from aws_stub import AwsStub

pytestmark = pytest.mark.proof


@pytest.mark.parametrize(
    ("name", "begins", "mode"), [("fixes.sh", "#!/usr/bin/env bash", 0o700), ("fixes.TF", "# 1 fix, ", 0o600)]
)
def test_the_name_says_what_the_file_is(
    aws: AwsStub, tmp_path: Path, name: str, begins: str, mode: int
) -> None:
    with_notebook(aws)
    path = tmp_path / name
    process = run("scan", "--checks", ROOT_ACCESS, "--export-fixes", str(path))
    assert process.returncode == 1
    assert f"The fixes are in {path}: read it" in process.stderr
    assert path.read_text().startswith(begins)
    assert "lab" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_file_that_exists_is_left_alone_before_anything_is_scanned(aws: AwsStub, tmp_path: Path) -> None:
    path = tmp_path / "mine.sh"
    path.write_text("mine")
    process = run("scan", "--checks", ROOT_ACCESS, "--export-fixes", str(path))
    assert "--force overwrites it" in one_line_of_error(process)
    assert path.read_text() == "mine"
    assert aws.calls == []


def test_the_report_and_its_fixes_cannot_have_one_file(aws: AwsStub, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    (tmp_path / "link").symlink_to(path)
    for name in ("report.json", "link"):
        arguments = ("-o", str(path), "--export-fixes", str(tmp_path / name), "--force")
        process = run("scan", "--checks", ROOT_ACCESS, *arguments)
        assert "-o and --export-fixes both name" in one_line_of_error(process)
        assert "name two files" in process.stderr
    assert aws.calls == []


def test_force_overwrites_the_file_and_takes_it_from_others(aws: AwsStub, tmp_path: Path) -> None:
    with_notebook(aws)
    path = tmp_path / "old.tf"
    path.write_text("old and longer than what comes now\n" * 1000)
    path.chmod(0o644)
    assert run("scan", "--checks", ROOT_ACCESS, "--export-fixes", str(path), "--force").returncode == 1
    assert "old and longer" not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_place_that_cannot_be_written_is_named_before_the_scan(aws: AwsStub, tmp_path: Path) -> None:
    process = run("scan", "--checks", ROOT_ACCESS, "--export-fixes", str(tmp_path / "nowhere" / "fixes.sh"))
    assert "cannot be written" in one_line_of_error(process)
    assert aws.calls == []


def test_nothing_to_fix_leaves_no_file(aws: AwsStub, tmp_path: Path) -> None:
    with_notebook(aws, root_access="Disabled")
    path = tmp_path / "fixes.sh"
    process = run("scan", "--checks", ROOT_ACCESS, "--export-fixes", str(path))
    assert process.returncode == 0
    assert "No finding has a fix to export" in process.stderr
    assert not path.exists()
