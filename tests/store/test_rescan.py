"""What a table shows while scans follow one another: no finding is lost, and none that is gone stays."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.model import PROFILE_ACCESS, Severity, Status, SubjectKind
from cloud_audit_tui.scan.events import AnyEvent, Outcome, Progress, Result, Throttled
from cloud_audit_tui.scan.jobs import ScanJob
from cloud_audit_tui.store.retention import KEPT_SCANS
from cloud_audit_tui.store.store import Store, StoreError
from store.made_scans import (
    CHECKS,
    DEV,
    failed,
    finding_of,
    finished,
    identifying,
    listing,
    names,
    reached,
    ready,
    scan,
    started,
    table_rows,
    unusable,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def test_findings_show_as_they_arrive(store: Store) -> None:
    store.apply(scan("a", finding_of("one"), outcome=None))
    assert names(store) == ["one"]
    store.apply([Result(finding_of("two"))])
    assert names(store) == ["one", "two"]


def test_the_whole_finding_comes_back(store: Store) -> None:
    finding = finding_of(
        evidence={"kms": None, "instances": [{"type": "ml.m5.large", "count": 2}], "b": True}
    )
    store.apply(scan("a", finding))
    [row] = table_rows(store)
    assert store.finding(row.row_id) == finding
    assert store.row_id_of(row.key) == row.row_id


def test_a_rescan_replaces_a_row_in_place_and_at_once(store: Store) -> None:
    store.apply(scan("a", finding_of("one"), finding_of("two"), finding_of("three")))
    before = table_rows(store)
    store.apply(scan("b", finding_of("three", status=Status.PASS, reason="Now it names one."), outcome=None))
    after = table_rows(store)
    assert [row.row_id for row in after] == [row.row_id for row in before]
    assert [row.status for row in after] == [Status.FAIL, Status.PASS, Status.FAIL]
    assert store.counts(["prod"]).total_failed == 2
    finding = store.finding(after[1].row_id)
    assert finding is not None
    assert finding.reason == "Now it names one."


def test_a_complete_scan_retires_what_it_did_not_see_again(store: Store) -> None:
    store.apply(scan("a", finding_of("gone"), finding_of("stays")))
    [gone, stays] = table_rows(store)
    store.apply(scan("b", finding_of("stays"), outcome=None))
    assert names(store) == ["gone", "stays"]
    store.apply([finished("b")])
    assert table_rows(store) == [stays]
    assert names(store, text="gone") == []
    assert store.row_id_of(gone.key) is None
    assert store.finding(gone.row_id) == finding_of("gone")


def test_a_retired_finding_can_come_back(store: Store) -> None:
    for scan_id, resource_names in (("a", ["one"]), ("b", []), ("c", ["one"])):
        store.apply(scan(scan_id, *map(finding_of, resource_names)))
    assert names(store) == ["one"]


@pytest.mark.parametrize("outcome", [Outcome.CANCELLED, Outcome.FAILED])
def test_a_scan_that_did_not_end_well_keeps_older_rows(store: Store, outcome: Outcome) -> None:
    store.apply(scan("a", finding_of("old"), finding_of("both")))
    store.apply(scan("b", finding_of("both"), finding_of("new"), outcome=outcome))
    assert names(store) == ["both", "new", "old"]
    assert store.profiles(["prod"])["prod"].outcome == outcome


def test_another_account_is_untouched(store: Store) -> None:
    finding = finding_of("one", profile="dev", account_id=DEV)
    store.apply(scan("a", finding, doors=reached("dev", account_id=DEV)))
    store.apply(scan("b", finding_of("one")))
    store.apply(scan("c"))
    assert names(store, "dev") == ["one"]
    assert names(store, "prod") == []
    assert names(store, "prod", "dev") == ["one"]
    assert names(store) == []


def test_regions_that_were_not_scanned_are_untouched(store: Store) -> None:
    store.apply(
        scan(
            "a",
            finding_of("east", region="us-east-1"),
            finding_of("here"),
            doors=reached(regions=["us-east-1"]),
        )
    )
    store.apply(scan("b", doors=reached(regions=["eu-central-1"])))
    assert names(store) == ["east"]


def test_checks_that_were_not_run_are_untouched(store: Store) -> None:
    store.apply(scan("a", finding_of("one", check_id=CHECKS[0]), finding_of("two", check_id=CHECKS[1])))
    store.apply(scan("b", checks=[CHECKS[0]]))
    assert names(store) == ["two"]


def test_rows_without_a_region_are_retired_too(store: Store) -> None:
    store.apply(scan("a", finding_of("account-wide", region="")))
    store.apply(scan("b"))
    assert names(store) == []


def test_a_global_check_is_retired_wherever_it_was_run(store: Store) -> None:
    store.apply(scan("a", finding_of("role", region="us-east-1"), doors=reached(regions=["us-east-1"])))
    store.apply(scan("b", doors=reached(regions=["eu-central-1"])))
    assert names(store) == ["role"]
    store.apply(scan("c", doors=reached(regions=["eu-central-1"]), global_checks=[CHECKS[2]]))
    assert names(store) == []


def test_what_was_found_from_another_region_is_gone_when_a_scan_of_the_same_regions_misses_it(
    store: Store,
) -> None:
    trail = finding_of("trail", region="us-east-1")
    narrow, wide, other = (
        reached(regions=regions)
        for regions in (["eu-central-1"], ["eu-central-1", "eu-west-1"], ["eu-west-1"])
    )
    store.apply(scan("a", trail, doors=narrow))
    store.apply(scan("b", doors=other))
    assert names(store) == ["trail"], "nobody looked from where it was seen"
    store.apply(scan("c", listing(), doors=narrow))
    assert "trail" in names(store), "the listing that shows it failed"
    store.apply(scan("d", doors=wide))
    assert names(store) == []


def test_a_profile_that_moved_to_another_account_shows_the_new_one(store: Store) -> None:
    store.apply(scan("a", finding_of("one")))
    moved = finding_of("one", account_id=DEV)
    store.apply(scan("b", moved, doors=reached(account_id=DEV)))
    assert [row.account_id for row in table_rows(store)] == [DEV]


def test_where_a_check_could_not_look_its_older_findings_stay(store: Store) -> None:
    store.apply(scan("a", finding_of("seen"), finding_of("other", check_id=CHECKS[0])))
    store.apply(scan("b", listing()))
    assert names(store) == ["eu-central-1", "seen"]
    store.apply(scan("c"))
    assert names(store) == []


def test_the_last_verdict_of_a_scan_on_a_resource_counts(store: Store) -> None:
    group = [finding_of("group", reason=f"rule {n}") for n in range(3)]
    store.apply(scan("a", *group[:2], outcome=None))
    store.apply([Result(group[2]), finished("a")])
    [row] = table_rows(store)
    assert store.finding(row.row_id) == group[2]
    assert store.counts(["prod"]).total_failed == 1


def test_a_failed_profile_is_one_row_and_keeps_its_account_and_its_findings(store: Store) -> None:
    store.apply(scan("a", finding_of("real")))
    store.apply(scan("b", doors=failed()))
    assert [(row.check_id, row.resource_name, row.subject_kind) for row in table_rows(store)] == [
        (PROFILE_ACCESS, "prod", SubjectKind.PROFILE),
        ("aws-sagemaker-003", "real", SubjectKind.RESOURCE),
    ]
    assert store.counts(["prod"]).not_assessed == 1
    assert names(store, "dev") == []
    info = store.profiles(["prod"])["prod"]
    assert info.account_id == "111111111111"
    assert info.failure is not None
    assert (info.failure.kind, info.failure.action) == ("credentials", "Run aws sso login.")
    assert (info.scan_id, info.outcome) == ("a", "complete")
    store.apply(scan("c", finding_of("real")))
    assert names(store) == ["real"]
    assert store.profiles(["prod"])["prod"].failure is None


def test_a_profile_of_no_known_account_is_one_row_however_often_it_fails(store: Store) -> None:
    for n in range(KEPT_SCANS + 5):
        store.apply(scan(str(n), outcome=None, doors=failed("new")))
        store.apply([Result(unusable("new", f"Reason {n}.")), finished(str(n))])
    [row] = table_rows(store, "new")
    finding = store.finding(row.row_id)
    assert finding == unusable("new", f"Reason {n}.")
    assert (row.title, row.account_id, row.service) == ("Profile cannot be used", "", "")


def test_the_row_of_a_failed_profile_is_closed_as_soon_as_it_can_be_used(store: Store) -> None:
    store.apply(scan("a", doors=failed()))
    [row] = table_rows(store)
    store.apply(identifying("who", ready()))
    assert table_rows(store) == []
    assert store.row_id_of(row.key) is None
    assert store.counts(["prod"]).not_assessed == 0


def test_a_whole_scan_that_failed_for_one_profile_is_complete_for_the_others(store: Store) -> None:
    store.apply(scan("a", finding_of("gone"), finding_of("stays")))
    store.apply(scan("b", finding_of("stays"), doors=[*failed("dev"), *reached()]))
    assert names(store, "prod", "dev") == ["dev", "stays"]


def test_less_severe_findings_that_a_scan_left_out_stay(store: Store) -> None:
    store.apply(scan("a", finding_of("low", severity=Severity.LOW), finding_of("high")))
    store.apply(scan("b", job=ScanJob(min_severity=Severity.HIGH)))
    assert names(store) == ["low"]


def test_a_check_that_could_not_look_at_the_account_retires_no_region(store: Store) -> None:
    logs = finding_of("logs", check_id="aws-s3-006", region="eu-west-1")
    run: dict[str, Any] = {"checks": ["aws-s3-006"], "global_checks": ["aws-s3-006"]}
    store.apply(scan("a", logs, **run))
    store.apply(scan("b", listing("us-east-1", whole_account=True, check_id="aws-s3-006"), **run))
    assert names(store) == ["111111111111", "logs"]
    store.apply(scan("c", **run))
    assert names(store) == []


def test_asking_who_a_profile_is_counts_as_no_scan(store: Store) -> None:
    store.apply(scan("a", finding_of("one")))
    store.apply(identifying("who", ready(alias="renamed")))
    info = store.profiles(["prod"])["prod"]
    assert (info.alias, info.regions) == ("renamed", ["eu-central-1"])
    assert (info.scan_id, info.outcome) == ("a", "complete")
    assert names(store) == ["one"]


def test_an_identity_can_be_kept_without_a_scan(store: Store) -> None:
    store.apply([ready()])
    info = store.profiles(["prod"])["prod"]
    assert info.alias == "111-alias"
    assert (info.scan_id, info.scanned_at, info.outcome) == ("", "", "")


def test_results_do_not_go_to_a_question_of_identity_that_began_later(store: Store) -> None:
    store.apply([started("a"), *reached()])
    start, answer, end = identifying("who", ready("dev", DEV))
    store.apply([start, answer])
    store.apply([Result(finding_of("one"))])
    store.apply([end, finished("a")])
    assert names(store) == ["one"]
    assert store.profiles(["prod"])["prod"].outcome == "complete"


def test_streams_at_once_are_kept_apart_by_their_scan(store: Store) -> None:
    dev = reached("dev", account_id=DEV)
    store.apply(
        scan(
            "old",
            finding_of("p"),
            finding_of("d", profile="dev", account_id=DEV),
            doors=[*reached(), *dev],
        )
    )
    store.apply([started("a")])
    store.apply([started("b", ["dev"])])
    store.apply(reached(), scan_id="a")
    store.apply(dev, scan_id="b")
    store.apply([Result(finding_of("p2"))], scan_id="a")
    store.apply([finished("a")])
    assert names(store, "prod", "dev") == ["d", "p2"]
    store.apply([finished("b")])
    assert names(store, "prod", "dev") == ["p2"]


def test_a_scan_whose_program_was_killed_is_readable_and_called_interrupted(
    store: Store, reopened: Callable[[], Store]
) -> None:
    store.apply(scan("a", finding_of("old")))
    store.apply(scan("b", finding_of("new"), outcome=None))
    later = reopened()
    assert names(later) == ["new", "old"]
    info = later.profiles(["prod"])["prod"]
    assert (info.scan_id, info.outcome) == ("b", "interrupted")
    assert info.scanned_at == started("b").started_at
    later.apply(scan("c", finding_of("new")))
    assert names(later) == ["new"]


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from store.made_scans import finding_of, scan
from cloud_audit_tui.scan.events import Result
from cloud_audit_tui.store.store import Store
store = Store.open(Path(sys.argv[1]))
store.apply(scan("killed", finding_of("kept"), outcome=None))
store._writer.execute("BEGIN IMMEDIATE")
store._writer.execute("UPDATE topic SET title = 'half done'")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.proof
def test_an_app_that_is_killed_while_it_writes_leaves_every_finished_batch(path: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(path), str(Path(__file__).parents[1])], check=False
    )
    assert killed.returncode == -signal.SIGKILL
    with Store.open(path) as store:
        assert [row.title for row in table_rows(store)] == ["Endpoints are encrypted"]
        assert store.profiles(["prod"])["prod"].outcome == "interrupted"
        store.apply(scan("next", finding_of("kept")))
        assert names(store) == ["kept"]


def test_a_scanner_that_crashed_ends_its_scan_without_a_name(store: Store) -> None:
    store.apply(scan("a", outcome=None))
    store.apply([finished("", Outcome.FAILED)])
    assert store.profiles(["prod"])["prod"].outcome == "failed"
    store.apply([finished("", Outcome.FAILED)])
    store.apply([finished("never begun", Outcome.FAILED)])


def test_a_result_without_a_scan_is_refused_and_nothing_of_its_batch_is_kept(store: Store) -> None:
    with pytest.raises(StoreError, match="without its scan"):
        store.apply([ready("dev", DEV), Result(finding_of())])
    assert names(store) == []
    assert store.profiles(["dev"])["dev"].account_id == ""
    store.apply(scan("a", finding_of("one")))
    assert names(store) == ["one"]


def test_what_says_nothing_lasting_is_ignored(store: Store) -> None:
    passing: list[AnyEvent] = [
        Progress(1, 2, 3, 4.0),
        Throttled("111111111111", "eu-central-1", "sagemaker", 1),
    ]
    store.apply(passing)
    store.apply([])
    assert names(store) == []


def test_the_same_stream_again_changes_nothing(store: Store) -> None:
    store.apply(scan("a", finding_of("one"), finding_of("two")))
    before = table_rows(store)
    store.apply(scan("a", finding_of("one"), finding_of("two")))
    assert table_rows(store) == before


def test_superseded_results_are_kept_for_the_last_scans_only(store: Store) -> None:
    everywhere = reached(regions=["eu-central-1", "us-east-1"])
    store.apply(
        scan(
            "0",
            finding_of("never again", region="us-east-1"),
            finding_of("one", reason="0"),
            doors=everywhere,
        )
    )
    for n in range(1, KEPT_SCANS + 6):
        store.apply(scan(f"scan {n}", finding_of("one", reason=str(n)), finding_of(f"only in {n}")))
    last = KEPT_SCANS + 5
    findings = [store.finding(row_id) for row_id in range(1, 10 * KEPT_SCANS)]
    past = {f.reason for f in findings if f is not None and f.resource_name == "one"}
    assert past == {str(n) for n in range(last - KEPT_SCANS + 1, last + 1)}
    only = {f.resource_name for f in findings if f is not None and f.resource_name.startswith("only")}
    assert only == {f"only in {n}" for n in range(last - KEPT_SCANS + 1, last + 1)}
    assert names(store) == ["never again", "one", f"only in {last}"]


def test_an_account_that_is_scanned_often_does_not_push_out_another(store: Store) -> None:
    for n in range(2):
        finding = finding_of("one", profile="dev", account_id=DEV, reason=str(n))
        store.apply(scan(f"dev {n}", finding, doors=reached("dev", account_id=DEV)))
    for n in range(KEPT_SCANS + 5):
        store.apply(scan(f"prod {n}", finding_of("one", reason=str(n))))
    findings = [store.finding(row_id) for row_id in range(1, 10 * KEPT_SCANS)]
    assert {f.reason for f in findings if f is not None and f.profile == "dev"} == {"0", "1"}
    assert store.profiles(["dev"])["dev"].scan_id == "dev 1"


def test_what_stays_the_same_is_kept_once(store: Store, path: Path) -> None:
    findings = [finding_of(f"endpoint-{n}") for n in range(500)]
    for n in range(3):
        store.apply(scan(str(n), *findings))
    store.close()
    size = path.stat().st_size
    with Store.open(path) as again:
        for n in range(3, 12):
            again.apply(scan(str(n), *findings))
        assert again.counts(["prod"]).failed[Severity.HIGH] == 500
    assert path.stat().st_size < 1.5 * size
