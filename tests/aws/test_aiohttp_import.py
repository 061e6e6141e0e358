"""aiohttp is imported without certificates that nobody uses, and the environment stays as it is."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import os
from cloud_audit_tui.aws.aiohttp_import import import_aiohttp

import_aiohttp()
import aiohttp.connector
from cloud_audit_tui.aws.tls import CheckedSession

print(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
print(len(aiohttp.connector._SSL_CONTEXT_VERIFIED.get_ca_certs()))
print(len(CheckedSession()._tls.get_ca_certs()) > 0)
"""


@pytest.mark.proof
@pytest.mark.parametrize("file", [None, "/etc/mine.pem"])
def test_only_our_own_connections_trust_somebody(monkeypatch: pytest.MonkeyPatch, file: str | None) -> None:
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    if file is None:
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    else:
        monkeypatch.setenv("SSL_CERT_FILE", file)
    program = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert program.stdout.split("\n")[:3] == [f"{file} None", "0", "True"]
