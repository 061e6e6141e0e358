"""``cloud-audit-tui policy``: what the scanner has to be allowed, derived from what is declared.

That is what the checks read, and what is listed for the form that asks for a remediation's inputs.
"""

from __future__ import annotations

import json

import click

from cloud_audit_tui.aws.permissions import least_privilege
from cloud_audit_tui.checks.catalogue import select
from cloud_audit_tui.commands.options import mistakes_in_words, split
from cloud_audit_tui.scan.choices import declared_reads


@click.command()
@click.option("--checks", "check_ids", default="", metavar="ID,...", help="Only what these checks read.")
def policy(check_ids: str) -> None:
    """Print the least-privilege IAM policy for a scan."""
    # Reading AWS imports botocore, which the start of the app should not.
    from cloud_audit_tui.aws.identity import READS  # noqa: PLC0415

    with mistakes_in_words():
        chosen = select(split(check_ids))
    reads = {read for check in chosen for read in check.reads}
    if not check_ids:
        reads |= declared_reads()
    click.echo(json.dumps(least_privilege({*READS, *reads}), indent=2))
