"""Which subjects a scan is about, when it is not about all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.model import Resource, Status

if TYPE_CHECKING:
    from collections.abc import Collection

    from cloud_audit_tui.model import Subject, Target


def is_wanted(subject: Subject, target: Target, only: Collection[str]) -> bool:
    """Say whether a subject is among those named; every subject is when none is named.

    ``only`` holds ids, names, or the last part of ARNs (``vpc-0a1b``). The code of the target's region and
    the id of its account name a scope, and with it everything that the check judges there: a listing that
    could not be read has no other name.
    """
    if not only or target.region in only or target.account_id in only:
        return True
    if not isinstance(subject, Resource):
        return False
    if subject.id in only or subject.name in only:
        return True
    return subject.id.startswith("arn:") and subject.id.replace("/", ":").rpartition(":")[2] in only


def is_listing(status: Status, subject: Subject) -> bool:
    """Say whether a result is about no resource because a whole scope could not be assessed."""
    return status is Status.NOT_ASSESSED and not isinstance(subject, Resource)
