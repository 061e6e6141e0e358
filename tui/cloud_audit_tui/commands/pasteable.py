"""The environment variables that a pasted command needs."""

from __future__ import annotations

import os


def pasteable_environment() -> dict[str, str]:
    """Return the variables that a pasted command needs to reach the scanned AWS endpoint."""
    names = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_ENDPOINT_URL")
    return {name: os.environ[name] for name in names if os.environ.get(name)}
