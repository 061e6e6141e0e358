"""Imports aiohttp without the certificates that it loads for its own TLS contexts, which are not used.

On import, aiohttp creates two TLS contexts and reads the system's certificates for each, which takes a tenth
of the time to import everything that calls AWS. Every connection of this program has a context of `tls`; the
contexts of aiohttp then trust nobody, so a connection that used one would fail.
"""

from __future__ import annotations

import os
import sys

_FILE, _DIRECTORY = "SSL_CERT_FILE", "SSL_CERT_DIR"
"""The environment variables for the system's certificates."""


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
