"""The profiles in the AWS configuration, read from its files without calling AWS.

Kinds follow the order in which botocore resolves a named profile's credentials
(``botocore.credentials.create_credential_resolver``).
"""

from __future__ import annotations

import configparser
import re
import shlex
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from cloud_audit_tui.aws.account_roles import AccountRole, account_role
from cloud_audit_tui.aws.config_files import read_profiles, read_sections, read_sso_sessions
from cloud_audit_tui.aws.login import Login, login_of
from cloud_audit_tui.suggestion import did_you_mean
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ENVIRONMENT = "environment"
"""The pseudo profile for credentials in environment variables."""
INSTANCE_ROLE = "instance role"
"""The pseudo profile for the role of the instance or container."""
PSEUDO_PROFILES = frozenset({ENVIRONMENT, INSTANCE_ROLE})
"""Names that the AWS CLI's ``--profile`` cannot select."""

HOW_TO_CONFIGURE = (
    "Run `aws configure sso` (or `aws configure`) to create a profile, or set AWS_ACCESS_KEY_ID and "
    "AWS_SECRET_ACCESS_KEY. `cloud-audit-tui --demo` needs no account."
)
MOST_NAMES = 20
"""The most profiles that an error lists."""
_ROLE_ACCOUNT = re.compile(r"^arn:[^:]+:iam::(\d{12}):")
_DMI_VENDOR = Path("/sys/class/dmi/id/sys_vendor")


class ProfileKind(StrEnum):
    """The source of a profile's credentials, as the app shows it."""

    KEYS = "keys"
    ROLE = "role"
    SSO = "sso"
    PROCESS = "process"
    LOGIN = "aws login"
    WEB_IDENTITY = "web identity"
    ENVIRONMENT = "environment"
    INSTANCE_ROLE = "instance role"
    SETTINGS_ONLY = "settings only"
    ACCOUNT_ROLE = "org role"


_PSEUDO_PROVIDERS = {
    ProfileKind.ENVIRONMENT: frozenset({"env"}),
    ProfileKind.WEB_IDENTITY: frozenset({"assume-role-with-web-identity"}),
    ProfileKind.INSTANCE_ROLE: frozenset({"container-role", "iam-role"}),
}


class Profile(msgspec.Struct, frozen=True):
    """A profile as it is configured.

    ``account_id`` comes from the configuration (of a role or an SSO account), ``mfa`` says whether it needs
    an MFA code; ``region`` is empty when none is set. ``login`` is that of the profile, or of the profile
    that its role is assumed from. ``source`` is the profile that assumes a role in an account of an
    organization, which no section of the configuration names; None for every other profile.
    """

    name: str
    kind: ProfileKind
    region: str = ""
    account_id: str = ""
    mfa: bool = False
    login: Login | None = None
    source: Profile | None = None

    @property
    def root(self) -> Profile:
        """The profile whose credentials this one depends on: its source or itself."""
        return self.source or self

    @property
    def providers(self) -> frozenset[str]:
        """The providers of botocore that give a pseudo profile its credentials, by their ``METHOD``.

        Empty for a profile of the configuration, whose section says where they come from.
        """
        return _PSEUDO_PROVIDERS.get(self.kind, frozenset()) if self.name in PSEUDO_PROFILES else frozenset()

    @property
    def role(self) -> AccountRole | None:
        """The role that this profile stands for, in an account of an organization."""
        return account_role(self.name) if self.source is not None else None


class ConfigError(ValueError):
    """The AWS configuration cannot be read; the message says what to do."""


class UnknownProfileError(LookupError):
    """No profile has the requested name."""

    def __init__(self, name: str, names: list[str]) -> None:
        near = did_you_mean(name, names, "") if len(names) > MOST_NAMES else ""
        choices = (
            f"{near} Known profiles: {_listed(names)}.".lstrip()
            if names
            else f"No profile is configured. {HOW_TO_CONFIGURE}"
        )
        super().__init__(f"There is no AWS profile {name!r}. {choices}")


def _listed(names: Iterable[str]) -> str:
    first, others = list(names)[:MOST_NAMES], list(names)[MOST_NAMES:]
    return ", ".join(first) + (f" and {len(others)} more" if others else "")


