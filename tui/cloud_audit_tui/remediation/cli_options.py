"""Writes a request of the AWS API as options of the AWS CLI.

Every value follows its option after ``=``, the only form in which the CLI accepts a value that begins with a
hyphen.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.remediation.quoting import Language, Quoted, QuotingError
from cloud_audit_tui.remediation.shell.quoting import shell_json, shell_literal, shell_quote

if TYPE_CHECKING:
    from collections.abc import Mapping

_MEMBER = re.compile("[A-Za-z][A-Za-z0-9]*")
"""The name of a member of a request; a report from elsewhere may have any text in its place."""

LITERAL_URLS = frozenset({"DefaultCodeRepository"})
"""Members whose values are URLs that the CLI sends; it reads other URLs as parameter files."""

AWS_DEFAULTS: Mapping[str, Any] = {"IpAddressType": "ipv4", "EnableNetworkIsolation": False}
"""Defaults of AWS; older versions of the CLI and the Terraform provider have no option for them."""


def options(request: Mapping[str, Any]) -> Quoted:
    """Return the options of a request, one per line with an indent of two.

    Raises `QuotingError` for a value that the shell cannot hold and for a name that is no member's.
    """
    lines = [_option(member, value) for member, value in request.items() if is_significant(member, value)]
    return Quoted(" \\\n  ".join(lines), Language.SHELL)


def is_significant(member: str, value: Any) -> bool:
    """Return whether the request would have another effect without this member."""
    return not (value is None or value in ("", [], {}) or AWS_DEFAULTS.get(member) == value)


def _option(member: str, value: Any) -> str:
    if not _MEMBER.fullmatch(member):
        raise QuotingError("the request has a member whose name is none of the AWS API")
    # The start of the app imports this module, and should not import botocore.
    from botocore import xform_name  # noqa: PLC0415

    name = xform_name(member, "-")
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no-{name}"
    if isinstance(value, dict | list):
        return f"--{name}={shell_json(value)}"
    if member in LITERAL_URLS:
        return f"--{name}={shell_quote(value)}"
    return f"--{name}={shell_literal(value)}"
