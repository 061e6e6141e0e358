"""Fixtures of the remediation's tests."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from once_a_run import run_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from remediation.cli_proof import CliProof
    from remediation.terraform_proof import TerraformProof


@pytest.fixture(autouse=True)
def _fix_table(
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> Iterator[None]:
    """Note which fixes the test proves."""
    from remediation.fix_table import PROPERTY, WATCHED, Watch

    watch = Watch()
    watch.attach(monkeypatch)
    WATCHED.append(watch)
    yield
    WATCHED.remove(watch)
    if watch.entries:
        record_property(PROPERTY, sorted(watch.entries))


@pytest.fixture(scope="session", autouse=True)
def _shared_scripts(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> None:
    """Let all workers know which scripts are right."""
    from remediation.right_texts import RightTexts
    from remediation.script_syntax import share

    share(RightTexts(run_directory(tmp_path_factory, pytestconfig) / "right-scripts"))


@pytest.fixture(scope="session")
def cli_proof() -> CliProof:
    from remediation.cli_proof import CliProof

    return CliProof()


@pytest.fixture(scope="session")
def terraform_proof(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[TerraformProof]:
    from remediation.right_texts import RightTexts
    from remediation.terraform_proof import TerraformProof

    program = shutil.which("terraform")
    if program is None:
        pytest.skip("the program terraform is not on PATH")
    right = RightTexts(run_directory(tmp_path_factory, pytestconfig) / "right-terraform")
    with TerraformProof(program, right) as proof:
        yield proof
