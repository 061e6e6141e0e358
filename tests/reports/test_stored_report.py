"""A report from the store, and one meaning of every filter in the store and in the report."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud_audit_tui.filters.errors import FilterError
from cloud_audit_tui.filters.keys import KEYS
from cloud_audit_tui.filters.parse import parse
from cloud_audit_tui.model import (
    PROFILE_ACCESS,
    AccountScope,
    Disposition,
    ProfileScope,
    RegionScope,
    Resource,
    Severity,
    Status,
)
from cloud_audit_tui.reports.record import filtered
from cloud_audit_tui.reports.stored_report import not_assessed, stored_report
from cloud_audit_tui.scan.events import (
    AccountReady,
    AnyEvent,
    Outcome,
    ProfileFailed,
    ProfileReady,
    Result,
    ScanFinished,
    ScanStarted,
)
from cloud_audit_tui.scan.jobs import ScanJob
from cloud_audit_tui.store.store import Store
from reports.made_report import ACCOUNT, finding_of, profile_failure
from store import made_scans
from store.test_verification import verification

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cloud_audit_tui.reports.document import Report

NOW = datetime(2026, 11, 26, tzinfo=UTC)
CHECKS = ["aws-sagemaker-001", "aws-iam-001", "aws-s3-001"]
PROFILES = ("prod", "admin", "expired")


def scan(number: int, day: str, *results: Result, outcome: Outcome = Outcome.COMPLETE) -> list[AnyEvent]:
    return [
        ScanStarted(
            f"scan-{number}", f"{day}T00:00:00+00:00", "1", ScanJob(), CHECKS, list(PROFILES), ["aws-iam-001"]
        ),
        ProfileReady("prod", ACCOUNT, "aws", "arn:prod", "acme"),
        ProfileReady("admin", ACCOUNT, "aws", "arn:admin", "acme"),
        AccountReady(ACCOUNT, "aws", "prod", ["prod", "admin"], ["eu-central-1"]),
        ProfileFailed("expired", "expired", "The session has ended.", "Log in."),
        Result(profile_failure()),
        *results,
        ScanFinished(f"scan-{number}", outcome, f"{day}T00:01:00+00:00", 0, 0, 0, 7, 60.0),
    ]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with two scans, the second of which saw two findings first."""
    old = [
        Result(finding_of("lab")),
        Result(finding_of("good", status=Status.PASS)),
        Result(
            finding_of(
                check_id="aws-iam-001",
                subject=AccountScope("AWS::IAM::User"),
                region="",
                title="Root user has no MFA",
            )
        ),
        Result(
            finding_of(
                status=Status.NOT_ASSESSED,
                subject=RegionScope("AWS::SageMaker::NotebookInstance"),
                reason="Denied.",
            )
        ),
    ]
    new = [
        Result(
            finding_of(
                check_id="aws-s3-001",
                subject=Resource("arn:aws:s3:::Straße_100%", "Straße_100%", "AWS::S3::Bucket"),
                severity=Severity.MEDIUM,
            )
        ),
        Result(finding_of("Lab2", severity=Severity.LOW)),
    ]
    with closing(Store.open(tmp_path / "findings.db")) as result:
        result.apply(scan(1, "2026-01-01", *old))
        result.apply(scan(2, "2026-11-25", *old, *new))
        yield result


def names(report: Report) -> list[str]:
    return sorted(entry.finding.resource_name for entry in report.entries)


def test_the_report_is_what_the_last_scans_found(store: Store) -> None:
    report = stored_report(store, PROFILES, now=NOW)
    assert len(report.entries) == 7
    (account,) = report.accounts
    assert (account.profiles, account.alias, account.regions) == (
        ("prod", "admin"),
        "acme",
        ("eu-central-1",),
    )
    assert [failure.profile for failure in report.failures] == ["expired"]
    assert report.summary.words == "4 failed (2 critical, 1 medium, 1 low) · 1 passed · 2 not assessed"
    assert (report.scan.id, report.scan.outcome, report.incomplete) == ("scan-2", "complete", "")
    lab = next(entry for entry in report.entries if entry.finding.resource_name == "lab")
    assert (lab.first_seen, lab.disposition) == ("2026-01-01T00:00:00+00:00", Disposition.OPEN)


def test_a_cancelled_scan_makes_the_report_incomplete(store: Store) -> None:
    store.apply(scan(3, "2026-11-26", outcome=Outcome.CANCELLED))
    report = stored_report(store, PROFILES, now=NOW)
    assert report.incomplete == (
        f"The scan did not complete: the last scan of account {ACCOUNT} is cancelled."
    )


def test_a_scan_that_could_use_no_profile_is_not_the_scan_of_the_report(store: Store) -> None:
    store.apply(made_scans.scan("night", doors=made_scans.failed()))
    report = stored_report(store, PROFILES, now=NOW)
    assert (report.scan.id, report.scan.outcome) == ("scan-2", "complete")
    store.apply(made_scans.scan("new", doors=made_scans.failed("new")))
    report = stored_report(store, ["new"], now=NOW)
    assert report.incomplete == (
        "The scan did not complete: The store holds no scan that could use these profiles."
    )


