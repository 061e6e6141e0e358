"""The path of the settings, and the validation of the names of the app's actions and themes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from cloud_audit_tui.config.file_names import SETTINGS_FILE
from cloud_audit_tui.config.settings import load

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cloud_audit_tui.config.settings import Settings

CONFIG_VARIABLE = "CLOUD_AUDIT_TUI_CONFIG"
"""Overrides the path of the settings, by default in the platform's configuration directory."""
GROUP_MARK = "@"
"""The first character of a group name in a list of profiles."""


def settings_path() -> Path:
    """Return the path of the settings, whether the file exists or not."""
    config_path = os.environ.get(CONFIG_VARIABLE)
    if config_path:
        return Path(config_path).expanduser()
    return platformdirs.user_config_path("cloud-audit-tui") / SETTINGS_FILE


def load_settings() -> Settings:
    """Read the settings and check the keys and the theme; raises `SettingsError`."""
    # Importing Textual is slow, and most commands need no settings of the app.
    from cloud_audit_tui.app.keymap import keymap_faults, keys_by_id  # noqa: PLC0415
    from cloud_audit_tui.app.presentation.themes import theme_names  # noqa: PLC0415

    settings = load(settings_path())
    settings.check_names("keys", settings.keys, keys_by_id(), "action")
    for action, fault in keymap_faults(settings.keys):
        raise settings.error("keys", action, fault)
    if settings.theme and settings.theme not in theme_names():
        raise settings.error("app", "theme", f"there is no such theme; there are {', '.join(theme_names())}")
    return settings


def profiles_named(names: Iterable[str]) -> list[str]:
    """Return the profiles of ``--profile``, each ``@GROUP`` replaced by the profiles of the group.

    Raises `SettingsError` for a group that the settings do not have.
    """
    names = list(names)
    if any(name.startswith(GROUP_MARK) for name in names):
        settings = load(settings_path())
        names = [
            profile
            for name in names
            for profile in (
                settings.group(name.removeprefix(GROUP_MARK)) if name.startswith(GROUP_MARK) else (name,)
            )
        ]
    return list(dict.fromkeys(names))
