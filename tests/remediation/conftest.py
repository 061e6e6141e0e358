"""Fixtures of the remediation's tests, and the proofs beside them made importable."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cli_proof import CliProof
    from terraform_proof import TerraformProof


@pytest.fixture(autouse=True)
def _fix_table(
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> Iterator[None]:
    """Note which fixes the test proves."""
    from fix_table import PROPERTY, WATCHED, Watch

    watch = Watch()
    watch.attach(monkeypatch)
    WATCHED.append(watch)
    yield
    WATCHED.remove(watch)
    if watch.seen:
        record_property(PROPERTY, sorted(watch.seen))


@pytest.fixture(scope="session")
def cli_proof() -> CliProof:
    from cli_proof import CliProof

    return CliProof()


@pytest.fixture(scope="session")
def terraform_proof() -> Iterator[TerraformProof]:
    from terraform_proof import TerraformProof

    program = shutil.which("terraform")
    if program is None:
        pytest.skip("the program terraform is not on PATH")
    with TerraformProof(program) as proof:
        yield proof
