"""What a script takes away or interrupts, found by the verbs of its AWS commands."""

from __future__ import annotations

import re

_DATA = re.compile(r"\$'(?:\\.|[^'\\])*'|'[^']*'|(\"(?:\\.|[^\"\\])*\")", re.DOTALL)
"""Quoted text: in single quotes it is printed or passed on, in double quotes a command may stand."""
_VERBS = (
    "delete|deregister|detach|disassociate|purge|reboot|release|remove|revoke|schedule-key-deletion|stop|"
    "terminate"
)
_COMMAND = re.compile(
    rf"\baws\s+(?P<service>[a-z0-9-]+)\s+(?P<action>(?:{_VERBS})(?:-[a-z0-9-]+)?|r[mb])(?=\s|$)"
)


def losses_of(script: str) -> list[str]:
    """Return the commands of a script that take something away, such as ``aws ec2 release-address``.

    What the script merely prints is none of them.
    """
    code = _DATA.sub(lambda found: found[1] or "''", script)
    found = [f"aws {command['service']} {command['action']}" for command in _COMMAND.finditer(code)]
    return list(dict.fromkeys(found))
