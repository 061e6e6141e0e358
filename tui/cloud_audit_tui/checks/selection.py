"""The subjects of a scan that is limited to some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.model import Resource, Status

if TYPE_CHECKING:
    from collections.abc import Collection

    from cloud_audit_tui.model import Subject, Target


def is_selected(subject: Subject, target: Target, only: Collection[str]) -> bool:
    """Say whether a subject is among those in ``only``; all are when it is empty.

    ``only`` holds ids, names, or the last part of ARNs (``vpc-0a1b``). The code of the target's region or the
    id of its account selects everything that the check judges there: a listing that could not be read has no
    other name.
    """
    if not only or target.region in only or target.account_id in only:
        return True
    if not isinstance(subject, Resource):
        return False
    if subject.id in only or subject.name in only:
        return True
    return subject.id.startswith("arn:") and subject.id.replace("/", ":").rpartition(":")[2] in only


def is_listing(status: Status, subject: Subject) -> bool:
    """Say whether a result concerns a whole scope that could not be assessed, not a resource."""
    return status is Status.NOT_ASSESSED and not isinstance(subject, Resource)
