"""Profiles are listed from the files, every kind that botocore resolves, without a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloud_audit_tui.aws.profiles import (
    ConfigError,
    ProfileKind,
    UnknownProfileError,
    list_profiles,
    select_profiles,
)

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """
[default]
region = eu-west-1

[profile prod]
role_arn = arn:aws:iam::111122223333:role/audit
source_profile = login
region = us-east-1

[profile login]
role_arn = arn:aws-us-gov:iam::444455556666:role/login
credential_source = Environment
mfa_serial = arn:aws:iam::444455556666:mfa/me

[profile sso]
sso_session = corp
sso_account_id = 777788889999
sso_role_name = ReadOnly

[profile old-sso]
sso_start_url = https://example.awsapps.com/start

[profile program]
credential_process = /bin/echo {}

[profile web]
role_arn = arn:aws:iam::111122223333:role/web
web_identity_token_file = /tmp/token

[sso-session corp]
sso_start_url = https://example.awsapps.com/start
sso_region = us-east-1

[services local]
s3 =
  endpoint_url = http://127.0.0.1:1
"""
CREDENTIALS = """
[default]
aws_access_key_id = AKIAEXAMPLE
aws_secret_access_key = secret

[only-keys]
aws_access_key_id = AKIAEXAMPLE
aws_secret_access_key = secret
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "config").write_text(CONFIG)
    (tmp_path / "credentials").write_text(CREDENTIALS)
    return {
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": str(tmp_path),
    }


def test_no_login_is_offered_to_a_profile_whose_sso_session_is_absent(
    environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "config").write_text(
        CONFIG + "[profile typo]\nsso_session = corpp\n"
        "[profile over-typo]\nrole_arn = arn:aws:iam::111122223333:role/a\nsource_profile = typo\n"
    )
    logins = {profile.name: profile.login for profile in list_profiles(environ)}
    assert logins["sso"] is not None
    assert logins["old-sso"] is not None
    assert logins["typo"] is logins["over-typo"] is None


def test_every_kind_is_named(environ: dict[str, str]) -> None:
    kinds = {profile.name: profile.kind for profile in list_profiles(environ)}
    assert kinds == {
        "default": ProfileKind.KEYS,
        "login": ProfileKind.ROLE,
        "old-sso": ProfileKind.SSO,
        "only-keys": ProfileKind.KEYS,
        "prod": ProfileKind.ROLE,
        "program": ProfileKind.PROCESS,
        "sso": ProfileKind.SSO,
        "web": ProfileKind.WEB_IDENTITY,
    }


def test_region_account_and_mfa_come_from_the_configuration(environ: dict[str, str]) -> None:
    profiles = {profile.name: profile for profile in list_profiles(environ)}
    assert (profiles["prod"].region, profiles["prod"].account_id) == ("us-east-1", "111122223333")
    assert profiles["prod"].mfa, "the role that it comes from asks for a code"
    assert profiles["sso"].account_id == "777788889999"
    assert not profiles["sso"].mfa


def test_a_circle_of_source_profiles_ends(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "config").write_text(
        "[profile a]\nrole_arn=arn:aws:iam::111122223333:role/a\nsource_profile=b\n"
        "[profile b]\nrole_arn=arn:aws:iam::111122223333:role/b\nsource_profile=a\n"
    )
    assert not any(profile.mfa for profile in list_profiles(environ))


