"""A store in a directory of its own."""

from __future__ import annotations

import itertools
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from cloud_audit_tui.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "findings.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open(path) as opened:
        yield opened


@pytest.fixture
def new_store(tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Return an empty store at each call: for a test whose rows each fill their own."""
    numbers = itertools.count()
    with ExitStack() as stores:
        yield lambda: stores.enter_context(Store.open(tmp_path / f"{next(numbers)}.db"))


@pytest.fixture
def reopened(path: Path, store: Store) -> Iterator[Callable[[], Store]]:
    """Return the store as another process sees it, while the first is not closed."""
    others: list[Store] = []

    def open_again() -> Store:
        others.append(Store.open(path))
        return others[-1]

    yield open_again
    for other in others:
        other.close()
