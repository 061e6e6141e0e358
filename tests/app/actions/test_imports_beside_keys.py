"""The engine of the templates, whose import takes long, is imported in a thread: no key waits for it."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import pytest

from cloud_audit_tui.app.dialogs.save import SaveDialog

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.conftest import Stage
    from cloud_audit_tui.model import Finding

MODULES = ("cloud_audit_tui.remediation.export", "cloud_audit_tui.remediation.missing")


class ImportThreads:
    """Remembers which thread imports each of `MODULES`; a finder of `sys.meta_path` that finds nothing."""

    def __init__(self) -> None:
        self.threads: dict[str, threading.Thread] = {}

    def find_spec(self, name: str, *_: object) -> None:
        if name in MODULES:
            self.threads[name] = threading.current_thread()


@pytest.fixture
def imports(monkeypatch: pytest.MonkeyPatch) -> ImportThreads:
    """The imports of an app in whose process nothing has imported `MODULES` yet."""
    imports = ImportThreads()
    for name in MODULES:
        monkeypatch.delitem(sys.modules, name, raising=False)
        parent, _, child = name.rpartition(".")
        # The import binds a new module to its package, which other tests must not get.
        monkeypatch.setattr(sys.modules[parent], child, None, raising=False)
    monkeypatch.setattr(sys, "meta_path", [imports, *sys.meta_path])
    return imports


async def test_a_file_of_fixes_is_written_without_an_import_between_the_keys(
    stage: Stage,
    sample: Sequence[Finding],
    imports: ImportThreads,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    async with stage.opened(sample, size=(120, 40), notifications=True) as (app, pilot):
        await pilot.press("w")
        await stage.until(pilot, lambda: isinstance(app.screen, SaveDialog))
        await pilot.press("enter")
        await stage.until(pilot, lambda: len(imports.threads) == len(MODULES))
        await pilot.press("escape", "escape")
    assert threading.main_thread() not in imports.threads.values()
