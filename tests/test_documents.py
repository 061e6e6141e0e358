"""What the documents promise in numbers and names is so, and nobody has to edit it for a new check."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cloud_audit_tui.checks.catalogue import all_checks

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_a_number_of_checks_in_the_readme_is_the_catalogues() -> None:
    counted = {int(number) for number in re.findall(r"\b(\d+) checks\b", README)}
    assert counted <= {len(all_checks())}


def test_the_readme_has_one_test_command_and_it_runs_every_test() -> None:
    [command] = [line for line in README.splitlines() if "python -m pytest --quiet" in line]
    assert " -m " not in command.partition("pytest")[2], "a marker would leave tests out"


@pytest.mark.parametrize("name", ["SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"])
def test_a_document_that_the_readme_or_github_looks_for_is_there(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8").strip()


def test_no_document_links_to_a_file_that_is_not_there() -> None:
    for document in ROOT.glob("*.md"):
        text = document.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert (ROOT / target).exists(), f"{document.name} links to {target}"
