"""Names of variables that say that the value is a secret; values are never looked at."""

from __future__ import annotations

import re

_SECRET = re.compile(
    r"SECRET|PASSWORD|PASSWD|API_?KEY|TOKEN(?!S|IZ)|PRIVATE_?KEY|DB_?PASS|DATABASE_URL|AWS_SECRET"
)
_HOLDS_A_PASSWORD = re.compile(r"DATABASE_URL$")
"""Addresses of databases commonly have the password in them."""

_SAYS_WHERE = frozenset(
    {
        "ALIAS",
        "ARN",
        "ARNS",
        "BUCKET",
        "COUNT",
        "DAYS",
        "DIR",
        "ENABLED",
        "ENDPOINT",
        "EXPIRATION",
        "EXPIRES",
        "EXPIRY",
        "FILE",
        "FILENAME",
        "HEADER",
        "HOST",
        "ID",
        "IDS",
        "ISSUER",
        "LENGTH",
        "LIFETIME",
        "LIMIT",
        "LOCATION",
        "MINUTES",
        "NAME",
        "NAMES",
        "PARAM",
        "PARAMETER",
        "PATH",
        "POLICY",
        "PREFIX",
        "REF",
        "REGION",
        "ROTATION",
        "SECONDS",
        "SSM",
        "STAGE",
        "TABLE",
        "TIMEOUT",
        "TTL",
        "TYPE",
        "URI",
        "URL",
        "VERSION",
    }
)
"""Last words of names that say where a secret is, or something about it, and do not hold it."""

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def holds_a_secret(name: str) -> bool:
    """Say whether a variable of this name holds a secret, by the usual ways to name one."""
    words = _HUMP.sub("_", name).upper()
    if not _SECRET.search(words) and not _SECRET.search(name.upper()):
        return False
    return bool(_HOLDS_A_PASSWORD.search(words)) or words.rsplit("_", 1)[-1] not in _SAYS_WHERE
