"""Members of a description by AWS that the request of a remediation repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cloud_audit_tui.checks.api import Item

RESERVED_TAGS = "aws:"
"""The prefix of tag keys that AWS reserves; AWS refuses a request that sets such a tag."""


def carried_over(description: Item, members: Mapping[str, str]) -> Item:
    """Return the members of a description that are set, under their names in the request."""
    return {
        request_member: description[read]
        for read, request_member in members.items()
        if description.get(read) not in (None, "", [], {})
    }


def own_tags(tags: Iterable[Item] | None) -> list[dict[str, str]]:
    """Return the tags that a copy can carry, as ``Key`` and ``Value``."""
    return [
        {"Key": str(tag.get("Key") or ""), "Value": str(tag.get("Value") or "")}
        for tag in tags or ()
        if not str(tag.get("Key") or "").lower().startswith(RESERVED_TAGS)
    ]
