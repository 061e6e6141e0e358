from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import boto3
import pytest

if TYPE_CHECKING:
    from pathlib import Path


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def cli(quick: Path) -> Run:
    """Run the AWS CLI of this environment with variables added to the test's."""

    def run(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
        import os

        return subprocess.run(
            [str(quick / "aws"), *arguments],
            env={**os.environ, "AWS_PAGER": "", **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def sagemaker(aws_server: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A SageMaker client of an empty region."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    client = boto3.session.Session().client("sagemaker", "eu-central-1", endpoint_url=aws_server)
    yield client
    client.close()
