"""The subjects of a scan that is limited to some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.arn import tail_of_arn
from cloud_audit_tui.model import AccountScope, RegionScope, Resource, Status

if TYPE_CHECKING:
    from collections.abc import Collection

    from cloud_audit_tui.model import Subject, Target


def is_selected(subject: Subject, target: Target, only: Collection[str]) -> bool:
    """Say whether a subject is among those in ``only``; all are when it is empty.

    ``only`` holds ids, names, or the last part of ARNs (``vpc-0a1b``), as in `names_of`. The code of the
    target's region or the id of its account selects everything that the check judges there: a listing that
    could not be read has no other name.
    """
    if not only or target.region in only or target.account_id in only:
        return True
    return isinstance(subject, Resource) and not names_of(subject.id, subject.name).isdisjoint(only)


def names_of(resource_id: str, name: str) -> set[str]:
    """Return what selects a resource: its id, its name, or the last part of its ARN."""
    names = {resource_id, name}
    if resource_id.startswith("arn:"):
        names.add(tail_of_arn(resource_id))
    return names - {""}


def is_listing(status: Status, subject: Subject) -> bool:
    """Say whether a result stands for a listing of a whole region or account that could not be read."""
    return status is Status.NOT_ASSESSED and isinstance(subject, RegionScope | AccountScope)
