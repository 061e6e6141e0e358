"""What equal reads of AWS have in common: all but their signatures and the times that they name.

Whoever answers a read from memory asks by its `Key`.
"""

from __future__ import annotations

import re
from functools import cache

Key = tuple[bytes, ...]

SCOPE = re.compile(rb"Credential=(?P<signer>[^/]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/")
TARGET = re.compile(rb"^X-Amz-Target:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_TIME = re.compile(
    # The dates and times of queries and of bodies.
    rb"\d{4}-\d\d-\d\d(?:[T ]\d\d(?::|%3A)\d\d(?::|%3A)\d\d(?:\.\d+)?(?:Z|(?:[+-]|%2B)\d\d(?::|%3A)?\d\d)?)?"
    # The seconds and milliseconds of JSON; the id of an account has twelve digits.
    rb"|\b1[6-9]\d{8}(?:\d{3})?(?:\.\d+)?\b"
)


@cache
def key_of(method: bytes, path: bytes, headers: tuple[bytes, ...], body: bytes) -> Key:
    """Return the key of a request; ``headers`` are the values that tell its callers' requests apart."""
    return (method, _TIME.sub(b"TIME", path), *headers, _TIME.sub(b"TIME", body))
