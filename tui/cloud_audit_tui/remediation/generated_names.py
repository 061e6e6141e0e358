"""Names of new resources, made from the names of the resources that they replace."""

from __future__ import annotations

import re

from cloud_audit_tui.remediation.quoting import Language, Quoted

LONGEST_NAME = 63
"""Characters of a SageMaker configuration's, endpoint's or notebook instance's name."""
RUN_DATE = Quoted('"$(date -u +%Y%m%d)"', Language.SHELL)
"""The UTC day on which the script runs, as eight digits."""
RUN_DATE_LENGTH = 8
SUFFIX_LENGTH = 10
"""Characters that a template may append to a dated name, such as ``-encrypted``."""
TERRAFORM_SUFFIX_LENGTH = 26
"""Characters that the AWS provider appends to a ``name_prefix``."""

_EARLIER_RUN_TIME = re.compile(r"-\d{14}$")
"""The UTC second that an earlier version of the program appended to a name."""


def stem(name: str, *, room: int) -> str:
    """Return the beginning of a new name, with ``room`` characters left for a suffix.

    The time of an earlier run is cut off. Every run of characters that SageMaker does not allow becomes one
    hyphen; hyphens at either end are cut off.
    """
    allowed = re.sub(r"[^A-Za-z0-9-]+", "-", _EARLIER_RUN_TIME.sub("", name))
    return allowed.strip("-")[: LONGEST_NAME - room].strip("-") or "renewed"


def dated_name(name: str) -> Quoted:
    """Return a shell word for a new name that is the same in every run on one UTC day.

    It is the stem of the old name, a hyphen and eight digits. A second run thus finds the resources of the
    first one.
    """
    beginning = stem(name, room=RUN_DATE_LENGTH + 1 + SUFFIX_LENGTH)
    return Quoted(f"{beginning}-{RUN_DATE}", Language.SHELL)


def renamed(name: str, addition: str) -> str:
    """Return the stem of an old name with a hyphen and an addition."""
    return f"{stem(name, room=len(addition) + 1)}-{addition}"


def name_prefix(name: str) -> str:
    """Return a Terraform ``name_prefix``: the stem of an old name and a hyphen."""
    return stem(name, room=TERRAFORM_SUFFIX_LENGTH + 1) + "-"
