"""``-o``: the file of a report."""

from __future__ import annotations

from pathlib import Path

import click

_STDOUT = Path("-")


def _path(_context: click.Context, _parameter: click.Parameter, value: Path | None) -> Path | None:
    return None if value == _STDOUT else value


output_option = click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=_path,
    help="Write to a file; - is standard output.",
)
"""``-o`` of the commands that write a report; the path is None for standard output."""
