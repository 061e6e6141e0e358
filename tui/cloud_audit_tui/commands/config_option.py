"""``--config FILE``: the ``.cloud-audit.yml`` of a command."""

from __future__ import annotations

from pathlib import Path

import click

from cloud_audit_tui.config.file_names import AUDIT_FILE

config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="File of accepted findings; `scan` also takes its scope from it. By default "
    f"{AUDIT_FILE} in the working directory, if there is one.",
)
