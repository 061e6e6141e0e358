"""Lists what a user chooses from: the resources of an account, or the accounts of an organization."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.aws.errors import ReadError
from cloud_audit_tui.aws.operations import ORGANIZATION_READS
from cloud_audit_tui.aws.organization import list_accounts, list_units
from cloud_audit_tui.model import Target
from cloud_audit_tui.scan.choices import declared_reads, list_choices
from cloud_audit_tui.scan.events import OrganizationListed
from cloud_audit_tui.scan.jobs import ListChoicesJob, ListOrganizationJob

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from cloud_audit_tui.aws.identity import Identity
    from cloud_audit_tui.aws.reader import Reader
    from cloud_audit_tui.scan.events import ChoicesListed

ListJob = ListChoicesJob | ListOrganizationJob


def reads_of(job: ListJob) -> set[str]:
    """Return every read that a listing may make."""
    return declared_reads() if isinstance(job, ListChoicesJob) else set(ORGANIZATION_READS)


def lists_of(
    job: ListJob, profile: str, identity: Identity, reader: Reader
) -> AsyncGenerator[ChoicesListed | OrganizationListed, None]:
    """Return the lists, each as soon as it has been read; one that cannot be read has the reason."""
    if isinstance(job, ListOrganizationJob):
        return _organization(job, profile, identity, reader)
    target = Target(profile, identity.account_id, job.region or identity.region, identity.partition)
    return list_choices(job.kinds, target, reader, identity.home_region)


async def _organization(
    job: ListOrganizationJob, profile: str, identity: Identity, reader: Reader
) -> AsyncGenerator[OrganizationListed, None]:
    organization = OrganizationListed(profile, identity.account_id)
    try:
        accounts = await list_accounts(reader, identity.home_region)
    except ReadError as error:
        yield msgspec.structs.replace(organization, reason=error.words)
        return
    organization = msgspec.structs.replace(organization, accounts=accounts)
    # Reading the units takes two calls each, so the accounts are sent first.
    yield organization
    if not job.units:
        return
    try:
        units = await list_units(reader, identity.home_region)
    except ReadError as error:
        yield msgspec.structs.replace(organization, units_reason=error.words)
    else:
        yield msgspec.structs.replace(organization, units=units)
