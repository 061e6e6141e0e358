"""The findings of a report as records for a filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.checks.explanation import about_of
from cloud_audit_tui.filters.fields import Record
from cloud_audit_tui.filters.match import matches
from cloud_audit_tui.filters.search_text import search_text
from cloud_audit_tui.model import ProfileScope
from cloud_audit_tui.reports.document import Report

if TYPE_CHECKING:
    from datetime import datetime

    from cloud_audit_tui.filters.expression import Expression
    from cloud_audit_tui.reports.document import Account, Entry


def filtered(report: Report, expression: Expression, now: datetime) -> Report:
    """Return the report with only the findings that match a filter."""
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
    return Report(report.scan, report.accounts, report.failures, tuple(entries))


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
        profile=tuple(account.profiles) if account else (finding.profile,),
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
