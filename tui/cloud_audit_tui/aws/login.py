"""The login of a profile, and when it expires, by the AWS CLI's cache and without a call to AWS.

SSO tokens: AWS SDKs and Tools Reference Guide, "IAM Identity Center credential provider". Sessions of ``aws
login``: the same guide, "Login credentials provider"; they are valid for at most twelve hours.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_LOGIN = timedelta(hours=12)
"""The longest session of ``aws login``; its cache only has the expiry of its newest credentials."""


class Login(msgspec.Struct, frozen=True):
    """The login that a profile needs: the command, without the program, and the file that holds its token.

    ``renewable_for`` is the time in seconds after its ``expiresAt`` in which the token can be renewed.
    """

    arguments: tuple[str, ...]
    cache: str
    renewable_for: float = 0.0

    @property
    def command(self) -> tuple[str, ...]:
        """The command of the AWS CLI that logs in."""
        return ("aws", *self.arguments)


class LoginStatus(Enum):
    """Whether a login is valid; the token of a `RENEWABLE` one has expired, but AWS may still renew it."""

    VALID = "valid"
    RENEWABLE = "renewable"
    EXPIRED = "expired"
    ABSENT = "absent"


class LoginState(msgspec.Struct, frozen=True):
    """Whether a login is valid, and when its token expires, as an ISO 8601 time in UTC."""

    status: LoginStatus
    ends_at: str = ""

    @property
    def is_over(self) -> bool:
        """Whether the user has to log in before the profile can be used."""
        return self.status in (LoginStatus.EXPIRED, LoginStatus.ABSENT)


def login_of(name: str, settings: Mapping[str, Any], environ: Mapping[str, str]) -> Login | None:
    """Return the login of a profile with these settings; None for other sources of credentials."""
    home = Path(environ.get("HOME") or Path.home())
    if session := str(settings.get("sso_session") or settings.get("sso_start_url") or ""):
        # botocore derives the file name by SHA-1; it protects nothing.
        file = hashlib.sha1(session.encode(), usedforsecurity=False).hexdigest()
        cache = home / ".aws" / "sso" / "cache" / f"{file}.json"
        return Login(("sso", "login", "--profile", name), str(cache))
    if session := str(settings.get("login_session") or ""):
        directory = environ.get("AWS_LOGIN_CACHE_DIRECTORY") or home / ".aws" / "login" / "cache"
        cache = Path(directory) / f"{hashlib.sha256(session.strip().encode()).hexdigest()}.json"
        return Login(("login", "--profile", name), str(cache), LONGEST_LOGIN.total_seconds())
    return None


def login_state(login: Login, now: float) -> LoginState:
    """Return the state of a login at a time in seconds since 1970."""
    try:
        token = json.loads(Path(login.cache).read_bytes())
        # The cache of `aws login` holds the credentials one level down.
        inner = token["accessToken"] if isinstance(token["accessToken"], dict) else token
        ends = _time(inner["expiresAt"])
    except (OSError, ValueError, TypeError, KeyError):
        return LoginState(LoginStatus.ABSENT)
    at = ends.isoformat()
    moment = datetime.fromtimestamp(now, UTC)
    if ends > moment:
        return LoginState(LoginStatus.VALID, at)
    return LoginState(
        LoginStatus.RENEWABLE if _may_be_renewed(login, token, ends, moment) else LoginStatus.EXPIRED, at
    )


def _may_be_renewed(login: Login, token: dict[str, Any], ends: datetime, now: datetime) -> bool:
    if not token.get("refreshToken"):
        return False
    if login.renewable_for:
        return ends + timedelta(seconds=login.renewable_for) > now
    try:
        return _time(token["registrationExpiresAt"]) > now
    except (ValueError, TypeError, KeyError):
        return False


def _time(text: object) -> datetime:
    """Return a time of the cache, which is in UTC; older files end it with the letters ``UTC``."""
    if not isinstance(text, str):
        raise TypeError(f"a time is a text, not {type(text).__name__}")
    parsed_time = datetime.fromisoformat(text.removesuffix("UTC"))
    return parsed_time if parsed_time.tzinfo else parsed_time.replace(tzinfo=UTC)
