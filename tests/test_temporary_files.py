"""Temporary files are in memory only where that is possible and nobody has decided otherwise."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

import temporary_files
from temporary_files import drop, keep_in_memory

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_they_are_in_memory_where_there_is_enough_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/before")
    monkeypatch.setattr(temporary_files, "ENOUGH", 1)
    monkeypatch.setenv("TMPDIR", "/mine")
    assert keep_in_memory(tmp_path) is None
    monkeypatch.delenv("TMPDIR")
    assert keep_in_memory(tmp_path / "nowhere") is None
    monkeypatch.setattr(temporary_files, "ENOUGH", 2**80)
    assert keep_in_memory(tmp_path) is None
    assert tempfile.tempdir == "/before"
    monkeypatch.setattr(temporary_files, "ENOUGH", 1)
    directory = keep_in_memory(tmp_path)
    assert directory is not None
    assert (directory.parent, tempfile.tempdir, os.environ["TMPDIR"]) == (tmp_path, *[str(directory)] * 2)
    drop(directory)
    assert list(tmp_path.iterdir()) == []
