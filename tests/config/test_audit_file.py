"""``.cloud-audit.yml`` is read with clear errors, and a change of its mutes leaves every other line alone."""

from __future__ import annotations

import difflib
import stat
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud_audit_tui.config.audit_file import AuditFileError, add_mutes, load, remove_mutes
from cloud_audit_tui.config.file_names import AUDIT_FILE
from cloud_audit_tui.config.mutes import Mute
from cloud_audit_tui.model import Severity
from each_row import each_row

if TYPE_CHECKING:
    from pathlib import Path

FILE = """\
# Our audit
provider: aws
regions: [eu-central-1,   us-east-1]  # two
min_severity: LOW
x-other: {a: 1}

suppressions:
  # the old bucket
  - check_id: "aws-s3-001"
    resource_id: 'my-bucket'
    reason: >-
      folded

      text
    accepted_by: a@b.c   # who
    expires: 2026-12-31

  - check_id: aws-iam-*
    account: 000123456789
    reason: why
    ticket: SEC-1
# trailing
exclude_checks:
- aws-eip-001
"""
MUTE = Mute(
    "aws-ec2-001",
    'because: "x" # y\nz',
    resource="arn:aws:ec2:::i-1[*]",
    account="012345678901",
    region="eu-west-1",
    owner="no",
    expires=date(2027, 1, 1),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / AUDIT_FILE


def changed(before: str, after: str) -> tuple[list[str], list[str]]:
    lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    return [line[2:] for line in lines if line[0] == "-"], [line[2:] for line in lines if line[0] == "+"]


def test_every_key_is_read(path: Path) -> None:
    path.write_text(FILE)
    file = load(path)
    assert (file.regions, file.min_severity, file.exclude_checks) == (
        ("eu-central-1", "us-east-1"),
        Severity.LOW,
        ("aws-eip-001",),
    )
    assert file.mutes == (
        Mute(
            "aws-s3-001",
            "folded\ntext",
            resource="my-bucket",
            owner="a@b.c",
            expires=date(2026, 12, 31),
        ),
        Mute("aws-iam-*", "why", account="000123456789"),
    )


def test_no_file_asks_for_nothing(path: Path) -> None:
    assert (load(path).mutes, load(path).regions, load(path).profile) == ((), (), "")


def test_a_mute_is_added_and_removed_with_no_other_line_changed(path: Path) -> None:
    path.write_text(FILE)
    path.chmod(0o640)
    add_mutes(path, [MUTE])
    removed, added = changed(FILE, path.read_text())
    assert (removed, len(added)) == ([], 7)
    assert load(path).mutes[-1] == MUTE
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    remove_mutes(path, [MUTE])
    assert path.read_text() == FILE
    remove_mutes(path, [load(path).mutes[0]])
    removed, added = changed(FILE, path.read_text())
    assert (removed[0].strip(), len(removed), added) == ('- check_id: "aws-s3-001"', 8, [])


LAYOUTS = {
    "no file": "",
    "comments alone": "# mine\n",
    "an empty list": "suppressions: []\n",
    "an empty key": "suppressions:\nprofile: prod\n",
    "no line end": "profile: prod",
    "the end of a document": "profile: prod\n...\n",
    "dashes at the margin": "suppressions:\n- check_id: a\n  reason: b\n\n\nprofile: prod\n",
    "a list in brackets": "suppressions: [{check_id: a, reason: b}] # x\nprofile: prod\n",
    "windows lines": "suppressions:\r\n  - check_id: a\r\n    reason: b\r\nprofile: prod\r\n",
}


def test_each_layout_takes_a_mute_and_gives_it_back(path: Path) -> None:
    with each_row() as row:
        for name, text in LAYOUTS.items():
            with row(name):
                path.write_bytes(text.encode())
                before = load(path)
                add_mutes(path, [MUTE])
                assert load(path).mutes == (*before.mutes, MUTE)
                assert load(path).profile == before.profile
                assert path.read_text().count("#") == text.count("#") + 1
                remove_mutes(path, [MUTE])
                assert load(path) == before


BROKEN = {
    "a: &a [*a]\nb: 2026-13-01": "line 2: there is no day 2026-13-01;",
    "supressions:\n  - x": "line 1: supressions: there is no such key; did you mean suppressions.",
    "provider: aws\nregion: [us-east-1]": "line 2: region: there is no such key; did you mean regions.",
    "suppressions:\n# 2026-02-30\n- check_id: a\n  reason: b\n  expires: 2026-02-31\n": (
        "line 5: there is no day 2026-02-31; write a day such as 2026-12-31."
    ),
    "a: [": "line 1: this is not YAML",
    "- x": "the file must be a mapping with keys such as suppressions",
    "suppressions: 3": "line 1: suppressions: write a list of entries",
    "suppressions:\n  - x": "line 2: write keys such as check_id in this entry",
    "suppressions:\n  - check_id: a\n    reason: b\n    acount: 1": "line 4: acount: there is no such key",
    "suppressions:\n  - check_id: a": "line 2: an entry of suppressions needs a reason",
    "suppressions:\n  - reason: a": "line 2: an entry of suppressions needs a check_id",
    "suppressions:\n- check_id: a\n  reason: b\n  expires: soon": "line 4: expires: write a day such as",
    "suppressions:\n- check_id: [a]\n  reason: b": "line 2: check_id: write one value",
    "min_severity: bad": "line 1: min_severity: use one of critical",
    "a: 1\nprofile: 1\na: 2": "line 3: this is not YAML",
    "regions: eu-central-1": "line 1: regions: write a list of strings, such as [us-east-1]",
    "profile: [a]": "line 1: profile: write one value",
    "a: " + "[" * 1_000: "the file is nested too deeply.",
}


def test_a_mistake_is_named_with_its_line_and_the_file_stays(path: Path) -> None:
    with each_row() as row:
        for text, message in BROKEN.items():
            with row(text[:60]):
                path.write_text(text)
                for use in (load, lambda path: add_mutes(path, [MUTE])):
                    with pytest.raises(AuditFileError) as raised:
                        use(path)
                    assert str(raised.value).startswith(str(path))
                    assert message in str(raised.value)
                assert path.read_text() == text


def test_a_file_that_is_no_text_or_too_large_is_refused(path: Path) -> None:
    path.write_bytes(b"profile: a\nx: \xff\n")
    with pytest.raises(AuditFileError, match="line 2: the file is not UTF-8"):
        load(path)
    path.write_bytes(b"#" * 1_000_001)
    with pytest.raises(AuditFileError, match="more than 1,000,000 bytes"):
        load(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(AuditFileError, match="cannot be read: Is a directory"):
        load(path)


def test_a_mute_that_is_gone_is_not_removed_again(path: Path) -> None:
    path.write_text(FILE)
    with pytest.raises(AuditFileError, match="no longer has this mute"):
        remove_mutes(path, [MUTE])


def test_several_mutes_are_added_and_removed_in_one_write_or_none(path: Path) -> None:
    path.write_text(FILE)
    other = Mute("aws-s3-002", "other")
    add_mutes(path, [MUTE, other, MUTE])
    assert load(path).mutes[2:] == (MUTE, other, MUTE)
    before = path.read_text()
    with pytest.raises(AuditFileError, match="no longer has this mute"):
        remove_mutes(path, [other, other])
    assert path.read_text() == before
    remove_mutes(path, [MUTE, MUTE, other])
    assert path.read_text() == FILE


def test_a_link_stays_a_link(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "shared.yml"
    target.write_text(FILE)
    path.symlink_to(target)
    add_mutes(path, [MUTE])
    assert path.is_symlink()
    assert load(target).mutes[-1] == MUTE


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(str.strip)


@pytest.mark.proof
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(check=TEXTS, reason=TEXTS, resource=TEXTS, owner=TEXTS)
def test_any_text_arrives_as_it_was(path: Path, check: str, reason: str, resource: str, owner: str) -> None:
    mute = Mute(check, reason, resource=resource, owner=owner)
    path.write_text(FILE)
    add_mutes(path, [mute])
    assert load(path).mutes[-1] == mute
