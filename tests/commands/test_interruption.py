"""Ctrl+C before a command has a result is never the exit code of findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest
from click.testing import CliRunner

from cloud_audit_tui.__main__ import main
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
    ]
    with each_row() as row:
        for place, arguments in rows:
            with row(arguments), monkeypatch.context() as patch:
                patch.setattr(f"cloud_audit_tui.commands.{place}", interrupt)
                done = CliRunner().invoke(main, arguments)
                assert (done.exit_code, done.stdout, done.stderr) == (2, "", "Error: Interrupted.\n")
