"""The commands of a script that delete, detach or stop something, recognized by their verbs."""

from __future__ import annotations

import re

_STRING = re.compile(r"\$'(?:\\.|[^'\\])*'|'[^']*'|(\"(?:\\.|[^\"\\])*\")", re.DOTALL)
"""A quoted string: one in single quotes is data, one in double quotes may hold a command substitution."""
_VERBS = (
    "delete|deregister|detach|disassociate|purge|reboot|release|remove|revoke|schedule-key-deletion|stop|"
    "terminate"
)
_COMMAND = re.compile(
    rf"\baws\s+(?P<service>[a-z0-9-]+)\s+(?P<action>(?:{_VERBS})(?:-[a-z0-9-]+)?|r[mb])(?=\s|$)"
)


def destructive_commands(script: str) -> list[str]:
    """Return the destructive commands of a script, such as ``aws ec2 release-address``, each once.

    Commands that the script only prints are left out.
    """
    code = _STRING.sub(lambda string: string[1] or "''", script)
    commands = [f"aws {match['service']} {match['action']}" for match in _COMMAND.finditer(code)]
    return list(dict.fromkeys(commands))
