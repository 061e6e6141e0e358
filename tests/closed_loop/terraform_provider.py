"""Terraform's AWS provider as one process, which every run of the program attaches to.

By itself the program starts the provider for each command, which takes longer than a plan of fifteen files.
The provider calls this its debug mode: it is the same program, and serves the same protocol.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LITTLE_COLLECTION = "200"
"""The value of `GOGC` with which a Go program collects garbage half as often."""
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
_WORD = re.compile(r"TF_REATTACH_PROVIDERS='(?P<value>.+)'")
_ENDS_WITHIN = 10


def provider_program(plugins: str) -> str:
    """Return the newest unpacked AWS provider of a mirror folder, empty if there is none."""
    machine = platform.machine()
    system = f"{sys.platform}_{_MACHINES.get(machine, machine)}"
    programs = Path(plugins).glob(f"registry.terraform.io/hashicorp/aws/*/{system}/terraform-provider-aws_v*")
    return str(max(programs, key=lambda path: _version(path.parts[-3]), default=""))


@contextmanager
def running_provider(path: str, endpoint_url: str) -> Iterator[str]:
    """Yield the value of the variable ``TF_REATTACH_PROVIDERS`` that leads the program to the provider."""
    process = subprocess.Popen(
        [path, "-debug"],
        env={
            "PATH": os.environ["PATH"],
            "HOME": os.devnull,
            "GOGC": _LITTLE_COLLECTION,
            "AWS_ENDPOINT_URL": endpoint_url,
            "AWS_EC2_METADATA_DISABLED": "true",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        words = next(filter(None, map(_WORD.search, process.stdout)), None)
        assert words is not None, f"{path} does not say how the program attaches to it"
        yield words["value"]
    finally:
        process.terminate()
        process.stdout.close()
        process.wait(_ENDS_WITHIN)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text))
