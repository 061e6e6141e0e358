"""A program that copies by pyperclip: ``python -m cloud_audit_tui.app.system.pyperclip_copy < text``.

pyperclip waits without limit for programs that can hang on a dead display, lets them write to the terminal,
and ignores their exit codes. A process of its own solves all three. Exit code 0 means that the clipboard has
the text.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any


def main() -> int:
    """Copy standard input, which is UTF-8, and return the exit code."""
    exit_codes: list[int] = []

    class Watched(subprocess.Popen[Any]):
        """A process whose exit code is recorded."""

        def communicate(self, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
            """Do what `subprocess.Popen.communicate` does."""
            output = super().communicate(*args, **kwargs)
            exit_codes.append(self.returncode)
            return output

    text = sys.stdin.buffer.read().decode("utf-8")
    try:
        import pyperclip  # noqa: PLC0415 - a missing or broken pyperclip is an exit code too

        subprocess.Popen = Watched  # type: ignore[misc]
        pyperclip.copy(text)
    except Exception:  # whatever it is, nothing was copied
        return 1
    return 1 if any(exit_codes) else 0


if __name__ == "__main__":
    sys.exit(main())
