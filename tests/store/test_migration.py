"""Stores that older versions made are brought up to date, and nothing in them is lost.

``store_v1.sql.gz`` and ``store_v2.sql.gz`` are dumps of stores that earlier versions made from scans of
the embedded AWS: an account scanned through several profiles, a profile whose session has expired, a resource
deleted before a rescan through one of the profiles; in version 2 also a verification that found a failure
fixed, and a scan whose program was killed. ``store_v3.sql.gz`` is what version 3 made of that, with a finding
muted. ``store_v4.sql.gz`` is what version 4 made of that one and of two scans: of a resource whose name has
other letters than those of ASCII, and of one whose reason changes. ``store_v5.sql.gz`` is what version 5 made
of that one and of five scans of the embedded AWS, ``five-1`` to ``five-5``: a profile, whose finding is the
muted one, cannot be used in all but the fourth, which did not ask for it, and for another reason in the last.
"""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cloud_audit_tui.model import (
    PROFILE_ACCESS,
    AccountScope,
    Disposition,
    Finding,
    RegionScope,
    Resource,
    Status,
    SubjectKind,
)
from cloud_audit_tui.scan.events import AccountReady, AnyEvent, Result
from cloud_audit_tui.store import schema
from cloud_audit_tui.store.comparison import ChangeKind
from cloud_audit_tui.store.finding_texts import REASON, SUBJECT_ID
from cloud_audit_tui.store.recorder import VERSION_COLUMNS
from cloud_audit_tui.store.retention import KEPT_SCANS
from cloud_audit_tui.store.severity_order import meaning_of
from cloud_audit_tui.store.store import Store
from cloud_audit_tui.store.view import Failure, Sort, View
from store.made_scans import (
    ALL,
    failed,
    finding_of,
    finished,
    reached,
    ready,
    scan,
    started,
    table_rows,
    unusable,
)

STAGING = "444455556666"
STAGING_PROFILES = ("demo-staging", "staging-admin", "staging-audit")
EVERY = (*STAGING_PROFILES, "demo-expired", "demo-research")
REMOVED_NAME = "fraud-scoring-staging"


