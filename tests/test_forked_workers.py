"""A worker is forked from a process that has read the tests, and sees in them what that process saw."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest

import forked_workers


def test_nothing_stays_of_a_test_file_that_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("broken", "whole"):
        module = types.ModuleType(name)
        module.__file__ = str(Path(f"tests/test_{name}.py").resolve())
        monkeypatch.setitem(sys.modules, name, module)
    for name, outcome in (("broken", "failed"), ("whole", "passed")):
        report = pytest.CollectReport(f"tests/test_{name}.py", outcome, None, [])  # type: ignore[arg-type]
        forked_workers.BrokenFiles().pytest_collectreport(report)
    assert ("broken" in sys.modules, "whole" in sys.modules) == (False, True)
