"""Fixtures of the remediation's tests, and the proofs beside them made importable."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli_proof import CliProof
    from terraform_proof import TerraformProof


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
