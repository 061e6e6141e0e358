"""Names for what a remediation creates, made from the name of what it replaces."""

from __future__ import annotations

import re

from cloud_audit_tui.remediation.quoting import Language, Quoted

LONGEST_NAME = 63
"""Characters that SageMaker allows in the name of a configuration, an endpoint or a notebook instance."""
RUN_TIME = Quoted('"$(date -u +%Y%m%d%H%M%S)"', Language.SHELL)
"""The second, in UTC, at which the script runs: fourteen digits that make a name new."""
RUN_TIME_LENGTH = 14
TERRAFORM_SUFFIX_LENGTH = 26
"""Characters that the AWS provider puts after a ``name_prefix``."""

_EARLIER_RUN_TIME = re.compile(rf"-\d{{{RUN_TIME_LENGTH}}}$")


def stem(name: str, *, room: int) -> str:
    """Return the beginning of a new name after an old one, leaving ``room`` characters for what follows.

    The time that an earlier run put at the end is cut off, and so is all that SageMaker does not
    allow: letters, digits and single hyphens between them remain.
    """
    words = re.sub(r"[^A-Za-z0-9-]+", "-", _EARLIER_RUN_TIME.sub("", name))
    return words.strip("-")[: LONGEST_NAME - room].strip("-") or "renewed"


def timed_name(name: str) -> Quoted:
    """Return a shell word for a new name: the old one's stem, a hyphen and the time of the run."""
    beginning = stem(name, room=RUN_TIME_LENGTH + 1)
    return Quoted(f"{beginning}-{RUN_TIME}", Language.SHELL)


def renamed(name: str, addition: str) -> str:
    """Return a new name after an old one, told apart by a word at its end."""
    return f"{stem(name, room=len(addition) + 1)}-{addition}"


def name_prefix(name: str) -> str:
    """Return a Terraform ``name_prefix`` after an old name, a hyphen at its end."""
    return stem(name, room=TERRAFORM_SUFFIX_LENGTH + 1) + "-"
