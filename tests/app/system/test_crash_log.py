"""A crash log says where the program failed and holds no value."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cloud_audit_tui.app.system.crash_log import crash_message, crash_report, write_crash_log

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
SECRET = "AKIAIOSFODNN7EXAMPLE"


def failure() -> Exception:
    """Return an exception that quotes a secret, caused by another one that does."""

    def read(password: str) -> None:
        raise KeyError(password)

    with pytest.raises(RuntimeError) as failure_info:
        try:
            read(SECRET)
        except KeyError as error:
            raise RuntimeError(f"cannot use {SECRET}") from error
    return failure_info.value


def test_it_names_the_kinds_and_the_lines_and_no_value() -> None:
    report = crash_report(failure())
    assert "builtins.RuntimeError" in report
    assert "builtins.KeyError" in report
    assert "test_crash_log.py" in report
    assert " in read" in report
    assert SECRET not in report


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = write_crash_log(failure(), AT, tmp_path / "state")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text(encoding="utf-8").startswith("cloud-audit-tui ")


def test_the_message_says_where_it_is_and_how_to_report_it(tmp_path: Path) -> None:
    message = crash_message(failure(), AT, tmp_path)
    assert str(tmp_path) in message
    assert "RuntimeError" in message
    assert "/issues" in message
    assert SECRET not in message
    assert len(message.splitlines()) == 3


def test_a_log_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    assert "cannot be written" in crash_message(failure(), AT, blocked)
