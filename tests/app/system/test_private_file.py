"""A fix written to a file of one's own."""

import os
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_audit_tui.app.system.private_file import WriteError, file_name, write_private


@pytest.mark.parametrize(
    ("suggested", "name"),
    [
        ("aws-sagemaker-003-Fraud Detector.sh", "aws-sagemaker-003-fraud-detector.sh"),
        ("../../etc/passwd", "etc-passwd"),
        (".bashrc", "bashrc"),
        ("-rf", "rf"),
        ("", "fix.txt"),
        ("///", "fix.txt"),
        ("x" * 200 + ".tf", "x" * 77 + ".tf"),
        ("a\x1b[31mb\n.sh", "a-31mb.sh"),
    ],
)
def test_a_suggested_name_becomes_a_harmless_one(suggested: str, name: str) -> None:
    assert file_name(suggested) == name


@given(st.text())
def test_no_suggested_name_is_a_path_or_hidden(suggested: str) -> None:
    name = file_name(suggested)
    assert name
    assert set(name) <= set(string.ascii_lowercase + string.digits + "._-")
    assert name[0] not in ".-"
    assert len(name) <= 80


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


def test_a_link_is_never_followed(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("precious")
    link = tmp_path / "fix.sh"
    link.symlink_to(target)
    with pytest.raises(FileExistsError):
        write_private(link, "new")
    write_private(link, "new", replace=True)
    assert target.read_text() == "precious"
    assert not link.is_symlink()


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
