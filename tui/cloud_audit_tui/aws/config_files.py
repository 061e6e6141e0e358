"""The AWS configuration and credentials files, read as botocore reads them.

Importing botocore's reader would delay the start of the app by 0.2 s; the app needs only these few lines. The
format is that of the AWS SDKs and Tools Reference Guide, "Using shared config and credentials files".
"""

from __future__ import annotations

import configparser
import os
import shlex
from pathlib import Path

Values = dict[str, str | dict[str, str]]
"""The settings of one section; a setting with indented lines below it is a nested table."""


def read_sections(path: Path) -> dict[str, Values]:
    """Return each section of a file by its full name; a missing file has none.

    Variables and ``~`` in the path are expanded. Raises `OSError` for an unreadable file,
    `configparser.Error` and `ValueError` for an invalid one.
    """
    expanded = Path(os.path.expandvars(path)).expanduser()
    if not expanded.is_file():
        return {}
    parser = configparser.RawConfigParser()
    with expanded.open(encoding="utf-8") as file:
        parser.read_file(file)
    return {
        section: {name: _value(text) for name, text in parser.items(section)} for section in parser.sections()
    }


def read_profiles(path: Path) -> dict[str, Values]:
    """Return each profile of a configuration file by name; raises as `read_sections` does.

    Every profile except ``default`` has a section ``[profile NAME]``, with shell quoting.
    """
    profiles: dict[str, Values] = {}
    for section, values in read_sections(path).items():
        if section == "default":
            profiles[section] = values
        elif section.startswith("profile") and (name := _second_word(section)) is not None:
            profiles[name] = values
    return profiles


def read_sso_sessions(path: Path) -> frozenset[str]:
    """Return the names of the sections ``[sso-session NAME]``; raises as `read_sections` does."""
    sections = [section for section in read_sections(path) if section.startswith("sso-session")]
    return frozenset(name for section in sections if (name := _second_word(section)) is not None)


def _value(text: str) -> str | dict[str, str]:
    if not text.startswith("\n"):
        return text
    pairs = (line.split("=", 1) for line in map(str.strip, text.splitlines()) if line)
    return {name.strip(): value.strip() for name, value in pairs}


def _second_word(section: str) -> str | None:
    """Return the name in ``profile NAME``, or none if there is not exactly one."""
    try:
        words = shlex.split(section)
    except ValueError:
        return None
    return words[1] if len(words) == 2 else None  # noqa: PLR2004 - the word and the name
