"""``--org-role NAME``: the role in which the accounts of an organization are read."""

from __future__ import annotations

import click

from cloud_audit_tui.aws.account_roles import RoleNameError, role_name


def _checked(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    try:
        return role_name(value) if value is not None else None
    except RoleNameError as error:
        raise click.BadParameter(str(error)) from None


org_role_option = click.option(
    "--org-role",
    metavar="NAME",
    callback=_checked,
    help="Every account of the profile's organization, each through its role of this name.",
)
"""``--org-role`` of the commands that take profiles."""
