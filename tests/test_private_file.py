"""A private file is written whole or not at all, for its owner alone."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from cloud_audit_tui.private_file import WriteError, check_writable, write_private


def test_the_file_has_the_text_byte_for_byte_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "fix.sh"
    write_private(path, "echo 'ü'\r\n\ttab\n\n")
    assert path.read_bytes() == "echo 'ü'\r\n\ttab\n\n".encode()
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_an_existing_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "fix.sh"
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        write_private(path, "theirs")
    assert path.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_replaced_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "fix.sh"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new", replace=True)
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_missing_directory_is_said(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="There is no directory"):
        write_private(tmp_path / "nowhere" / "fix.sh", "text")


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="is a directory"):
        write_private(tmp_path, "text")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_without_permission_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(WriteError, match="permission denied"):
        write_private(tmp_path / "fix.sh", "text")


def full_disk(_descriptor: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "fixes.sh"
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(WriteError, match="no space left on device"):
        write_private(path, "new", replace=True)
    with pytest.raises(WriteError, match="no space left on device"):
        write_private(tmp_path / "other.sh", "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interruption_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_private(tmp_path / "fixes.sh", "new")
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_without_hard_links_is_written_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_self: Path, _target: Path) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(Path, "hardlink_to", refused)
    path = tmp_path / "fixes.sh"
    write_private(path, "text", mode=0o700)
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("text", 0o700)
    with pytest.raises(FileExistsError):
        write_private(path, "other")
    assert path.read_text() == "text"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_that_leads_out_is_replaced_and_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    link = tmp_path / "fixes.sh"
    link.symlink_to(precious)
    with pytest.raises(FileExistsError):
        check_writable(link, replace=False)
    with pytest.raises(FileExistsError):
        write_private(link, "new")
    assert precious.read_text() == "precious"
    write_private(link, "new", replace=True)
    assert precious.read_text() == "precious"
    assert not link.is_symlink()


@pytest.mark.parametrize("path", [Path("/dev/null"), Path("/dev/stdout")])
def test_a_device_is_no_file(path: Path) -> None:
    if path.is_file():
        pytest.skip(f"{path} is a file in this run")
    with pytest.raises(WriteError, match="a device or a pipe"):
        check_writable(path, replace=True)
    with pytest.raises(WriteError, match="a device or a pipe"):
        write_private(path, "x", replace=True)


def test_a_look_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "fixes.sh"
    check_writable(path, replace=False)
    assert list(tmp_path.iterdir()) == []
    path.write_text("mine")
    check_writable(path, replace=True)
    with pytest.raises(FileExistsError):
        check_writable(path, replace=False)
    assert path.read_text() == "mine"
    with pytest.raises(WriteError, match="There is no directory"):
        check_writable(tmp_path / "nowhere" / "x", replace=False)
