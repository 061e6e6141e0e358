"""What is known of a profile is not lost to an event that says less."""

from __future__ import annotations

from cloud_audit_tui.app.profile_directory import ProfileDirectory
from cloud_audit_tui.scan.events import ProfileReady
from cloud_audit_tui.store.view import ProfileInfo

REGIONS = ["eu-central-1", "us-east-1"]
NOTE = "The regions that the account has enabled were not read."


def ready(account: str = "111122223333", alias: str = "", note: str = NOTE) -> ProfileReady:
    regions = ["everywhere-1"] if note else REGIONS
    return ProfileReady("dev", account, "aws", "", alias, "", regions, note)


def test_a_verification_leaves_the_alias_and_the_regions_of_the_account() -> None:
    stored = ProfileInfo(
        "dev", "111122223333", alias="acme", partition="aws", enabled_regions=REGIONS, regions_note=""
    )
    whole = ready(alias="acme", note="")
    for store_info, events, alias, regions in (
        (None, [whole, ready()], "acme", REGIONS),
        (stored, [ready()], "acme", REGIONS),
        (stored, [ready(alias="new", note="")], "new", REGIONS),
        (None, [ready()], "", ["everywhere-1"]),
        # Another account behind the same profile has nothing of the first.
        (stored, [ready("444455556666")], "", ["everywhere-1"]),
        (None, [whole, ready("444455556666")], "", ["everywhere-1"]),
    ):
        directory = ProfileDirectory([])
        directory.add_stored({"dev": store_info} if store_info else {})
        for event in events:
            directory.add_event(event)
        info = directory.of("dev")
        assert (info.alias, info.enabled_regions) == (alias, regions)
        assert bool(info.regions_note) is (regions != REGIONS)
