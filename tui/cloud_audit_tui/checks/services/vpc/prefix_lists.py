"""Reads the blocks of prefix lists, which the rules of security groups reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloud_audit_tui.checks.api import Region

ENTRIES = "ec2:GetManagedPrefixListEntries"


async def blocks_of(region: Region, list_id: str) -> list[str]:
    """Return the CIDR blocks of a prefix list; raises `ReadError`."""
    entries = region.items("ec2", "GetManagedPrefixListEntries", PrefixListId=list_id)
    return [str(entry.get("Cidr") or "") async for entry in entries]
