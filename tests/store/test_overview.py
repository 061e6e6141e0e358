"""What the current findings add up to, and where nobody has looked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.model import Severity, Status
from cloud_audit_tui.scan.events import Outcome
from store.made_scans import CHECKS, DEV, failed, finding_of, listing, reached, ready, scan

if TYPE_CHECKING:
    from cloud_audit_tui.store.store import Store


def test_findings_are_counted_by_check_region_verdict_and_disposition(store: Store) -> None:
    store.apply(
        scan(
            "a",
            finding_of("one"),
            finding_of("two"),
            finding_of("good", status=Status.PASS),
            finding_of("bad", severity=Severity.LOW),
        )
    )
    counts = {
        (each.check_id, each.service, each.region, each.status, each.severity): each.number
        for each in store.overview(["prod"]).tallies
    }
    where = CHECKS[2], "sagemaker", "eu-central-1"
    assert counts == {
        (*where, Status.FAIL, Severity.HIGH): 2,
        (*where, Status.FAIL, Severity.LOW): 1,
        (*where, Status.PASS, Severity.HIGH): 1,
    }
    assert store.overview(["nobody"]).tallies == []


def test_what_could_not_be_looked_at_is_counted_by_reason_and_permission(store: Store) -> None:
    denied = {
        "status": Status.NOT_ASSESSED,
        "evidence": {"unread": "access_denied", "missing_permission": "sagemaker:DescribeEndpoint"},
    }
    store.apply(
        scan(
            "a",
            finding_of("one", reason="Denied to one.", **denied),
            finding_of("two", reason="Denied to two.", **denied),
            finding_of("three", reason="Denied to three. An explicit deny blocks it.", **denied),
            finding_of("four", reason="Denied to four. An explicit deny blocks it.", **denied),
            listing(reason="Odd.", evidence={}),
            doors=[*reached(), *failed("dev")],
        )
    )
    gaps = [
        ((gap.unread, gap.permission, gap.check_id), gap.number, gap.reason)
        for gap in store.overview(["prod", "dev"]).gaps
    ]
    reads = "access_denied", "sagemaker:DescribeEndpoint", CHECKS[2]
    assert sorted(gap for gap in gaps if gap[0] == reads) == [
        (reads, 2, "Denied to four. An explicit deny blocks it."),
        (reads, 2, "Denied to one."),
    ]
    assert (("", "", CHECKS[2]), 1, "Odd.") in gaps
    assert [number for what, number, _ in gaps if what == ("", "", "profile-access")] == [1]


def test_only_complete_scans_say_where_it_was_looked(store: Store) -> None:
    store.apply(scan("a", checks=CHECKS[:1]))
    store.apply(scan("bb", doors=reached(regions=["us-east-1"]), outcome=Outcome.CANCELLED))
    store.apply(scan("ccc", doors=reached("dev", account_id=DEV, regions=[])))
    store.apply([ready("third", "333333333333")])
    prod, dev, third = store.overview(["prod", "dev", "third"]).accounts
    assert (prod.enabled_regions, prod.scanned_regions, prod.checks) == (
        *(["eu-central-1", "us-east-1"], ["eu-central-1"]),
        CHECKS[:1],
    )
    assert (dev.scanned_regions, dev.checks) == ([], CHECKS)
    assert (third.scanned_regions, third.checks) == ([], [])
