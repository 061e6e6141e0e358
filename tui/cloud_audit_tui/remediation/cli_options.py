"""A request of the AWS API written as options of the AWS CLI.

Every value follows its option after ``=``: the CLI takes a value that begins with a hyphen in no
other form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud_audit_tui.remediation.quoting import Language, Quoted, shell_json, shell_literal, shell_quote

if TYPE_CHECKING:
    from collections.abc import Mapping

TAKEN_AS_THEY_ARE = frozenset({"DefaultCodeRepository"})
"""Members that hold addresses and whose options the CLI does not read them from."""

AWS_DEFAULTS: Mapping[str, Any] = {"IpAddressType": "ipv4", "EnableNetworkIsolation": False}
"""Values that AWS uses anyway; older versions of the CLI and the Terraform provider cannot say them."""


def options(request: Mapping[str, Any]) -> Quoted:
    """Return the options of a request, one a line with an indent of two; raises `QuotingError`."""
    lines = [_option(member, value) for member, value in request.items() if needs_saying(member, value)]
    return Quoted(" \\\n  ".join(lines), Language.SHELL)


def needs_saying(member: str, value: Any) -> bool:
    """Whether a request means something else without this member."""
    return not (value is None or value in ("", [], {}) or AWS_DEFAULTS.get(member) == value)


def _option(member: str, value: Any) -> str:
    # The start of the app imports this module, and should not import botocore.
    from botocore import xform_name  # noqa: PLC0415

    name = xform_name(member, "-")
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no-{name}"
    if isinstance(value, dict | list):
        return f"--{name}={shell_json(value)}"
    if member in TAKEN_AS_THEY_ARE:
        return f"--{name}={shell_quote(value)}"
    return f"--{name}={shell_literal(value)}"
