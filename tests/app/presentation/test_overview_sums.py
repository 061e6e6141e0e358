"""What was not assessed, by what keeps it from being read, and the statement that an account lacks."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from cloud_audit_tui.app.keymap import key_in_text
from cloud_audit_tui.app.presentation.overview_sums import Sums, statement, sums
from cloud_audit_tui.aws.error_mapping import read_error
from cloud_audit_tui.filters.match import matches
from cloud_audit_tui.filters.parse import parse
from cloud_audit_tui.model import PROFILE_ACCESS, Status
from cloud_audit_tui.reports.document import Entry
from cloud_audit_tui.reports.record import record_of
from cloud_audit_tui.store.overview import Gap, Overview
from reports.made_report import finding_of

ACTION = "sagemaker:ListNotebookInstances"
NOW = datetime(2026, 11, 28, tzinfo=UTC)
BECAUSE = (
    "because no identity-based policy allows the {action} action",
    "because no permissions boundary allows the {action} action",
    "because no service control policy allows the {action} action",
    "because no session policy allows the {action} action",
    "because no VPC endpoint policy allows the {action} action",
    "because no resource-based policy allows the {action} action",
    "with an explicit deny in a service control policy",
    "with an explicit deny in a permissions boundary",
    "with an explicit deny",
)
"""The ends of AWS's messages, by the IAM User Guide, "Troubleshoot access denied error messages"."""


def reason(because: str, region: str) -> str:
    """Return what the scanner says of a read that AWS denies with these words."""
    message = f"User: me is not authorized to perform: {ACTION} {because.format(action=ACTION)}"
    error = ClientError({"Error": {"Code": "AccessDenied", "Message": message}}, "ListNotebookInstances")
    return read_error(
        error, service="sagemaker", operation="ListNotebookInstances", region=region, profile="prod"
    ).words


def contents(*gaps: Gap) -> Sums:
    return sums(Overview([], list(gaps), []), [], key_in_text)


def denied(because: str, region: str = "eu-west-1", number: int = 1) -> Gap:
    text = reason(because, region)
    return Gap("access_denied", ACTION, "aws-sagemaker-001", region, "111122223333", text, number)


def test_each_policy_that_denies_a_read_is_a_row_of_its_own_and_its_filter_finds_only_it() -> None:
    gaps = [denied(because, region) for because in BECAUSE for region in ("eu-west-1", "us-east-1")]
    findings = [finding_of(status=Status.NOT_ASSESSED, reason=gap.reason) for gap in gaps]
    records = [record_of(Entry(each)) for each in findings]
    rows = contents(*gaps).missing
    assert [row.number for row in rows] == [2] * len(BECAUSE)
    matched = {
        tuple(number for number, each in enumerate(records) if matches(parse(row.filter), each, NOW))
        for row in rows
    }
    assert matched == {(2 * number, 2 * number + 1) for number in range(len(BECAUSE))}


def test_an_allow_is_offered_only_where_it_helps() -> None:
    for number, because in enumerate(BECAUSE):
        [row] = contents(denied(because)).missing
        assert row.actions == (() if number else (ACTION,)), because
        assert row.why == (
            reason(because, "eu-west-1") if number else "Denied in 1 check, eu-west-1, account 111122223333"
        )
    assert json.loads(statement(contents(*map(denied, BECAUSE)).missing))["Action"] == [ACTION]
    assert statement(contents(*map(denied, BECAUSE[1:])).missing) == ""


def test_the_cursor_finds_a_row_again_whatever_a_scan_adds() -> None:
    allow, deny = BECAUSE[0], BECAUSE[-1]
    before = contents(denied(allow), denied(deny)).missing
    throttled = Gap("throttled", "", "aws-sagemaker-002", "eu-west-1", "111122223333", "AWS throttled it.", 9)
    after = contents(
        throttled, denied(allow), denied(deny), denied(deny, "us-east-1", 5), denied(BECAUSE[1])
    ).missing
    keys = [row.key for row in after]
    assert len(set(keys)) == len(keys) == 4
    for row in before:
        [again] = [each for each in after if each.key == row.key]
        assert (again.what, bool(again.actions)) == (row.what, bool(row.actions))


def test_a_role_that_a_profile_may_not_assume_is_no_missing_read_of_the_account() -> None:
    words = (
        "'hub' may not assume the role 'audit' in account 111122223333. Allow it sts:AssumeRole.",
        "'hub' may not assume the role 'other' in account 444455556666. Allow it sts:AssumeRole.",
    )
    gaps = [Gap("access_denied", "sts:AssumeRole", PROFILE_ACCESS, "", "", each, 1) for each in words]
    rows = contents(*gaps).missing
    assert {(row.what, row.why, row.actions) for row in rows} == {
        ("Profile cannot be used", each, ()) for each in words
    }
    assert statement(rows) == ""
