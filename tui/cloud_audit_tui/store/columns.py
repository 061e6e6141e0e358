"""The columns of a current finding that a filter can compare, as SQL over the store's tables.

`filters.sql.condition` writes an expression over them for `Store.row_ids`. No comparison on one of them is
ever NULL, so that ``NOT`` holds exactly the other rows.
"""

from __future__ import annotations

import msgspec

from cloud_audit_tui.model import Severity, Status
from cloud_audit_tui.store.severity_order import rank_of


class Column(msgspec.Struct, frozen=True):
    """A column that a filter can name.

    ``sql`` is an expression of type TEXT; its letter case is that of the finding. ``within`` is the format
    into which a comparison is put; comparisons on columns with the same ``within`` can share one. With
    ``is_listed``, that selects ids of findings, which are read first and become a parameter of the condition,
    as in `filters.sql`. A comparison also holds for the column if it holds for one of ``others``.
    """

    sql: str
    within: str = "({})"
    others: tuple[Column, ...] = ()
    is_listed: bool = False


def _ranks() -> str:
    """Return the statuses and severities of the ranks as a table in SQL."""
    rows = ", ".join(
        f"({rank_of(status, severity)}, '{status.value}', '{severity.value}')"
        for status in Status
        for severity in Severity
    )
    columns = "column1 AS rank, column2 AS status, column3 AS severity"
    return f"(SELECT {columns} FROM (VALUES {rows})) AS ranked"  # noqa: S608 - constants


# Columns with few distinct values are compared once per value, not once per finding.
_OF_RANK = f"finding.rank IN (SELECT ranked.rank FROM {_ranks()} WHERE {{}})"  # noqa: S608 - constants
_OF_TOPIC = "finding.topic IN (SELECT topic.id FROM topic WHERE {})"
_OF_CHECK = "finding.check_id IN (SELECT check_id FROM check_info WHERE {})"
# A check that the catalogue lacks, such as that of a profile, has an empty service.
_OF_SERVICE = (
    "finding.check_id IN (SELECT topic.check_id FROM topic "
    "LEFT JOIN check_info ON check_info.check_id = topic.check_id WHERE {})"
)
_OF_CONTROL = "finding.check_id IN (SELECT check_id FROM check_compliance WHERE {})"
_OF_ACCOUNT = "coalesce(finding.account, 0) IN (SELECT account.id FROM account WHERE {})"
# A profile stands for its account, or, if it cannot be used, for the negative of its own id.
_OF_PROFILE = (
    "coalesce(finding.account, -finding.profile) IN "
    "(SELECT iif(side, coalesce(profile.account, 0), -profile.id) FROM profile, "
    "(SELECT 0 AS side UNION ALL SELECT 1) WHERE {})"
)
_OF_OWN_TEXT = "SELECT own_text.id FROM own_text WHERE {}"
# A row without a scan of an account, such as that of a profile, is never new.
_IS_NEW = (
    "finding.first_scan >= coalesce((SELECT max(scan_account.scan) FROM scan_account "
    "WHERE scan_account.account = finding.account), finding.first_scan + 1)"
)

COLUMNS: dict[str, Column] = {
    "status": Column("ranked.status", _OF_RANK),
    "severity": Column("ranked.severity", _OF_RANK),
    "disposition": Column("finding.disposition"),
    "check": Column("topic.check_id", _OF_TOPIC),
    "service": Column("coalesce(check_info.service, '')", _OF_SERVICE),
    "category": Column("check_info.category", _OF_CHECK),
    "compliance": Column("check_compliance.framework || ' ' || check_compliance.control", _OF_CONTROL),
    "region": Column("finding.region"),
    "account": Column("finding.account_id"),
    "alias": Column("account.alias", _OF_ACCOUNT),
    "profile": Column("profile.name", _OF_PROFILE),
    "resource": Column("finding.subject_name"),
    "resource_id": Column("own_text.subject_id", _OF_OWN_TEXT, is_listed=True),
    "type": Column("topic.subject_type", _OF_TOPIC),
    "title": Column("topic.title", _OF_TOPIC),
    "reason": Column("own_text.reason", _OF_OWN_TEXT, is_listed=True),
    "source": Column("topic.source", _OF_TOPIC),
    "first_seen": Column("finding.first_seen_at"),
    "new": Column(_IS_NEW),
    "text": Column(
        "topic.folded",
        _OF_TOPIC,
        # The cheapest come first, because a match in one skips the others.
        others=(
            Column("ranked.status", _OF_RANK),
            Column("ranked.severity", _OF_RANK),
            Column("account.account_id", _OF_ACCOUNT),
            Column("finding.region"),
            Column("own_text.subject_id", _OF_OWN_TEXT, is_listed=True),
            Column("own_text.reason", _OF_OWN_TEXT, is_listed=True),
            Column("own_text.folded", _OF_OWN_TEXT, is_listed=True),
        ),
    ),
}
"""The columns by their `Field`s.

``profile`` matches every finding of an account to which a profile leads, whichever profile it was read
through. ``compliance`` is a framework and a control with a space between. ``text`` is for words in any letter
case, in check, title, resource, region, account, severity, status or reason. ``new`` is a condition: the last
whole scan of the account is the first that saw the finding. ``first_seen`` is an ISO 8601 time in UTC,
``status`` and ``severity`` are those of the last verdict.
"""
