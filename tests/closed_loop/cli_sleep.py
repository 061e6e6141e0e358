"""What `sleep` is in the scripts that the closed loop runs: the clock of the embedded AWS goes on instead."""

import sys
import time
import urllib.request
from pathlib import Path

_sleep = time.sleep


def pass_time(clock: Path, seconds: float) -> None:
    """Let the clock go on whose server a file names; without that file this sleeps as usual."""
    if not clock.exists():
        _sleep(seconds)
        return
    body = f'{{"seconds": {seconds}}}'.encode()
    request = urllib.request.Request(f"{clock.read_text()}/rehearsal/advance", body, method="POST")
    with urllib.request.urlopen(request) as response:
        response.read()


if __name__ == "__main__":
    pass_time(Path(sys.argv[1]), float(sys.argv[2]))
