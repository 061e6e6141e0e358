"""Shell completion of ``--profile``; an unreadable file completes nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem


def complete_profiles(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the profiles or, after ``@``, the groups whose names begin with the text."""
    # Only completion needs these modules, and importing them is slow.
    from click.shell_completion import CompletionItem  # noqa: PLC0415

    from cloud_audit_tui.aws.profiles import ConfigError, list_profiles  # noqa: PLC0415
    from cloud_audit_tui.commands.user_settings import GROUP_MARK, settings_path  # noqa: PLC0415
    from cloud_audit_tui.config.settings import SettingsError, load  # noqa: PLC0415
    from cloud_audit_tui.text import plain  # noqa: PLC0415

    try:
        if incomplete.startswith(GROUP_MARK):
            names = [f"{GROUP_MARK}{name}" for name in load(settings_path()).groups]
        else:
            names = [profile.name for profile in list_profiles(os.environ)]
    except (ConfigError, SettingsError, OSError):
        return []
    # A line end or a control character would break the response to the shell.
    return [CompletionItem(name) for name in names if name.startswith(incomplete) and plain(name) == name]
