"""Every declared key is pressed by a pilot test of its context."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from textual.binding import Binding

from cloud_audit_tui.app.keymap import CONTEXTS

HERE = Path(__file__).parent
MAIN = ("test_*.py", "actions/test_*.py")
TESTS: dict[str, tuple[str, ...]] = {
    "Everywhere": MAIN,
    "Findings": MAIN,
    "Detail": MAIN,
    "Filter": MAIN,
    "Profiles": ("dialogs/test_profile_picker.py", "actions/test_log_in.py"),
    "Heat table": ("screens/test_overview.py",),
    "List": ("screens/test_overview.py", "screens/test_history.py"),
    "Long text": ("actions/test_*.py", "dialogs/test_large_copy.py"),
    "Mute": ("actions/test_mute.py",),
    "Credentials": ("dialogs/test_expired.py", "actions/test_*.py"),
    "Profiles and regions": ("dialogs/test_profile_picker.py", "dialogs/test_region_picker.py"),
    "Inputs of a fix": ("dialogs/test_input_form.py",),
    "Checks": ("screens/test_check_browser.py",),
    "Order": ("dialogs/test_sort_picker.py",),
    "Commands": ("dialogs/test_palette.py",),
    "Text": ("dialogs/test_copy_text.py",),
    "Save": ("test_main_screen.py", "test_marks_and_verifying.py", "test_snapshots.py"),
    "MFA code": ("dialogs/test_mfa.py",),
    "Every screen": (*MAIN, "dialogs/test_palette.py", "screens/test_*.py"),
    "Columns": ("test_columns.py",),
    "Fields": ("actions/test_open_console.py", "test_columns.py"),
    "Dialogs": (*MAIN, "dialogs/test_*.py", "screens/test_*.py"),
}
"""The pilot tests of the contexts that are not tested in the screen's or dialog's file of their own name."""


def files_of(context: str) -> tuple[str, ...]:
    """Return the files in which the keys of a context are pressed."""
    name = context.lower().replace(" ", "_")
    return TESTS.get(context, (f"screens/test_{name}.py", f"dialogs/test_{name}.py"))


def pressed(patterns: tuple[str, ...]) -> set[str]:
    """Return every text in some test files that can name a key."""
    texts: set[str] = set()
    for pattern in patterns:
        for path in HERE.glob(pattern):
            if path.name in {Path(__file__).name, "test_keymap.py"}:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 20:
                    texts.add(node.value)
    names = {binding.key for text in texts if text.strip(", ") for binding in _bindings(text)}
    return texts | names


def _bindings(text: str) -> list[Binding]:
    try:
        return list(Binding.make_bindings([Binding(text, "")]))
    except Exception:  # a text that is no key's name
        return []


def test_every_binding_is_pressed_by_a_test_of_its_context() -> None:
    missing = []
    for name, keys in CONTEXTS:
        tested = pressed(files_of(name))
        for key in keys:
            names = {*key.keys.split(","), *(binding.key for binding in _bindings(key.keys))}
            opened = re.fullmatch(r"app\.open_screen\('(\w+)'\)", key.action)
            of_screen = pressed((f"screens/test_{opened[1]}.py",)) if opened else set()
            if not names & (tested | of_screen):
                missing.append(f"{name}: {key.id} ({key.keys})")
    assert missing == []
