"""Every declared key is pressed by a pilot test of its context."""

from __future__ import annotations

import ast
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
    "Overview": ("screens/test_overview.py",),
    "Heat table": ("screens/test_overview.py",),
    "List": ("screens/test_overview.py", "screens/test_history.py"),
    "History": ("screens/test_history.py",),
    "Timings": ("screens/test_timings.py",),
    "Export": ("dialogs/test_export.py",),
    "Long text": ("actions/test_*.py", "dialogs/test_large_copy.py"),
    "Mute": ("actions/test_mute.py",),
    "Mutes": ("screens/test_mutes.py",),
    "Credentials": ("dialogs/test_expired.py", "actions/test_*.py"),
    "Profiles and regions": ("dialogs/test_profile_picker.py", "dialogs/test_region_picker.py"),
    "Inputs of a fix": ("dialogs/test_input_form.py",),
    "Checks": ("screens/test_check_browser.py",),
    "Order": ("dialogs/test_sort_picker.py",),
    "Commands": ("dialogs/test_palette.py",),
    "Text": ("dialogs/test_copy_text.py",),
    "Save": ("test_main_screen.py", "test_marks_and_verifying.py", "test_snapshots.py"),
    "Help": ("screens/test_help.py",),
    "MFA code": ("dialogs/test_mfa.py",),
    "Welcome": ("dialogs/test_welcome.py",),
    "Every screen": (*MAIN, "dialogs/test_palette.py", "screens/test_*.py"),
    "Columns": ("test_columns.py",),
    "Fields": ("actions/test_open_console.py", "test_columns.py"),
    "Messages": ("screens/test_messages.py",),
    "Dialogs": (*MAIN, "dialogs/test_*.py", "screens/test_*.py"),
}
"""The pilot tests of each context; a new context is added here with its tests."""


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
    missing = [f"context {name!r} has no tests in TESTS" for name, _ in CONTEXTS if name not in TESTS]
    for name, keys in CONTEXTS:
        tested = pressed(TESTS.get(name, ()))
        for key in keys:
            names = {*key.keys.split(","), *(binding.key for binding in _bindings(key.keys))}
            if not names & tested:
                missing.append(f"{name}: {key.id} ({key.keys})")
    assert missing == []
