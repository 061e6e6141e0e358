"""What is asked of the scanner."""

from __future__ import annotations

import msgspec

from cloud_audit_tui.model import Category, Severity

ALL_REGIONS = "all"


class Request(msgspec.Struct, frozen=True):
    """Which profiles, regions and checks to scan.

    No profile means the default credentials; no region means each profile's own, ``["all"]`` every
    enabled one; no check means all, and no category every one. ``identify_only`` asks who each
    profile is and judges nothing. ``only`` limits the scan to resources named by their id or name:
    it verifies them, and says nothing of what else there is. ``candidates`` are kinds of things to
    list from the one region, for a person to choose from; then nothing is judged. ``shard`` is this
    process's share: its index and how many processes share the request.
    """

    profiles: list[str] = []
    regions: list[str] = []
    checks: list[str] = []
    categories: list[Category] = []
    min_severity: Severity = Severity.LOW
    identify_only: bool = False
    only: list[str] = []
    candidates: list[str] = []
    shard: tuple[int, int] = (0, 1)
