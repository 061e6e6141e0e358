"""Starts the second process: ``python -m cloud_audit_tui.aws.second_process DESCRIPTOR``."""

from __future__ import annotations

import sys

from cloud_audit_tui.aws.aiohttp_import import import_aiohttp

if __name__ == "__main__":
    import_aiohttp()
    from cloud_audit_tui.aws.second_process.server import serve

    serve(int(sys.argv[1]))
