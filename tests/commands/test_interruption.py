"""Ctrl+C before a command has a result is never the exit code of findings."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, NoReturn

import pytest
from click.testing import CliRunner

from cloud_audit_tui.commands.main import main
from each_row import each_row

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.usefixtures("directory")
def test_an_interrupted_command_ends_with_2(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def interrupt(*_: object, **__: object) -> NoReturn:
        raise KeyboardInterrupt

    (tmp_path / ".cloud-audit.yml").write_text("exclude_checks: []\n")
    monkeypatch.chdir(tmp_path)
    rows = [
        ("scan.audit_file", ["scan"]),
        ("scan.EmbeddedAws.start", ["scan", "--demo"]),
        ("verify.EmbeddedAws.start", ["verify", "aws-s3-001", "bucket", "--demo"]),
        ("history.list_profiles", ["compare"]),
        ("report.list_profiles", ["report"]),
        ("mutes.review", ["mutes"]),
        ("org_role_option.role_name", ["--org-role", "Audit"]),
    ]
    with each_row() as row:
        for place, arguments in rows:
            with row(arguments), monkeypatch.context() as patch:
                patch.setattr(f"cloud_audit_tui.commands.{place}", interrupt)
                done = CliRunner().invoke(main, arguments)
                assert (done.exit_code, done.stdout, done.stderr) == (2, "", "Error: Interrupted.\n")


@pytest.mark.proof
@pytest.mark.parametrize(
    "interrupted",
    [
        "raise KeyboardInterrupt",
        # In Python 3.11 this one arrives as a RuntimeError.
        """
class Interrupt:
    def __set_name__(self, owner, name):
        raise KeyboardInterrupt

class Created:
    member = Interrupt()
""",
    ],
)
def test_a_start_that_is_interrupted_while_it_imports_ends_with_2(
    interrupted: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "click.py").write_text(interrupted)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    done = subprocess.run(
        [sys.executable, "-P", "-m", "cloud_audit_tui", "--version"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "Error: Interrupted.\n")
