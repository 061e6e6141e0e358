"""What the tests of the loop share: one server, and an empty account for each."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from closed_loop.account import Account, empty_account, serving
from closed_loop.terraform import PLUGINS, program
from closed_loop.terraform_provider import provider_program, running_provider

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from closed_loop.terraform_types import FewTypes

# Read before any fixture takes the user's variables away.
_PLUGINS = os.environ.get(PLUGINS, "")


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Where an AWS answers that these tests have to themselves."""
    with serving() as endpoint_url:
        yield endpoint_url


@pytest.fixture(scope="session")
def terraform(request: pytest.FixtureRequest) -> Iterator[tuple[str, FewTypes]]:
    """The program `terraform`, and what it attaches to: its AWS provider with a few types."""
    from closed_loop.terraform_types import few_types

    if not program():
        pytest.skip("the program terraform is absent")
    provider = provider_program(_PLUGINS) if _PLUGINS else ""
    if not provider:
        pytest.skip(f"{PLUGINS} names no mirror folder with Terraform's AWS provider, unpacked")
    server = request.getfixturevalue("server")
    with running_provider(provider, server) as attached, few_types(attached) as few:
        yield program(), few


@pytest.fixture
def account(server: str, quick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An empty account, which the environment leads to."""
    with empty_account(server, tmp_path, quick) as emptied_account:
        for name, value in emptied_account.environment.items():
            monkeypatch.setenv(name, value)
        yield emptied_account
