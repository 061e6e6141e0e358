"""``cloud-audit-tui config``: prints the path and the values of the settings, and validates them."""

from __future__ import annotations

import sys

import click

from cloud_audit_tui.commands.options import mistakes_in_words
from cloud_audit_tui.commands.output import write_text
from cloud_audit_tui.commands.user_settings import load_settings, settings_path


@click.group()
def config() -> None:
    """Show or check the settings; the program never writes them."""


@config.command()
def path() -> None:
    """Print the path of the settings, whether the file exists or not."""
    write_text(str(settings_path()))


@config.command()
def show() -> None:
    """Print every setting with its value, as TOML; defaults are comments."""
    # Importing Textual is slow, and the other commands do not need it.
    from cloud_audit_tui.app.keymap import keys_by_id  # noqa: PLC0415
    from cloud_audit_tui.app.presentation.themes import DARK, theme_names  # noqa: PLC0415
    from cloud_audit_tui.store.retention import KEPT_SCANS  # noqa: PLC0415

    with mistakes_in_words():
        settings = load_settings()
    lines = [
        f"# {settings.path}",
        "[app]",
        _setting("theme", _quoted(settings.theme or DARK.name), is_set=bool(settings.theme)),
        f"#   themes: {', '.join(theme_names())}",
        _setting("bell", str(settings.bell).lower(), is_set=settings.bell),
        _setting("notify", str(settings.notify).lower(), is_set=settings.notify),
        "",
        "[store]",
        _setting(
            "keep_scans", str(settings.keep_scans or KEPT_SCANS), is_set=settings.keep_scans is not None
        ),
        _setting("keep_days", str(settings.keep_days), is_set=True)
        if settings.keep_days is not None
        else "# keep_days: no limit",
        "",
        "[groups]",
        *(f"{_quoted(name)} = [{', '.join(map(_quoted, group))}]" for name, group in settings.groups.items()),
        "",
        "[keys]",
        *(
            _setting(_quoted(id_), _quoted(settings.keys.get(id_, key.keys)), is_set=id_ in settings.keys)
            + f"  # {key.tooltip}"
            for id_, key in keys_by_id().items()
        ),
    ]
    write_text("\n".join(lines))


@config.command()
def check() -> None:
    """Check the settings.

    Exit code 0: they are valid. 2: they are not; the error names the line.
    """
    with mistakes_in_words():
        settings = load_settings()
    if not settings.path.exists():
        click.echo(f"There is no file {settings.path}; the defaults apply.", err=True)
        sys.exit(0)
    write_text(f"{settings.path} is valid.")


def _setting(name: str, value: str, *, is_set: bool) -> str:
    return f"{'' if is_set else '# '}{name} = {value}"


def _quoted(text: str) -> str:
    """Return a TOML basic string, with a Unicode escape for each unprintable character."""
    escaped = "".join(_escaped(character) for character in text)
    return f'"{escaped}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"
