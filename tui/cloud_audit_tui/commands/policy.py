"""``cloud-audit-tui policy``: the permissions that the scanner needs, from the declared reads.

These are the reads of the checks and of the lists of choices for remediation inputs.
"""

from __future__ import annotations

import json

import click

from cloud_audit_tui.aws.permissions import assume_role, least_privilege
from cloud_audit_tui.checks.catalogue import select
from cloud_audit_tui.commands.options import check_id_named, checks_option, mistakes_in_words
from cloud_audit_tui.commands.org_role_option import org_role_option
from cloud_audit_tui.commands.output import write_text
from cloud_audit_tui.scan.choices import declared_reads


@click.command()
@checks_option("Only the reads of these checks.")
@org_role_option
def policy(check_ids: list[str], org_role: str | None) -> None:
    """Print the least-privilege IAM policy for a scan.

    With --org-role it is the policy of the profile that lists the organization; the role itself needs the
    policy without it.
    """
    # The AWS modules import botocore, which would delay the start of the app.
    from cloud_audit_tui.aws.operations import IDENTITY_READS, ORGANIZATION_READS  # noqa: PLC0415

    with mistakes_in_words():
        selection = select(map(check_id_named, check_ids))
    reads = {read for check in selection for read in check.reads}
    if not check_ids:
        reads |= declared_reads()
    if org_role:
        reads |= set(ORGANIZATION_READS)
    document = least_privilege({*IDENTITY_READS, *reads})
    if org_role:
        document["Statement"].append(assume_role(org_role))
    write_text(json.dumps(document, indent=2))
