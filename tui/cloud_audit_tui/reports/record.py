"""The findings of a report as records for a filter."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.checks.explanation import about_of
from cloud_audit_tui.filters.errors import FilterError
from cloud_audit_tui.filters.expression import keys_of
from cloud_audit_tui.filters.fields import Record
from cloud_audit_tui.filters.match import matches
from cloud_audit_tui.filters.search_text import search_text
from cloud_audit_tui.model import ProfileScope

if TYPE_CHECKING:
    from datetime import datetime

    from cloud_audit_tui.filters.expression import Expression
    from cloud_audit_tui.reports.document import Account, Entry, Report


def filtered(report: Report, expression: Expression, now: datetime) -> Report:
    """Return the report with only the findings that match a filter.

    Raises `FilterError` for what the report does not know of its findings, which would match nothing.
    """
    _check_knowledge(report, keys_of(expression))
    accounts = {(account.partition, account.account_id): account for account in report.accounts}
    entries = [
        entry
        for entry in report.entries
        if matches(
            expression,
            record_of(entry, accounts.get((entry.finding.partition, entry.finding.account_id))),
            now,
        )
    ]
    return replace(report, entries=tuple(entries))


def _check_knowledge(report: Report, keys: frozenset[str]) -> None:
    if "new" in keys:
        raise FilterError(
            "new: compares the scans of the app's store, and a report does not hold them. Omit new:.", 0
        )
    unknown = sum(not entry.first_seen for entry in report.entries)
    if "since" in keys and unknown:
        raise FilterError(
            f"since: compares when a finding was first seen, which this report does not say of {unknown:,} "
            f"of its {len(report.entries):,} findings. Omit since:.",
            0,
        )


def record_of(entry: Entry, account: Account | None = None) -> Record:
    """Return an entry as a record for a filter; ``account`` is the account of the finding."""
    finding = entry.finding
    about = about_of(finding.check_id)
    subject = finding.subject
    texts = (
        finding.check_id,
        finding.title,
        finding.reason,
        finding.region,
        finding.account_id,
        finding.resource_name,
        finding.resource_id,
        finding.severity.value,
        finding.status.value,
    )
    record = Record(
        text=search_text(texts),
        check=finding.check_id,
        title=finding.title,
        reason=finding.reason,
        severity=finding.severity,
        status=finding.status,
        disposition=entry.disposition,
        region=finding.region,
        account=finding.account_id,
        resource=finding.resource_name,
        resource_id=finding.resource_id,
        type="" if isinstance(subject, ProfileScope) else subject.type,
        profile=(account.profiles if account else ()) or (finding.profile,),
        alias=account.alias if account else "",
        first_seen=entry.first_seen,
        source=finding.source,
    )
    if about is None:
        return record
    return msgspec.structs.replace(
        record,
        service=about.service,
        category=about.category,
        compliance=tuple(
            f"{framework} {control}"
            for framework, controls in about.compliance.items()
            for control in controls
        ),
    )
