"""The shared fixtures of the closed loop: one server, and an empty account for each test."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from closed_loop.account import Account, empty_account, serving
from closed_loop.terraform import PLUGINS, program
from closed_loop.terraform_provider import provider_program, running_provider
from shared_demo import lender_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from closed_loop.terraform_types import FewTypes

# Read before any fixture removes the user's variables.
_PLUGINS = os.environ.get(PLUGINS, "")


@pytest.fixture(scope="session")
def server(pytestconfig: pytest.Config) -> Iterator[str]:
    """The URL of an embedded AWS that only these tests use."""
    with serving(lender_of(pytestconfig)) as endpoint_url:
        yield endpoint_url


@pytest.fixture(scope="session")
def terraform(request: pytest.FixtureRequest) -> Iterator[tuple[str, FewTypes]]:
    """The program `terraform`, and the AWS provider with a few types that it attaches to."""
    from closed_loop.terraform_types import few_types

    if not program():
        pytest.skip("the program terraform is absent")
    provider = provider_program(_PLUGINS) if _PLUGINS else ""
    if not provider:
        pytest.skip(f"{PLUGINS} names no mirror folder with Terraform's AWS provider, unpacked")
    server = request.getfixturevalue("server")
    with running_provider(provider, server) as address, few_types(address) as few:
        yield program(), few


@pytest.fixture
def account(server: str, quick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An empty account, to which the environment variables lead."""
    with empty_account(server, tmp_path, quick) as emptied_account:
        for name, value in emptied_account.environment.items():
            monkeypatch.setenv(name, value)
        yield emptied_account
