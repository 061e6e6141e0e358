"""Facts about accounts: the last complete scan's, replaced as a whole or where they were read again."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_audit_tui.model import Fact, FactKind
from cloud_audit_tui.scan.events import AnyEvent, FactRecorded, Outcome
from cloud_audit_tui.scan.jobs import Job, ScanJob, VerifyJob, VerifyTarget
from cloud_audit_tui.store.store import Store, StoreError
from store.made_scans import DEV, finished, reached, scan, started

ACCOUNT = "111111111111"


def fact(name: str, kind: FactKind = FactKind.ROLE, region: str = "", **data: Any) -> Fact:
    account_id = data.pop("account_id", ACCOUNT)
    identity = f"arn:aws:iam::{account_id}:role/{name}"
    return Fact(kind, account_id, "aws", region, "AWS::IAM::Role", identity, name, data)


def recorded(
    scan_id: str,
    *facts: Fact,
    outcome: Outcome | None = Outcome.COMPLETE,
    job: Job | None = None,
    doors: list[AnyEvent] | None = None,
) -> list[AnyEvent]:
    events = [started(scan_id, job=job), *(reached() if doors is None else doors), *map(FactRecorded, facts)]
    return events if outcome is None else [*events, finished(scan_id, outcome)]


def names(store: Store, kind: FactKind | None = None, account_id: str = ACCOUNT) -> list[str]:
    return [each.name for each in store.facts(account_id, kind)]


def test_facts_come_back_whole_by_kind(store: Store) -> None:
    role = fact("admin", trust={"Statement": [{"Effect": "Allow"}]})
    network = fact("vpc", FactKind.NETWORK, "eu-central-1", cidr="10.0.0.0/8")
    other = fact("other", account_id=DEV)
    store.apply(recorded("a", network, role, other, doors=[*reached(), *reached("dev", account_id=DEV)]))
    assert store.facts(ACCOUNT) == [network, role]
    assert store.facts(ACCOUNT, FactKind.ROLE) == [role]
    assert store.facts(ACCOUNT, FactKind.POLICY) == []
    assert store.facts(ACCOUNT, partition="aws-cn") == []
    assert names(store, account_id=DEV) == ["other"]


def test_a_complete_scan_replaces_the_facts_of_its_regions(store: Store) -> None:
    here, there = fact("here", region="eu-central-1"), fact("there", region="us-east-1")
    doors = reached(regions=["eu-central-1", "us-east-1"])
    store.apply(recorded("a", fact("gone"), fact("stays", old=1), here, there, doors=doors))
    store.apply(recorded("b", fact("stays", old=0)))
    assert names(store) == ["stays", "there"]
    assert store.facts(ACCOUNT)[0].data == {"old": 0}


@pytest.mark.parametrize("job", [ScanJob(checks=["aws-iam-001"]), ScanJob(categories=["security"])])  # type: ignore[list-item]
def test_a_scan_of_some_checks_replaces_what_it_read_again(store: Store, job: Job) -> None:
    store.apply(recorded("a", fact("one"), fact("two", old=1)))
    store.apply(recorded("b", fact("two", old=0), fact("three"), job=job))
    assert names(store) == ["one", "three", "two"]
    assert [each.data for each in store.facts(ACCOUNT) if each.name == "two"] == [{"old": 0}]


@pytest.mark.parametrize("outcome", [Outcome.CANCELLED, Outcome.FAILED, None])
def test_a_scan_that_did_not_complete_changes_no_fact(store: Store, outcome: Outcome | None) -> None:
    store.apply(recorded("a", fact("one", old=1)))
    store.apply(recorded("b", fact("one", old=0), fact("two"), outcome=outcome))
    assert [each.data for each in store.facts(ACCOUNT)] == [{"old": 1}]
    store.apply(recorded("c", fact("one", old=2)))
    assert [each.data for each in store.facts(ACCOUNT)] == [{"old": 2}]


def test_the_scan_that_began_last_wins_though_another_ends_later(store: Store) -> None:
    start = recorded("a", fact("one", old=1), outcome=None)
    store.apply(start)
    store.apply(recorded("b", fact("one", old=0)))
    store.apply([FactRecorded(fact("gone")), finished("a")], scan_id="a")
    assert [(each.name, each.data) for each in store.facts(ACCOUNT)] == [("one", {"old": 0})]


def test_a_fact_that_is_read_twice_is_stored_once(store: Store) -> None:
    store.apply(recorded("a", fact("one", n=1), fact("one", n=2)))
    assert [each.data for each in store.facts(ACCOUNT)] == [{"n": 2}]


def test_a_verification_changes_no_fact(store: Store) -> None:
    store.apply(recorded("a", fact("one")))
    job = VerifyJob([VerifyTarget("aws-iam-001", "prod", "us-east-1", "one")])
    store.apply(recorded("b", fact("two"), job=job))
    assert names(store) == ["one"]


def test_a_fact_without_a_scan_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="without its scan"):
        store.apply([FactRecorded(fact("one"))])


def test_hostile_text_in_a_fact_comes_back(store: Store) -> None:
    hostile = fact("nul\0 '; DROP TABLE fact; --", note="漢\n")
    lone = fact("half \ud800", note="\udfff")
    store.apply(recorded("a", hostile, lone))
    assert hostile in store.facts(ACCOUNT)
    assert [each.data for each in store.facts(ACCOUNT, FactKind.ROLE)] == [
        {"note": "\ufffd"},
        {"note": "漢\n"},
    ]


def test_scans_do_not_pile_up_facts(store: Store) -> None:
    for n in range(30):
        store.apply(recorded(str(n), fact("one", n=n)))
    assert store.facts(ACCOUNT) == [fact("one", n=29)]
    with store._reader() as reader:
        assert reader.execute("SELECT count(*) FROM fact").fetchone() == (1,)
    store.apply(scan("no facts"))
    assert store.facts(ACCOUNT) == []
