"""The AWS config, credentials and SSO token cache of the embedded AWS, in a separate directory."""

from __future__ import annotations

import configparser
import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from cloud_audit_tui.demo.accounts import ASSUMED, EXPIRED, IDENTITY

if TYPE_CHECKING:
    from pathlib import Path

SESSION_NAME = "cloud-audit-tui"


@dataclass(frozen=True)
class Files:
    """The paths of the configuration: ``home`` is the HOME in which botocore finds the SSO token."""

    config: Path
    credentials: Path
    home: Path


def files_in(directory: Path) -> Files:
    """Return the paths of the files in a directory, which need not exist yet."""
    return Files(config=directory / "config", credentials=directory / "credentials", home=directory)


def profile_names() -> list[str]:
    """Return the profiles to scan, the one with expired credentials last."""
    return [*(account.profile for account in ASSUMED), EXPIRED.profile]


def write_profiles(directory: Path, access_key_id: str, secret_access_key: str) -> Files:
    """Write the configuration whose source profile has this access key; raises `OSError`."""
    files = files_in(directory)
    config = configparser.RawConfigParser()
    # The AWS CLI caches the credentials of assumed roles in the user's home, under a hash of these
    # parameters: a unique identifier prevents it from reusing those of an earlier run.
    external_id = secrets.token_hex(8)
    for account in ASSUMED:
        config[f"profile {account.profile}"] = {
            "region": account.region,
            "role_arn": account.role_arn,
            "source_profile": IDENTITY.profile,
            "role_session_name": SESSION_NAME,
            "external_id": external_id,
        }
    config[f"profile {IDENTITY.profile}"] = {"region": IDENTITY.region}
    config[f"profile {EXPIRED.profile}"] = {
        "region": EXPIRED.region,
        "sso_session": EXPIRED.session,
        "sso_account_id": EXPIRED.account_id,
        "sso_role_name": EXPIRED.role,
    }
    config[f"sso-session {EXPIRED.session}"] = {
        "sso_start_url": EXPIRED.start_url,
        "sso_region": EXPIRED.region,
        "sso_registration_scopes": "sso:account:access",
    }
    credentials = configparser.RawConfigParser()
    credentials[IDENTITY.profile] = {
        "aws_access_key_id": access_key_id,
        "aws_secret_access_key": secret_access_key,
    }
    for path, content in ((files.config, config), (files.credentials, credentials)):
        with _private(path) as file:
            content.write(file)
    _write_expired_token(files.home)
    return files


def _write_expired_token(home: Path) -> None:
    cache = home / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    # The AWS CLI and botocore look up a session's token by the SHA-1 of the session's name.
    name = hashlib.sha1(EXPIRED.session.encode(), usedforsecurity=False).hexdigest()
    token = {
        "startUrl": EXPIRED.start_url,
        "region": EXPIRED.region,
        "accessToken": "expired",
        "expiresAt": EXPIRED.expired_at,
    }
    with _private(cache / f"{name}.json") as file:
        json.dump(token, file)


def _private(path: Path) -> TextIO:
    """Open a new file that only its owner can read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8")