def test_credentials_in_the_environment_are_a_profile(environ: dict[str, str]) -> None:
    environ |= {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_REGION": "ap-south-1"}
    first = list_profiles(environ)[0]
    assert (first.name, first.kind, first.region) == ("environment", ProfileKind.ENVIRONMENT, "ap-south-1")


def test_keys_of_the_environment_take_the_region_of_the_named_profile(environ: dict[str, str]) -> None:
    environ |= {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_PROFILE": "prod"}
    assert list_profiles(environ)[0].region == "us-east-1"


def test_the_role_of_a_container_is_a_profile(environ: dict[str, str]) -> None:
    environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://127.0.0.1/"
    assert list_profiles(environ)[0].kind is ProfileKind.INSTANCE_ROLE


def test_what_is_scanned_when_nothing_is_named(environ: dict[str, str]) -> None:
    def selected_names(**more: str) -> list[str]:
        environment = environ | more
        return [profile.name for profile in select_profiles(list_profiles(environment), [], environment)]

    assert selected_names() == ["default"]
    assert selected_names(AWS_PROFILE="prod") == ["prod"]
    assert selected_names(AWS_ACCESS_KEY_ID="AKIAEXAMPLE") == ["environment"]
    assert selected_names(AWS_PROFILE="prod", AWS_ACCESS_KEY_ID="AKIAEXAMPLE") == ["environment"]


def test_no_credentials_at_all_says_how_to_configure_them(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"}
    assert list_profiles(environ) == []
    with pytest.raises(ConfigError, match=r"aws configure sso.*--demo"):
        select_profiles([], [], environ)


def test_an_unknown_profile_is_answered_with_the_known_ones(environ: dict[str, str]) -> None:
    with pytest.raises(UnknownProfileError, match=r"no AWS profile 'prdo'.*prod"):
        select_profiles(list_profiles(environ), ["prdo"], environ)


@pytest.mark.parametrize("content", ["password-that-must-not-be-shown\n[x", "[a]\nb\n[a\n"])
def test_a_broken_file_is_named_and_not_quoted(environ: dict[str, str], tmp_path: Path, content: str) -> None:
    (tmp_path / "config").write_text(content)
    with pytest.raises(ConfigError, match=r"config cannot be read: it is not valid INI") as error:
        list_profiles(environ)
    assert "password-that" not in str(error.value)


def test_what_stands_twice_in_a_file_is_named_with_its_line(environ: dict[str, str], tmp_path: Path) -> None:
    rows = [
        ("[default]\n[profile a]\n[default]\n", r"line 3 begins \[default\] again\. Join the sections"),
        ("[profile a]\nregion = x\nregion = y\n", r"line 3 sets region of \[profile a\] again\. Delete one"),
    ]
    for content, words in rows:
        (tmp_path / "config").write_text(content)
        with pytest.raises(ConfigError, match=words):
            list_profiles(environ)


def test_of_hundreds_of_profiles_an_error_lists_a_few_and_the_nearest(
    environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("".join(f"[profile team-{number:03}]\n" for number in range(500)))
    profiles = list_profiles(environ)
    with pytest.raises(UnknownProfileError, match=r"Did you mean team-499\b.* and \d+ more\.") as error:
        select_profiles(profiles, ["team-4999"], environ)
    assert len(str(error.value)) < 500
    with pytest.raises(ConfigError, match=r"Name one with --profile: .* and \d+ more\."):
        select_profiles([each for each in profiles if each.name != "default"], [], {})


def test_a_file_that_may_not_be_read_is_an_error_and_not_an_empty_list(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = type(tmp_path).open

    def refuse(path: Path, *args: object, **kwargs: object) -> object:
        if path.name == "config":
            raise PermissionError(13, "Permission denied")
        return real(path, *args, **kwargs)  # type: ignore[call-overload]

    # The tests may run as root, whom no permission bits stop.
    monkeypatch.setattr(type(tmp_path), "open", refuse)
    with pytest.raises(ConfigError, match="permission denied"):
        list_profiles(environ)


@pytest.mark.parametrize("section", ["profile [prod] /x", "profile my prod", "profile it's"])
def test_a_section_that_aws_tools_pass_over_is_listed(
    environ: dict[str, str], tmp_path: Path, section: str
) -> None:
    (tmp_path / "config").write_text(f"[{section}]\nregion = eu-west-1\n")
    kinds = {profile.name: profile.kind for profile in list_profiles(environ)}
    assert kinds[section.removeprefix("profile ")] is ProfileKind.SETTINGS_ONLY
