"""Whether a login lasts is read from the files of the AWS CLI."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.aws.login import Login, LoginStatus, login_state
from cloud_audit_tui.aws.profiles import list_profiles
from each_row import each_row

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
CONFIG = """
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
[profile sso]
sso_session = corp
[profile old sso]
[profile "team sso"]
sso_start_url = https://old.awsapps.com/start
sso_account_id = 111122223333
[profile role]
role_arn = arn:aws:iam::111122223333:role/a
source_profile = sso
[profile login]
login_session = arn:aws:iam::111122223333:user/me
[profile keys]
aws_access_key_id = AKIAEXAMPLE
aws_secret_access_key = x
"""


def at(hours: float, ending: str = "Z") -> str:
    return (NOW + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S") + ending


def logins(home: Path) -> dict[str, Login | None]:
    (home / "config").write_text(CONFIG)
    environ = {"HOME": str(home), "AWS_CONFIG_FILE": str(home / "config")}
    return {profile.name: profile.login for profile in list_profiles(environ)}


def test_a_profile_names_the_login_that_it_needs(tmp_path: Path) -> None:
    commands = {name: login.command[1:] if login else None for name, login in logins(tmp_path).items()}
    assert commands["sso"] == ("sso", "login", "--profile", "sso")
    assert commands["team sso"] == ("sso", "login", "--profile", "team sso")
    assert commands["role"] == ("sso", "login", "--profile", "sso"), "the profile that has the session"
    assert commands["login"] == ("login", "--profile", "login")
    assert commands["keys"] is None


def test_the_cache_is_where_the_cli_keeps_it(tmp_path: Path) -> None:
    def sso(text: str) -> str:
        return f".aws/sso/cache/{hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()}.json"

    where = {name: login.cache for name, login in logins(tmp_path).items() if login}
    assert where["sso"] == where["role"] == str(tmp_path / sso("corp"))
    assert where["team sso"] == str(tmp_path / sso("https://old.awsapps.com/start"))
    digest = hashlib.sha256(b"arn:aws:iam::111122223333:user/me").hexdigest()
    assert where["login"] == str(tmp_path / f".aws/login/cache/{digest}.json")


REFRESH = {"refreshToken": "r", "registrationExpiresAt": at(24)}
TOKENS: dict[str, tuple[Any, LoginStatus]] = {
    "valid": ({"accessToken": "x", "expiresAt": at(1)}, LoginStatus.VALID),
    "expired": ({"accessToken": "x", "expiresAt": at(-1)}, LoginStatus.EXPIRED),
    "older file": ({"accessToken": "x", "expiresAt": at(-1, "UTC")}, LoginStatus.EXPIRED),
    "renewable": ({"accessToken": "x", "expiresAt": at(-1), **REFRESH}, LoginStatus.RENEWABLE),
    "registration over": (
        {"accessToken": "x", "expiresAt": at(-13), **REFRESH, "registrationExpiresAt": at(-2)},
        LoginStatus.EXPIRED,
    ),
    "one level down": ({"accessToken": {"expiresAt": at(1)}, "refreshToken": "r"}, LoginStatus.VALID),
    "not JSON": ("{", LoginStatus.ABSENT),
    "a list": ([], LoginStatus.ABSENT),
    "no end": ({"accessToken": "x"}, LoginStatus.ABSENT),
    "an end that is no time": ({"accessToken": "x", "expiresAt": "soon"}, LoginStatus.ABSENT),
    "an end that is a number": ({"accessToken": "x", "expiresAt": 1773489600}, LoginStatus.ABSENT),
    "an end that is a list": ({"accessToken": {"expiresAt": []}}, LoginStatus.ABSENT),
    "a registration that ends at a number": (
        {"accessToken": "x", "expiresAt": at(-13), **REFRESH, "registrationExpiresAt": 1773489600},
        LoginStatus.EXPIRED,
    ),
}


def test_until_when_a_login_lasts(tmp_path: Path) -> None:
    sso, login = logins(tmp_path)["sso"], logins(tmp_path)["login"]
    assert sso
    assert login
    path = tmp_path / "token.json"
    with each_row() as row:
        for name, (content, status) in TOKENS.items():
            path.write_text(content if isinstance(content, str) else json.dumps(content))
            for one in (sso, login):
                with row(f"{name}, {one.arguments[0]}"):
                    here = Login(one.arguments, str(path), one.renewable_for)
                    assert login_state(here, NOW.timestamp()).status is status


def test_nothing_was_logged_in_ever(tmp_path: Path) -> None:
    login = logins(tmp_path)["sso"]
    assert login
    assert login_state(login, NOW.timestamp()).status is LoginStatus.ABSENT


def test_a_session_of_aws_login_is_over_after_twelve_hours(tmp_path: Path) -> None:
    login = logins(tmp_path)["login"]
    assert login
    path = tmp_path / "token.json"
    here = Login(login.arguments, str(path), login.renewable_for)
    for hours, status in ((-1, LoginStatus.RENEWABLE), (-13, LoginStatus.EXPIRED)):
        path.write_text(json.dumps({"accessToken": {"expiresAt": at(hours)}, "refreshToken": "r"}))
        assert login_state(here, NOW.timestamp()).status is status
