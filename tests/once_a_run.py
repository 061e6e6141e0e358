"""Values that take seconds to make and do not change: one worker of a run makes each, the others read it."""

from __future__ import annotations

import fcntl
import pickle
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

T = TypeVar("T")


def run_directory(factory: pytest.TempPathFactory, config: pytest.Config) -> Path:
    """Return the directory that all workers of this run share."""
    directory = factory.getbasetemp()
    return directory.parent if hasattr(config, "workerinput") else directory


def once_a_run(factory: pytest.TempPathFactory, config: pytest.Config, name: str, make: Callable[[], T]) -> T:
    """Return the value of a name, made by the first worker of this run that asks for it."""
    directory = run_directory(factory, config)
    file = directory / f"{name}.pickle"
    with (directory / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            content = pickle.dumps(make())
            file.write_bytes(content)
        value: T = pickle.loads(file.read_bytes())
    return value
