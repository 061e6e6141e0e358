"""Imports aiohttp without the certificates that it loads for connections which nobody opens here.

At its import aiohttp makes two TLS contexts and reads the certificates of the system for each, which takes as
long as a tenth of the import of everything that calls AWS. Every connection of this program has a context of
`tls`; those of aiohttp trust nobody then, so that a connection that used one would fail.
"""

from __future__ import annotations

import os
import sys

_FILE, _DIRECTORY = "SSL_CERT_FILE", "SSL_CERT_DIR"
"""The variables that name the certificates of the system."""


def import_aiohttp() -> None:
    """Import aiohttp, before anything that imports it."""
    if "aiohttp" in sys.modules:
        return
    before = {name: os.environ.get(name) for name in (_FILE, _DIRECTORY)}
    os.environ.update(dict.fromkeys(before, os.devnull))
    try:
        import aiohttp  # noqa: F401, PLC0415
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
