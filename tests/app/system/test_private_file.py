"""The name of a private file, whatever is suggested."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_audit_tui.app.system.private_file import file_name


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
