"""Which resources a scan is about, when it is not about all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.model import Status

if TYPE_CHECKING:
    from collections.abc import Collection

    from cloud_audit_tui.model import Resource

REGION_TYPE = "AWS::Region"


def is_wanted(resource: Resource, region: str, only: Collection[str]) -> bool:
    """Say whether a resource is among those named: all are when none is named.

    ``only`` holds ids, names, or the last part of ARNs (``vpc-0a1b``). The code of ``region``, in which
    the check runs, stands for everything there: it is how a listing is named that could not be read.
    """
    if not only or region in only or resource.id in only or resource.name in only:
        return True
    return resource.id.startswith("arn:") and resource.id.replace("/", ":").rpartition(":")[2] in only


def is_listing(status: Status, resource_id: str, resource_type: str) -> bool:
    """Say whether a result is about no resource: a whole region or account could not be looked at."""
    return status is Status.NOT_ASSESSED and (not resource_id or resource_type == REGION_TYPE)
