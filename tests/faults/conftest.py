"""A fault proxy before the scripted AWS, and a Reader on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from faults.proxy import FaultProxy, faulty

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_stub import AwsStub


@pytest.fixture
def proxy(aws: AwsStub, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """The proxy before the scripted AWS, reached through the environment."""
    with faulty(aws.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        yield proxy
