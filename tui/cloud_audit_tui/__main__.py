"""The entry of the program, which is ready for Ctrl+C before it imports anything slow."""

from __future__ import annotations

import gc
import sys

_INTERRUPTED = 2
"""The exit code of `cloud_audit_tui.commands.options.COULD_NOT`, which is not imported yet."""


def run() -> None:
    """Run the command line; a fault of the program is one message, a crash log and exit code 3.

    Ctrl+C is one line and exit code 2, also while the command line is still imported.
    """
    try:
        _run()
    except KeyboardInterrupt:
        if sys.stderr is not None:
            sys.stderr.write("Error: Interrupted.\n")
        sys.exit(_INTERRUPTED)


def _run() -> None:
    from cloud_audit_tui.standard_streams import flush_standard_streams, prepare_standard_streams

    prepare_standard_streams()
    try:
        from cloud_audit_tui.commands.main import main

        main(prog_name="cloud-audit-tui")
    except Exception as error:
        # Python 3.11 wraps a Ctrl+C that comes while a class is created.
        if isinstance(error.__cause__, KeyboardInterrupt):
            raise error.__cause__ from None
        from datetime import UTC, datetime

        import click

        from cloud_audit_tui.app.system.crash_log import EXIT_CODE, crash_message

        click.echo(crash_message(error, datetime.now(UTC)), err=True)
        sys.exit(EXIT_CODE)
    finally:
        flush_standard_streams()
        # The process ends: without this, Python's last collection traverses every object of the scan.
        gc.freeze()


if __name__ == "__main__":
    run()
