"""Turns a report from a file into events for a store that holds only this report."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.checks.explanation import sources
from cloud_audit_tui.model import OWN_SCAN, Disposition, ProfileScope
from cloud_audit_tui.reports.document import Entry
from cloud_audit_tui.reports.foreign_facts import foreign_facts
from cloud_audit_tui.scan.events import (
    AccountReady,
    AnyEvent,
    Outcome,
    ProfileReady,
    Result,
    ScanFinished,
    ScanStarted,
)
from cloud_audit_tui.scan.jobs import ScanJob
from cloud_audit_tui.store.amendment import Amendment
from cloud_audit_tui.store.finding_key import finding_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cloud_audit_tui.reports.document import Report

UNKNOWN_ACCOUNT = "unknown account"
_UNKNOWN_TIME = "1970-01-01T00:00:00+00:00"
_SCAN_ID = "opened"


@dataclass(frozen=True)
class OpenedReport:
    """The events that fill a store with a report, and the amendments that events cannot express.

    ``profiles`` are the names under which the store lists the accounts: the report's profiles, or account
    ids.
    """

    events: tuple[AnyEvent, ...]
    amendments: tuple[Amendment, ...]
    profiles: tuple[str, ...]


def opened_report(report: Report) -> OpenedReport:
    """Return a report as a finished scan, with the ids of our checks as in `with_own_checks`."""
    entries = _own_entries(report)
    scan = report.scan
    started = scan.started_at or scan.finished_at or _UNKNOWN_TIME
    accounts = {(account.partition, account.account_id): account for account in report.accounts}
    places: dict[tuple[str, str], list[str]] = {
        place: list(account.regions) for place, account in accounts.items()
    }
    unusable = []
    for entry in entries:
        finding = entry.finding
        if isinstance(finding.subject, ProfileScope):
            unusable.append(finding.subject.name)
        else:
            regions = places.setdefault((finding.partition, finding.account_id), [])
            regions += [finding.region] if finding.region and finding.region not in regions else []
    events: list[AnyEvent] = [
        ScanStarted(
            _SCAN_ID,
            started,
            scan.version,
            ScanJob(),
            sorted({*scan.checks, *(entry.finding.check_id for entry in entries)}),
            list(scan.profiles),
        )
    ]
    names: list[str] = []
    for place, regions in places.items():
        account = accounts.get(place)
        profile = (account.profile if account else "") or place[1] or UNKNOWN_ACCOUNT
        while profile in names:
            profile += "*"
        names.append(profile)
        events.append(
            ProfileReady(
                profile,
                place[1],
                place[0],
                account.caller_arn if account else "",
                account.alias if account else "",
            )
        )
        events.append(AccountReady(place[1], place[0], profile, [profile], regions))
    events += report.failures
    events += [Result(entry.finding) for entry in entries]
    events.append(_finished(report, started))
    return OpenedReport(
        tuple(events),
        tuple(_amendments(entries, scan.finished_at or started)),
        tuple(dict.fromkeys([*names, *unusable, *(failure.profile for failure in report.failures)])),
    )


def with_own_checks(report: Report) -> Report:
    """Return a report in which a finding of another scanner has the id of our equivalent check.

    Several findings of one check about one resource, as other scanners report them, become one with all
    reasons.
    """
    return replace(report, entries=tuple(_own_entries(report)))


def _own_entries(report: Report) -> list[Entry]:
    return list(_merged(_with_twin(entry) for entry in report.entries))


def _finished(report: Report, started: str) -> ScanFinished:
    scan, summary = report.scan, report.summary
    outcome = Outcome(scan.outcome) if scan.outcome in set(Outcome) else Outcome.CANCELLED
    return ScanFinished(
        _SCAN_ID,
        outcome,
        scan.finished_at or started,
        summary.failed,
        summary.passed,
        summary.not_assessed,
        scan.calls,
        scan.elapsed,
        scan.message,
    )


def _amendments(entries: Iterable[Entry], fixed_at: str) -> Iterator[Amendment]:
    for entry in entries:
        if entry.first_seen or entry.disposition is not Disposition.OPEN:
            finding = entry.finding
            yield Amendment(
                finding_key(finding), finding.severity, entry.disposition, entry.first_seen, fixed_at
            )


def _merged(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Yield one entry for each key: the worst verdict with all its reasons."""
    by_key: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_key[finding_key(entry.finding)].append(entry)
    for same in by_key.values():
        yield same[0] if len(same) == 1 else _worst(same)


def _worst(entries: Sequence[Entry]) -> Entry:
    def order(entry: Entry) -> tuple[bool, int, int]:
        finding = entry.finding
        return (
            entry.disposition is not Disposition.OPEN,
            finding.status.order,
            finding.severity.order,
        )

    worst = min(entries, key=order)
    reasons = dict.fromkeys(
        entry.finding.reason
        for entry in entries
        if (entry.finding.status, entry.disposition) == (worst.finding.status, worst.disposition)
    )
    finding = msgspec.structs.replace(worst.finding, reason=" ".join(reasons))
    return Entry(finding, worst.disposition, worst.first_seen)


def _with_twin(entry: Entry) -> Entry:
    finding = entry.finding
    twin = twin_of(finding.check_id)
    if finding.source == OWN_SCAN or not twin:
        return entry
    evidence = finding.evidence
    if twin != finding.check_id:
        evidence = {**evidence, f"{finding.source}_check": finding.check_id}
    evidence = foreign_facts(twin, finding, entry.details) | evidence
    changed = msgspec.structs.replace(finding, check_id=twin, evidence=evidence)
    return Entry(changed, entry.disposition, entry.first_seen)


def twin_of(check_id: str) -> str:
    """Return the id of our check that is equivalent to another scanner's, empty if there is none."""
    return check_id if check_id in sources() else twins().get(check_id, "")


@cache
def twins() -> dict[str, str]:
    """Return our checks by the ids of the equivalent checks of other scanners."""
    text = files(__package__).joinpath("readers", "twins.tsv").read_text(encoding="utf-8")
    rows = [line.partition("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return {theirs: ours for theirs, _, ours in rows}
