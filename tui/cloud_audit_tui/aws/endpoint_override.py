"""Custom endpoints (AWS_ENDPOINT_URL) whose host name cannot take an account id prefix."""

from __future__ import annotations

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

# A pattern and not `urlsplit`, which refuses an account id before the brackets of IPv6.
_ACCOUNT_FIRST = re.compile(r"(?P<scheme>https?://)\d{12}\.(?P<host>[^/?#]+)(?P<rest>.*)", re.DOTALL)


def without_account_in_host(params: dict[str, Any], **_: object) -> None:
    """Send an S3 Control call to the endpoint itself when it is an IP address or localhost.

    A handler for botocore's ``before-call.s3-control`` event: botocore prefixes every host name with the
    account id, which does not resolve there.
    """
    url_match = _ACCOUNT_FIRST.fullmatch(params["url"])
    if url_match and _stands_alone(urlsplit(f"//{url_match['host']}").hostname or ""):
        params["url"] = url_match.expand(r"\g<scheme>\g<host>\g<rest>")


def _stands_alone(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
