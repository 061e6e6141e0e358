"""The parts of an ARN, and of what is none."""

from __future__ import annotations

from cloud_audit_tui.arn import Arn, parse_arn, tail_of_arn
from each_row import each_row


def test_an_arn_has_parts_and_no_other_text_has_any() -> None:
    rows = [
        ("arn:aws:s3:::bucket", Arn("aws", "s3", "", "", "bucket")),
        ("arn:aws-cn:ec2:cn-north-1:1:vpc/v", Arn("aws-cn", "ec2", "cn-north-1", "1", "vpc/v")),
        ("arn:aws:logs:r:1:log-group:/a:*", Arn("aws", "logs", "r", "1", "log-group:/a:*")),
        ("arn:aws:s3", Arn()),
        ("xrn:aws:s3:::bucket", Arn()),
        ("vpc-0a1b", Arn()),
        ("", Arn()),
    ]
    with each_row() as row:
        for text, expected in rows:
            with row(text):
                assert parse_arn(text) == expected


def test_the_tail_is_the_name_that_aws_gave() -> None:
    rows = [
        ("arn:aws:ec2:r:1:vpc/vpc-0a", "vpc-0a"),
        ("arn:aws:sns:r:1:topic", "topic"),
        ("vpc-0a", "vpc-0a"),
    ]
    assert [tail_of_arn(text) for text, _ in rows] == [tail for _, tail in rows]
