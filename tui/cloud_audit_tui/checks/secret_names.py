"""Names of variables and parameters that indicate a secret value; the checks never read values."""

from __future__ import annotations

import re

_VARIABLE = re.compile(
    r"SECRET|PASSWORD|PASSWD|API_?KEY|TOKEN(?!S|IZ)|PRIVATE_?KEY|DB_?PASS|DATABASE_URL|AWS_SECRET"
)
_PARAMETER = re.compile(
    r"SECRET|PASSWORD|API.?KEY|(?<!MAX)(?<!MAX[_.-])TOKEN(?!IZ)|PRIVATE.?KEY|CREDENTIAL|DB.?PASS",
    re.IGNORECASE,
)
_HOLDS_A_PASSWORD = re.compile(r"DATABASE_URL$")
"""URLs of databases commonly contain the password."""

_NOT_A_SECRET = frozenset(
    {
        "ALGORITHM",
        "ALIAS",
        "ARN",
        "ARNS",
        "AUDIENCE",
        "BUCKET",
        "CACHE",
        "COMPLEXITY",
        "CONNECTIONS",
        "COUNT",
        "DAYS",
        "DIR",
        "DISABLED",
        "ENABLED",
        "ENDPOINT",
        "EXPIRATION",
        "EXPIRES",
        "EXPIRY",
        "FILE",
        "FILENAME",
        "FORMAT",
        "HEADER",
        "HISTORY",
        "HOST",
        "HOURS",
        "ID",
        "IDS",
        "INTERVAL",
        "ISSUER",
        "LENGTH",
        "LEVEL",
        "LIFETIME",
        "LIMIT",
        "LOCATION",
        "MANAGER",
        "MAX",
        "MILLIS",
        "MIN",
        "MINUTES",
        "MODE",
        "MS",
        "NAME",
        "NAMES",
        "PARAM",
        "PARAMETER",
        "PATH",
        "POLICY",
        "PORT",
        "PREFIX",
        "PROVIDER",
        "REF",
        "REGION",
        "REQUIRED",
        "RETRIES",
        "ROTATION",
        "SCHEDULE",
        "SCOPE",
        "SECONDS",
        "SIZE",
        "SSM",
        "STAGE",
        "STORE",
        "TABLE",
        "TIMEOUT",
        "TOPIC",
        "TTL",
        "TYPE",
        "URI",
        "URL",
        "USAGE",
        "VALIDITY",
        "VERSION",
    }
)
"""Last words of names of variables that locate or configure a secret but do not hold it."""

_EXTENSION = re.compile(r"PARAMETERS_SECRETS_EXTENSION_|SECRETS_MANAGER_(?:TTL|TIMEOUT)")
"""Prefixes of the settings of AWS's Parameters and Secrets extension, which keeps secrets out of variables.

Source: the Secrets Manager User Guide on that extension.
"""

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def variable_holds_a_secret(name: str) -> bool:
    """Whether the name of an environment variable is one of the usual names of a secret."""
    words = _words(name)
    if not _VARIABLE.search(words) and not _VARIABLE.search(name.upper()):
        return False
    if _EXTENSION.match(words):
        return False
    return bool(_HOLDS_A_PASSWORD.search(words)) or _last(words) not in _NOT_A_SECRET


def parameter_holds_a_secret(name: str) -> bool:
    """Whether the name of a parameter, with its path, is one of the usual names of a secret."""
    words = _words(name)
    match = _PARAMETER.search(words) or _PARAMETER.search(name)
    return match is not None and _last(words) not in _NOT_A_SECRET


def _words(name: str) -> str:
    """Return the words of a name in capitals, with underscores between them."""
    return re.sub(r"[^A-Z0-9]+", "_", _HUMP.sub("_", name).upper()).strip("_")


def _last(words: str) -> str:
    return words.rsplit("_", 1)[-1]
