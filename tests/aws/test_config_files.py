"""The AWS files are read as botocore reads them, without its imports."""

from __future__ import annotations

import configparser
from typing import TYPE_CHECKING

import botocore.exceptions
import pytest
from botocore.configloader import load_config, raw_config_parse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud_audit_tui.aws.config_files import read_profiles, read_sections

if TYPE_CHECKING:
    from pathlib import Path

SECTIONS = [
    "[default]",
    "[profile dev]",
    "[profile 'two words']",
    '[profile "it\'s"]',
    "[profile broken']",
    "[profile]",
    "[profile a b]",
    "[profiles c]",
    "[profile\tdev2]",
    "[DEFAULT]",
    "[sso-session corp]",
    "[services local]",
    "[preview]",
]
SETTINGS = [
    "region = eu-central-1",
    "Region: us-east-1",
    "role_arn=arn:aws:iam::111122223333:role/x",
    "s3 =\n  endpoint_url = http://127.0.0.1:1\n  addressing_style = path",
    "s3 =\n  no sign",
    "long = one\n  two",
    "credential_process = /bin/echo 'a = %b' ; no comment",
    "key = ü",
    "no value",
    "# a comment",
    "",
]
lines = st.lists(st.sampled_from(SECTIONS + SETTINGS), max_size=12)


@given(lines)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_file_is_read_as_botocore_reads_it(tmp_path: Path, text: list[str]) -> None:
    path = tmp_path / "config"
    path.write_text("\n".join(text), encoding="utf-8")
    try:
        sections, profiles = raw_config_parse(str(path)), load_config(str(path))["profiles"]
    except botocore.exceptions.ConfigParseError:
        with pytest.raises((configparser.Error, ValueError)):
            read_sections(path)
    else:
        assert read_sections(path) == sections
        assert read_profiles(path) == profiles


def test_a_file_that_is_not_there_has_no_profile(tmp_path: Path) -> None:
    assert read_profiles(tmp_path / "none") == {}


def test_variables_in_its_path_are_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text("[profile dev]\nregion = eu-west-1\n")
    monkeypatch.setenv("WHERE", str(tmp_path))
    assert read_profiles(type(tmp_path)("$WHERE/config")) == {"dev": {"region": "eu-west-1"}}