@pytest.fixture(params=[1, 2])
def version(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def load(path: Path, version: int) -> None:
    """Make the store of an older version."""
    dump = gzip.decompress((Path(__file__).parent / f"store_v{version}.sql.gz").read_bytes()).decode()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(dump)


def rows_of(path: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


OLD_ROWS = """
    SELECT profile, current, scan, rank, check_id, region, resource_id, resource_name, reason, evidence
    FROM finding JOIN target ON target.id = finding.target
"""


def test_each_finding_of_an_account_is_shown_once_as_it_was_judged_last(path: Path, version: int) -> None:
    load(path, version)
    newest: dict[tuple[str, str, str], tuple[int, Status, str]] = {}
    for profile, current, number, rank, check_id, region, _, name, reason, _ in rows_of(path, OLD_ROWS):
        subject = check_id, region, name
        if profile in STAGING_PROFILES and current and number >= newest.get(subject, (0,))[0]:
            newest[subject] = number, meaning_of(rank)[0], reason
    assert newest.pop(("aws-sagemaker-003", "eu-central-1", REMOVED_NAME), None)
    with Store.open(path) as store:
        rows = table_rows(store, *STAGING_PROFILES)
        assert {(row.check_id, row.region, row.resource_name): row.status for row in rows} == {
            subject: status for subject, (_, status, _) in newest.items()
        }
        assert len(rows) == len(newest)
        reasons = {
            (finding.check_id, finding.region, finding.resource_name): finding.reason
            for finding in store.findings([row.row_id for row in rows])
        }
        assert reasons == {subject: reason for subject, (_, _, reason) in newest.items()}
        for sort in Sort:
            view = View(STAGING_PROFILES, statuses=ALL, sort=sort)
            assert len(store.row_ids(view)) == len(rows)
        for profile in STAGING_PROFILES:
            assert table_rows(store, profile) == rows
            assert store.counts([profile]) == store.counts(STAGING_PROFILES)


def test_what_a_rescan_through_one_profile_found_gone_is_kept_as_history(path: Path, version: int) -> None:
    load(path, version)
    with Store.open(path) as store:
        assert [row for row in table_rows(store, *EVERY) if row.resource_name == REMOVED_NAME] == []
        ids = rows_of(path, f"SELECT id FROM finding WHERE subject_name = '{REMOVED_NAME}' AND current = 0")
        histories = [store.history(row_id) for (row_id,) in ids]
        assert histories
        assert any(history is not None and history.closed_at for history in histories)


def test_no_row_is_lost(path: Path, version: int) -> None:
    load(path, version)
    before = rows_of(path, f"{OLD_ROWS} WHERE profile <> 'demo-expired'")
    with Store.open(path) as store:
        after = rows_of(
            path,
            f"SELECT name, last_scan, rank, check_id, finding.region, subject_name, {REASON}, evidence "
            "FROM finding JOIN profile ON profile.id = profile "
            "WHERE name <> 'demo-expired'",
        )
        assert sorted(after) == sorted(
            (profile, scan, rank, check_id, region, name, reason, evidence)
            for profile, _, scan, rank, check_id, region, _, name, reason, evidence in before
        )
        assert rows_of(path, "PRAGMA foreign_key_check") == []
        assert rows_of(path, "PRAGMA integrity_check") == [("ok",)]
        assert rows_of(path, "SELECT name FROM sqlite_schema WHERE name LIKE '%old%'") == []
        assert store.facts(STAGING) == []


def test_a_profile_that_failed_becomes_one_row(path: Path, version: int) -> None:
    load(path, version)
    with Store.open(path) as store:
        [row] = table_rows(store, "demo-expired")
        assert (row.check_id, row.resource_name, row.subject_kind, row.status) == (
            PROFILE_ACCESS,
            "demo-expired",
            SubjectKind.PROFILE,
            Status.NOT_ASSESSED,
        )
        finding = store.finding(row.row_id)
        assert finding is not None
        assert "aws sso login --profile demo-expired" in finding.reason
        failure = store.profiles(["demo-expired"])["demo-expired"].failure
        assert failure is not None
        assert failure.reason in finding.reason
        # The next scan recognizes it, and the first answer closes it.
        store.apply([started("next"), Result(unusable("demo-expired", finding.reason)), finished("next")])
        assert [again.row_id for again in table_rows(store, "demo-expired")] == [row.row_id]
        store.apply([ready("demo-expired", "555566667777")])
        assert table_rows(store, "demo-expired") == []


def test_settings_and_listings_are_about_regions_and_accounts(path: Path, version: int) -> None:
    load(path, version)
    with Store.open(path) as store:
        kinds = {(row.check_id, row.region): row.subject_kind for row in table_rows(store, *STAGING_PROFILES)}
        assert kinds["aws-ec2-006", "eu-central-1"] is SubjectKind.REGION
        assert kinds["aws-dp-004", "eu-central-1"] is SubjectKind.REGION
        assert kinds["aws-iam-006", "us-east-1"] is SubjectKind.ACCOUNT
        assert kinds["aws-iam-001", "us-east-1"] is SubjectKind.RESOURCE
        assert all(row.resource_id for row in table_rows(store, *STAGING_PROFILES))


def test_profiles_and_scans_are_still_known(path: Path, version: int) -> None:
    load(path, version)
    with Store.open(path) as store:
        infos = store.profiles(EVERY)
        assert {infos[name].account_id for name in ("demo-staging", "staging-admin")} == {STAGING}
        assert {infos[name].alias for name in ("demo-staging", "staging-admin")} == {"acme-ml-staging"}
        assert infos["demo-staging"].outcome == "complete"
        assert infos["demo-staging"].scan_id == infos["staging-admin"].scan_id
        newer, older = store.scans(["demo-staging"])
        assert newer.scan_id == infos["demo-staging"].scan_id
        assert {row.first_seen_at for row in table_rows(store, "demo-staging")} == {older.started_at}
        if version == 2:
            assert infos["demo-research"].outcome == "interrupted"
            assert table_rows(store, "demo-research")


def test_what_was_fixed_still_says_so(path: Path) -> None:
    load(path, 2)
    with Store.open(path) as store:
        view = View(STAGING_PROFILES)
        [row] = [row for row in store.rows(store.row_ids(view)) if row.disposition is Disposition.FIXED]
        assert (row.check_id, row.region, row.status) == ("aws-ec2-006", "eu-central-1", Status.PASS)
        assert row.verified_at == "2026-11-26T10:29:45+00:00"
        history = store.history(row.row_id)
        assert history is not None
        assert history.closed_at == row.verified_at


def test_the_next_scan_recognizes_what_it_sees_again(path: Path, version: int) -> None:
    load(path, version)
    with Store.open(path) as store:
        rows = table_rows(store, *STAGING_PROFILES)
        findings: list[Finding] = store.findings([row.row_id for row in rows])
        [(before,)] = rows_of(path, "SELECT count(*) FROM finding")
        regions = ["eu-central-1", "us-east-1"]
        events: list[AnyEvent] = [
            started("next", checks=sorted({finding.check_id for finding in findings})),
            ready("staging-audit", STAGING),
            AccountReady(STAGING, "aws", "staging-audit", ["staging-audit"], regions),
            *map(Result, findings),
            finished("next"),
        ]
        old_scans = store.scans(["demo-staging"])
        store.apply(events)
        again = {row.row_id: row.key for row in table_rows(store, *STAGING_PROFILES)}
        assert again == {row.row_id: row.key for row in rows}
        assert rows_of(path, "SELECT count(*) FROM finding") == [(before,)]
        changes = store.compare(old_scans[-1].scan_id, "next").changes
        assert {change.kind for change in changes} == {ChangeKind.FIXED, ChangeKind.GONE}
        for n in range(KEPT_SCANS):
            store.apply([started(f"more {n}"), *events[1:-1], finished(f"more {n}")])
        assert len(store.scans(["demo-staging"])) == KEPT_SCANS


def test_a_store_that_is_up_to_date_is_left_alone(path: Path, version: int) -> None:
    load(path, version)
    with Store.open(path) as store:
        rows = table_rows(store, *EVERY)
    before = path.read_bytes()
    with Store.open(path) as store:
        assert table_rows(store, *EVERY) == rows
    assert path.read_bytes() == before


def test_a_migration_that_fails_changes_nothing(path: Path, version: int) -> None:
    load(path, version)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE finding SET evidence = 'no JSON' WHERE id = (SELECT max(id) FROM finding)")
        connection.commit()
    before = rows_of(path, OLD_ROWS)
    with pytest.raises(OSError, match="damaged; move the file away"):
        Store.open(path)
    assert rows_of(path, OLD_ROWS) == before


def tables_of(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return everything in the tables of a store."""
    names = rows_of(path, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    return {name: sorted(rows_of(path, f"SELECT * FROM {name}"), key=repr) for (name,) in names}


TEXTS = "SELECT id, subject_id, reason, title, subject_type, subject_kind, source FROM finding ORDER BY id"
TEXTS_NOW = (
    f"SELECT finding.id, {SUBJECT_ID}, {REASON}, title, subject_type, subject_kind, source "
    "FROM finding JOIN topic ON topic.id = finding.topic ORDER BY finding.id"
)
REMAINING_COLUMNS = f"SELECT id, {VERSION_COLUMNS.replace('topic, ', '')} FROM finding ORDER BY id"


UNREAD = [f"{table}.{column}" for table, column in schema.UNREAD_COLUMNS]


def columns_of(path: Path, table: str) -> list[str]:
    return [name for _, name, *_ in rows_of(path, f"PRAGMA table_info({table})")]


def values_of(path: Path, table: str, columns: list[str]) -> list[tuple[Any, ...]]:
    """Return these columns of all rows of a table, without those that nothing reads."""
    remaining = [name for name in columns if f"{table}.{name}" not in UNREAD]
    return sorted(rows_of(path, f"SELECT {', '.join(remaining)} FROM {table}"), key=repr)


def test_everything_of_version_5_is_still_there(path: Path) -> None:
    load(path, 5)
    columns = {table: columns_of(path, table) for table in tables_of(path)}
    before = {table: values_of(path, table, columns[table]) for table in columns}
    assert all(before[table] for table in ("finding", "past_text", "rules", "verified", "fact"))
    with Store.open(path) as store:
        after = {table: values_of(path, table, columns[table]) for table in columns}
        assert after == before
        assert set(tables_of(path)) - set(before) == {"profile_failure"}
        assert rows_of(path, "PRAGMA integrity_check") == [("ok",)]
        assert rows_of(path, "PRAGMA foreign_key_check") == []
        counts = store.scan_counts(["demo-staging"])
        # Nothing in version 5 tells whether `five-2` asked for the profile, whose finding is muted.
        assert {scan_id: each.muted for scan_id, each in counts.items() if scan_id.startswith("five")} == {
            "five-1": 1,
            "five-2": 0,
            "five-3": 1,
            "five-4": 0,
            "five-5": 1,
        }
        failures = [info.unusable_profiles.get("demo-expired") for info in store.scans(EVERY)[:5]]
        assert [failure and failure.kind for failure in failures] == [
            *("endpoint", None, "credentials"),
            *(None, "credentials"),
        ]
        assert failures[0] == Failure("endpoint", "The sign-in page does not answer.")
        store.apply(
            scan("six", doors=[*reached("demo-staging", account_id=STAGING), *failed("demo-expired")])
        )
        assert store.scan_counts(["demo-staging"])["six"].muted == 1


@pytest.mark.parametrize("of_accounts", [3, 4])
def test_every_text_and_every_number_of_a_finding_moves_along(path: Path, of_accounts: int) -> None:
    load(path, of_accounts)
    before = tables_of(path)
    columns = {table: columns_of(path, table) for table in before}
    remaining = {table: values_of(path, table, columns[table]) for table in ("profile", "check_info")}
    texts, numbers = rows_of(path, TEXTS), rows_of(path, REMAINING_COLUMNS)
    assert texts
    with Store.open(path) as store:
        rows = table_rows(store, *EVERY)
        for sort in Sort:
            in_order = store.row_ids(View(EVERY, statuses=ALL, sort=sort))
            assert set(in_order) == {row.row_id for row in rows}
            backwards = store.row_ids(View(EVERY, statuses=ALL, sort=sort, descending=True))
            assert list(backwards) == list(reversed(in_order))
        muted = set(store.row_ids(View(EVERY, statuses=ALL, muted=True))) - {row.row_id for row in rows}
        assert len(muted) == 1
    assert rows_of(path, TEXTS_NOW) == texts
    assert rows_of(path, REMAINING_COLUMNS) == numbers
    after = tables_of(path)
    assert {name for name in before if before[name] != after.get(name)} == {
        *("finding", "search", "scan", "profile", "check_info")
    }
    assert {table: values_of(path, table, columns[table]) for table in remaining} == remaining
    assert [row[: len(old)] for row, old in zip(after["scan"], before["scan"], strict=True)] == before["scan"]
    assert not rows_of(
        path, "SELECT name FROM sqlite_schema WHERE name GLOB 'finding_by_*' OR name GLOB 'old*'"
    )
    assert rows_of(path, "PRAGMA integrity_check") == [("ok",)]
    assert rows_of(path, "PRAGMA foreign_key_check") == []


def test_words_are_found_as_before_in_what_has_moved(path: Path) -> None:
    load(path, 4)
    with closing(sqlite3.connect(path)) as connection:
        searched = connection.execute("SELECT id, text FROM search").fetchall()
    with Store.open(path) as store:
        assert [row.resource_name for row in table_rows(store, "prod", text="STRASSE-KÖLN")] == [
            "Straße-Köln"
        ]
        assert [row.resource_name for row in table_rows(store, "prod", text="words")] == ["changes"]
        profiles = store.profile_names()
        for word in (
            "encrypt",
            "eu-central-1",
            "critical",
            "fail",
            "arn:aws:",
            "no kms",
            "111111111111",
            "zzz",
        ):
            rows = table_rows(store, *profiles, text=f'"{word}"', muted=True)
            assert {row.row_id for row in rows} == {row_id for row_id, text in searched if word in text}, word


def test_a_scan_sees_again_what_an_older_version_stored(path: Path) -> None:
    load(path, 4)
    with Store.open(path) as store:
        [before] = [row for row in table_rows(store, "prod") if row.resource_name == "changes"]
        store.apply(scan("again", finding_of("Straße-Köln"), finding_of("changes", reason="Other words.")))
        after = {row.resource_name: row for row in table_rows(store, "prod")}
        assert after["changes"] == before
        assert rows_of(path, "SELECT count(*) FROM finding WHERE subject_name = 'changes'") == [(2,)]


def test_the_file_becomes_smaller(path: Path) -> None:
    load(path, 4)
    before = path.stat().st_size
    Store.open(path).close()
    assert path.stat().st_size < before


SUBJECTS = {
    ("arn:aws:iam::1:root", "eu-west-1", "AWS::EC2::Region"): RegionScope("AWS::EC2::Region"),
    ("arn:aws:iam::1:root", "1", "AWS::CloudWatch::Alarm"): AccountScope("AWS::CloudWatch::Alarm"),
    ("arn:aws:backup:eu-west-1:1:backup-plan", "eu-west-1", "T"): RegionScope("T"),
    ("arn:aws:iam::1:root", "root", "AWS::IAM::Root"): Resource(
        "arn:aws:iam::1:root", "root", "AWS::IAM::Root"
    ),
    ("arn:aws:sns:eu-west-1:1:eu-west-1", "eu-west-1", "T"): Resource(
        "arn:aws:sns:eu-west-1:1:eu-west-1", "eu-west-1", "T"
    ),
    ("arn:aws:ec2:eu-west-1:1:instance/i-1", "eu-west-1", "T"): Resource(
        "arn:aws:ec2:eu-west-1:1:instance/i-1", "eu-west-1", "T"
    ),
    ("eu-west-1", "eu-west-1", "T"): Resource("eu-west-1", "eu-west-1", "T"),
}


def test_only_a_stand_in_for_a_region_or_account_becomes_one(path: Path) -> None:
    load(path, 2)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM search")
        connection.execute("DELETE FROM verified")
        connection.execute("DELETE FROM finding WHERE id > ?", (len(SUBJECTS),))
        for number, (resource_id, name, resource_type) in enumerate(SUBJECTS, 1):
            connection.execute(
                "UPDATE finding SET key = ?, current = 1, account_id = '1', region = 'eu-west-1', rank = 1, "
                "place = 1, resource_id = ?, resource_name = ?, resource_type = ?, check_id = ? WHERE id = ?",
                (f"{number}".encode(), resource_id, name, resource_type, f"check {number}", number),
            )
        connection.commit()
    with Store.open(path) as store:
        subjects = {finding.check_id: finding.subject for finding in store.findings(range(1, 100))}
    assert subjects == {f"check {number}": subject for number, subject in enumerate(SUBJECTS.values(), 1)}