def list_profiles(environ: Mapping[str, str]) -> list[Profile]:
    """Return every profile, pseudo profiles first, then by name; raises `ConfigError`.

    A section whose name AWS tools cannot parse is listed too, as settings only: otherwise its owner would see
    the profile in the file and assume that it was scanned.
    """
    config_path = _path(environ, "AWS_CONFIG_FILE", "config")
    settings = _read_config(config_path)
    credentials = _read_credentials(_path(environ, "AWS_SHARED_CREDENTIALS_FILE", "credentials"))
    profiles: dict[str, dict[str, Any]] = settings.get("profiles", {})
    names = sorted(
        {*profiles, *credentials, *_misnamed(config_path)}, key=lambda name: (name != "default", name)
    )
    by_name = {name: _profile(name, settings, credentials, environ) for name in names}
    # botocore uses the region of the named profile, whichever credentials it uses.
    default = by_name.get(_named_profile(environ) or "default")
    return [*_pseudo_profiles(environ, default.region if default else ""), *by_name.values()]


def select_profiles(profiles: list[Profile], names: list[str], environ: Mapping[str, str]) -> list[Profile]:
    """Return the profiles with these names, or the one that botocore would use by default.

    Raises `UnknownProfileError`, and `ConfigError` when there are no credentials at all.
    """
    by_name = {profile.name: profile for profile in profiles}
    if not names:
        # Keys in the environment take precedence over AWS_PROFILE, as in botocore and the AWS CLI.
        keys = environ.get("AWS_ACCESS_KEY_ID") and ENVIRONMENT in by_name
        default = ENVIRONMENT if keys else _named_profile(environ)
        if not default:
            default = next((name for name in (ENVIRONMENT, "default", INSTANCE_ROLE) if name in by_name), "")
        if not default:
            if not profiles:
                raise ConfigError(f"There are no AWS credentials. {HOW_TO_CONFIGURE}")
            raise ConfigError(f"There is no default profile. Name one with --profile: {_listed(by_name)}.")
        names = [default]
    return [_profile_named(name, by_name, environ) for name in dict.fromkeys(names)]


def account_profile(name: str, source: Profile, environ: Mapping[str, str]) -> Profile:
    """Return the profile for a role in an account of an organization, by the name of the role.

    It has the region and the login of its source. Raises `ValueError` for any other name.
    """
    role = account_role(name)
    if role is None or role.source != source.name:
        raise ValueError(f"{name!r} is no role that {source.name!r} assumes")
    return Profile(
        name=name,
        kind=ProfileKind.ACCOUNT_ROLE,
        region=source.region or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "",
        account_id=role.account_id,
        mfa=source.mfa,
        login=source.login,
        source=source,
    )


def _profile_named(name: str, by_name: Mapping[str, Profile], environ: Mapping[str, str]) -> Profile:
    if name in by_name:
        return by_name[name]
    role = account_role(name)
    if role is None or role.source not in by_name:
        raise UnknownProfileError(role.source if role else name, list(by_name))
    return account_profile(name, by_name[role.source], environ)


def _path(environ: Mapping[str, str], variable: str, name: str) -> Path:
    value = environ.get(variable)
    home = environ.get("HOME")
    if value:
        return (
            Path(value.replace("~", home, 1)) if home and value.startswith("~/") else Path(value).expanduser()
        )
    return (Path(home) if home else Path.home()) / ".aws" / name


def _read_config(path: Path) -> dict[str, Any]:
    try:
        return {"profiles": read_profiles(path), "sso_sessions": read_sso_sessions(path)}
    except (configparser.Error, OSError, ValueError) as error:
        raise ConfigError(f"The AWS configuration {path} cannot be read: {_why(error)}") from error


def _misnamed(path: Path) -> set[str]:
    """Return the names in sections such as ``[profile a b]``, which botocore ignores silently."""
    return {
        name
        for section in read_sections(path)
        if section.startswith("profile ") and (name := section.removeprefix("profile ").strip())
        if not _is_one_word(name)
    }


def _is_one_word(name: str) -> bool:
    try:
        return len(shlex.split(name)) == 1
    except ValueError:
        return False


