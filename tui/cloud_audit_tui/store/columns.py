"""What a filter can compare of a current finding, as SQL over the store's tables.

A filter composes one comparison on `Column.sql`, puts it into `Column.within`, joins such terms with
``AND``, ``OR`` and ``NOT``, and hands the text and its parameters to `Store.row_ids`. No term is ever NULL,
so that ``NOT`` holds exactly the other rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.model import Category, Disposition, Scope, Severity, Status, SubjectKind
from cloud_audit_tui.store.severity_order import SEVERITIES, STATUSES

if TYPE_CHECKING:
    from enum import StrEnum


class Column(msgspec.Struct, frozen=True):
    """A column that a filter can name.

    ``sql`` is an expression of type TEXT; its letter case is that of the finding. ``within`` is where a
    comparison on it is put, by `str.format`; comparisons on columns with the same ``within`` can share
    one. ``values`` are the only values of an enumeration, worst or first one first.
    """

    sql: str
    within: str = "({})"
    values: tuple[str, ...] = ()

    def term(self, comparison: str) -> str:
        """Return the condition on findings for a comparison on ``sql``."""
        return self.within.format(comparison)


def _values(enumeration: type[StrEnum]) -> tuple[str, ...]:
    return tuple(each.value for each in enumeration)


def _words(number: str, words: tuple[str, ...]) -> str:
    """Return an SQL expression that gives a number's word."""
    cases = " ".join(f"WHEN {n} THEN '{word}'" for n, word in enumerate(words))
    return f"CASE {number} {cases} END"


_STATUSES = tuple(status.value for status in STATUSES)
_SEVERITIES = tuple(severity.value for severity in SEVERITIES)
# The index holds the ranks side by side, while each row is on a page of its own.
_OF_RANK = (
    "finding.id IN (SELECT ranked.id FROM finding AS ranked INDEXED BY finding_counts "
    "WHERE ranked.current = 1 AND ({}))"
)
_OF_CHECK = "finding.check_id IN (SELECT check_id FROM check_info WHERE {})"
_OF_CONTROL = "finding.check_id IN (SELECT check_id FROM check_compliance WHERE {})"
_OF_ACCOUNT = "coalesce(finding.account, 0) IN (SELECT account.id FROM account WHERE {})"
# A profile stands for its account, and for itself where it cannot be used: minus its own id.
_OF_PROFILE = (
    "coalesce(finding.account, -finding.profile) IN "
    "(SELECT iif(side, coalesce(profile.account, 0), -profile.id) FROM profile, "
    "(SELECT 0 AS side UNION ALL SELECT 1) WHERE {})"
)
_OF_TEXT = "finding.id IN (SELECT search.id FROM search WHERE {})"
# A row that no scan of an account has written, such as that of a profile, is never new.
_IS_NEW = (
    "finding.first_scan >= coalesce((SELECT max(scan_account.scan) FROM scan_account "
    "WHERE scan_account.account = finding.account), finding.first_scan + 1)"
)

COLUMNS: dict[str, Column] = {
    "status": Column(_words(f"ranked.rank / {len(_SEVERITIES)}", _STATUSES), _OF_RANK, _values(Status)),
    "severity": Column(_words(f"ranked.rank % {len(_SEVERITIES)}", _SEVERITIES), _OF_RANK, _values(Severity)),
    "disposition": Column("finding.disposition", values=_values(Disposition)),
    "check": Column("finding.check_id"),
    "service": Column("check_info.service", _OF_CHECK),
    "category": Column("check_info.category", _OF_CHECK, _values(Category)),
    "scope": Column("check_info.scope", _OF_CHECK, _values(Scope)),
    "framework": Column("check_compliance.framework", _OF_CONTROL),
    "control": Column("check_compliance.control", _OF_CONTROL),
    "compliance": Column("check_compliance.framework || ' ' || check_compliance.control", _OF_CONTROL),
    "region": Column("finding.region"),
    "account": Column("finding.account_id"),
    "alias": Column("account.alias", _OF_ACCOUNT),
    "profile": Column("profile.name", _OF_PROFILE),
    "resource": Column("finding.subject_name"),
    "resource_id": Column("finding.subject_id"),
    "type": Column("finding.subject_type"),
    "subject": Column("finding.subject_kind", values=_values(SubjectKind)),
    "title": Column("finding.title"),
    "reason": Column("finding.reason"),
    "source": Column("finding.source"),
    "first_seen": Column("finding.first_seen_at"),
    "new": Column(_IS_NEW),
    "text": Column("search.text", _OF_TEXT),
}
"""The columns by the names that a filter uses.

``profile`` finds every finding of an account to which a profile leads, whichever it was read through.
``compliance`` is a framework and a control with a space between, ``text`` what `recorder.search_text` gives,
and ``new`` a condition: the last whole scan of the account is the first that saw the finding.
``first_seen`` is an ISO 8601 time in UTC, ``status`` and ``severity`` are those of the last verdict.
"""
