"""Which services still work with a condition on the source, and which ARNs of an account it names."""

from __future__ import annotations

from cloud_audit_tui.iam.aws_accounts import LOG_DELIVERY_ACCOUNTS
from cloud_audit_tui.iam.service_sources import (
    SOURCE_ACCOUNT,
    SOURCE_ARNS,
    can_be_limited,
    sends_account,
    source_arn,
)
from each_row import each_row

ACCOUNT = "111122223333"


def test_a_condition_is_added_only_where_the_service_fulfils_it() -> None:
    rows = [
        ("config.amazonaws.com", "s3", True),
        ("logs.eu-west-1.amazonaws.com", "lambda", True),
        ("cloudtrail.amazonaws.com", "s3", True),
        ("events.amazonaws.com", "sqs", True),
        ("events.amazonaws.com", "sns", False),
        ("unheard.amazonaws.com", "s3", False),
    ]
    with each_row() as row:
        for service, kind, has_condition in rows:
            with row((service, kind)):
                assert can_be_limited(service, kind) is has_condition


def test_each_service_has_one_key() -> None:
    assert not SOURCE_ACCOUNT & SOURCE_ARNS.keys()
    assert all(sends_account(service) for service in SOURCE_ACCOUNT)


def test_the_arns_of_a_service_are_of_the_account_and_partition() -> None:
    assert source_arn("cloudtrail.amazonaws.com", "aws-us-gov", ACCOUNT) == (
        f"arn:aws-us-gov:cloudtrail:*:{ACCOUNT}:trail/*"
    )
    assert source_arn("events.amazonaws.com", "aws", ACCOUNT, "eu-west-1") == (
        f"arn:aws:events:eu-west-1:{ACCOUNT}:rule/*"
    )
    assert source_arn("config.amazonaws.com", "aws", ACCOUNT) == ""


def test_accounts_of_aws_are_accounts() -> None:
    assert all(account.isdigit() and len(account) == 12 for account in LOG_DELIVERY_ACCOUNTS)