def _read_credentials(path: Path) -> dict[str, Any]:
    try:
        return dict(read_sections(path))
    except (configparser.Error, OSError, ValueError) as error:
        raise ConfigError(f"The AWS credentials {path} cannot be read: {_why(error)}") from error


def _why(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return "permission denied. Make it readable with `chmod u+r`."
    if isinstance(error, configparser.DuplicateSectionError):
        return f"line {error.lineno} begins [{plain(error.section)}] again. Join the sections, or rename one."
    if isinstance(error, configparser.DuplicateOptionError):
        where = f"[{plain(error.section)}]"
        return f"line {error.lineno} sets {plain(error.option)} of {where} again. Delete one of the lines."
    # A parser's message quotes the offending line, which may contain a secret.
    return "it is not valid INI. Look for a line outside of a [section], or one without `=`."


def _profile(
    name: str, settings: dict[str, Any], credentials: dict[str, dict[str, Any]], environ: Mapping[str, str]
) -> Profile:
    chain = _chain(name, settings, credentials)
    _, own_settings = chain[0]
    role = _ROLE_ACCOUNT.match(str(own_settings.get("role_arn", "")))
    source, source_settings = chain[-1]
    # No login mends a profile that names an absent session.
    can_log_in = source_settings.get("sso_session", "") in {"", *settings.get("sso_sessions", ())}
    return Profile(
        name=name,
        kind=_kind(own_settings),
        region=str(own_settings.get("region", "")),
        account_id=role[1] if role else str(own_settings.get("sso_account_id", "")),
        mfa=any("role_arn" in each and "mfa_serial" in each for _, each in chain),
        login=login_of(source, source_settings, environ) if can_log_in else None,
    )


def _kind(own_settings: dict[str, Any]) -> ProfileKind:
    if "role_arn" in own_settings and "web_identity_token_file" in own_settings:
        return ProfileKind.WEB_IDENTITY
    if "role_arn" in own_settings:
        return ProfileKind.ROLE
    if "sso_session" in own_settings or "sso_start_url" in own_settings:
        return ProfileKind.SSO
    if "aws_access_key_id" in own_settings:
        return ProfileKind.KEYS
    if "credential_process" in own_settings:
        return ProfileKind.PROCESS
    if "login_session" in own_settings:
        return ProfileKind.LOGIN
    return ProfileKind.SETTINGS_ONLY


def _chain(
    name: str, settings: dict[str, Any], credentials: dict[str, dict[str, Any]]
) -> list[tuple[str, dict[str, Any]]]:
    """Return a profile and the chain of its source profiles, with their settings."""
    chain: dict[str, dict[str, Any]] = {}
    while name and name not in chain:
        chain[name] = {**settings.get("profiles", {}).get(name, {}), **credentials.get(name, {})}
        name = str(chain[name].get("source_profile", "")) if "role_arn" in chain[name] else ""
    return list(chain.items())


def _named_profile(environ: Mapping[str, str]) -> str:
    return environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE") or ""


def _pseudo_profiles(environ: Mapping[str, str], configured_region: str) -> list[Profile]:
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or configured_region
    profiles = []
    if environ.get("AWS_ACCESS_KEY_ID"):
        profiles.append(Profile(ENVIRONMENT, ProfileKind.ENVIRONMENT, region))
    elif environ.get("AWS_WEB_IDENTITY_TOKEN_FILE") and environ.get("AWS_ROLE_ARN"):
        role = _ROLE_ACCOUNT.match(environ["AWS_ROLE_ARN"])
        profiles.append(Profile(ENVIRONMENT, ProfileKind.WEB_IDENTITY, region, role[1] if role else ""))
    if _has_machine_role(environ):
        profiles.append(Profile(INSTANCE_ROLE, ProfileKind.INSTANCE_ROLE, region))
    return profiles


def _has_machine_role(environ: Mapping[str, str]) -> bool:
    if any(environ.get(f"AWS_CONTAINER_CREDENTIALS_{kind}_URI") for kind in ("RELATIVE", "FULL")):
        return True
    if environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        return False
    try:
        return _DMI_VENDOR.read_text(encoding="ascii", errors="replace").strip() == "Amazon EC2"
    except OSError:
        return False
