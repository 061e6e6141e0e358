"""What is judged where a setting belongs to a whole region: the account in that region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.model import Resource

if TYPE_CHECKING:
    from cloud_audit_tui.checks.api import Region


def region_resource(region: Region, resource_type: str) -> Resource:
    """Return the account as the resource of a region's setting, named after the region."""
    return Resource(f"arn:{region.partition}:iam::{region.account_id}:root", region.name, resource_type)