def test_a_store_without_these_profiles_gives_an_empty_report(store: Store) -> None:
    report = stored_report(store, ["nobody"], now=NOW)
    assert (report.entries, report.accounts) == ((), ())
    assert report.incomplete


def test_a_filter_means_the_same_in_the_store_and_in_the_report(store: Store) -> None:
    whole = stored_report(store, PROFILES, now=NOW)
    filters = [
        "", "lab", "-lab", "LAB2", "straße", "STRASSE", "100%", "a_c", "acme", "admin", "expired",
        "prod -acme", '"root user"', "~rtmfa", "severity:high+", "severity:medium,low", "service:s3",
        "service:sage*", "-service:s3", "service:*", 'service:""', "-service:*", "region:eu-*",
        'region:""', "-region:eu-central-1",
        f"account:{ACCOUNT}", "account:acme", "account:none", "profile:admin", "profile:ADMIN",
        "profile:expired", "-profile:prod", "check:iam-*", "check:profile-access", "status:fail",
        "status:pass", "status:unassessed", "status:fixed", "status:muted", "-status:fail", "cis:1.5",
        "cis:1", "cis:*", "-cis:*", "fsbp:SageMaker", "category:security", "-category:security",
        "resource:lab", "resource:*100%", "resource:arn:aws:s3", "type:bucket", "type:AWS::SageMaker::*",
        'type:""', "new:", "new:no", "-new:", "since:7d", "since:2025-12-31", "since:400d", "title:mfa",
        "reason:denied", "source:scan", "severity:high+ region:eu-* -status:pass lab",
    ]  # fmt: skip
    filters += [f"{key.name}:{key.example}" for key in KEYS.values()]
    different = {}
    for text in filters:
        expression = parse(text)
        in_store = names(stored_report(store, PROFILES, expression, now=NOW))
        if "new:" in text:
            with pytest.raises(FilterError, match="the app's store"):
                filtered(whole, expression, NOW)
            continue
        in_report = names(filtered(whole, expression, NOW))
        if in_store != in_report:
            different[text] = (in_store, in_report)
    assert different == {}


def test_filters_find_what_they_say_in_the_store(store: Store) -> None:
    expected = {
        "lab": ["Lab2", "lab"],
        "new:": ["Lab2", "Straße_100%"],
        "since:7d": ["Lab2", "Straße_100%"],
        "service:s3": ["Straße_100%"],
        "strasse": ["Straße_100%"],
        "cis:1.5": [ACCOUNT],
        "status:unassessed": ["eu-central-1", "expired"],
        "profile:expired": ["expired"],
        "check:iam-*": [ACCOUNT],
        "severity:low": ["Lab2"],
    }
    names_by_filter = {text: names(stored_report(store, PROFILES, parse(text), now=NOW)) for text in expected}
    assert names_by_filter == expected


def test_what_a_verification_could_not_assess_counts_as_not_assessed(tmp_path: Path) -> None:
    with Store.open(tmp_path / "findings.db") as store:
        one, two = made_scans.finding_of("one"), made_scans.finding_of("two", status=Status.NOT_ASSESSED)
        store.apply(made_scans.scan("a", one, two))
        for scan_id, finding, status in (("b", one, Status.NOT_ASSESSED), ("c", two, Status.PASS)):
            again = msgspec.structs.replace(finding, status=status)
            store.apply(verification(scan_id, [finding], again))
            report = stored_report(store, ["prod"], now=NOW)
            assert not_assessed(store, ["prod"]) == len(report.not_assessed)
        assert [entry.finding.resource_name for entry in report.not_assessed] == ["one"]


def test_the_finding_of_a_profile_is_its_own(store: Store) -> None:
    (entry,) = stored_report(store, ["expired"], now=NOW).entries
    assert (entry.finding.check_id, entry.finding.subject) == (PROFILE_ACCESS, ProfileScope("expired"))


@pytest.mark.proof
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_filter_of_the_findings_own_words_means_the_same(store: Store, data: st.DataObject) -> None:
    whole = stored_report(store, PROFILES, now=NOW)
    words = sorted(
        {
            text
            for finding in (entry.finding for entry in whole.entries)
            for text in (*finding.title.split(), finding.check_id, finding.region, finding.resource_id,
                         finding.resource_name, finding.resource_type, finding.profile, "acme", "iam", "1.5")
            if text
        }
    )  # fmt: skip
    word = st.sampled_from(words).flatmap(
        lambda text: st.sampled_from([text, text[:4], text.swapcase(), f"{text[:3]}*", f"*{text[-3:]}"])
    )
    value = word.map(lambda text: text if not {*text} & {*' |,"'} else f'"{text.replace(chr(34), "")}"')
    free_keys = KEYS.keys() - {"new", "since", "severity", "status", "category"}
    keys = st.sampled_from([*(f"{key}:" for key in sorted(free_keys)), "", "", "~"])
    item = st.builds("{}{}{}".format, st.sampled_from(["", "-", "!"]), keys, value)
    text = data.draw(st.lists(item, min_size=1, max_size=3).map(" ".join))
    try:
        expression = parse(text)
    except FilterError:
        return
    stored = stored_report(store, PROFILES, expression, now=NOW)
    assert names(stored) == names(filtered(whole, expression, NOW)), text
