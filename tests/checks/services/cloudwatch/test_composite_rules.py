from __future__ import annotations

import pytest

from cloud_audit_tui.checks.services.cloudwatch.composite_rules import RuleError, parse
from each_row import each_row


def test_a_rule_says_whether_it_holds() -> None:
    rows: list[tuple[str, set[str], bool]] = [
        ("ALARM(a)", {"a"}, True),
        ("ALARM(a)", set(), False),
        ("OK(a)", set(), True),
        ("OK(a)", {"a"}, False),
        ("INSUFFICIENT_DATA(a)", {"a"}, False),
        ("TRUE", set(), True),
        ("FALSE OR ALARM(a)", {"a"}, True),
        ("ALARM(a) OR ALARM(b) AND ALARM(c)", {"a"}, True),
        ("(ALARM(a) OR ALARM(b)) AND ALARM(c)", {"a"}, False),
        ("NOT ALARM(a) AND ALARM(b)", {"b"}, True),
        ("NOT (ALARM(a) AND ALARM(b))", {"a"}, True),
        ('ALARM("two words (and more)")', {"two words (and more)"}, True),
        ('ALARM("a \\"quote\\"")', {'a "quote"'}, True),
        ("ALARM(arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a)", {"a"}, True),
        ("AT_LEAST(2, ALARM, (a, b, c))", {"a"}, False),
        ("AT_LEAST(2, ALARM, (a, b, c))", {"a", "c"}, True),
        ("AT_LEAST(3, OK, (a, b, c))", {"a"}, False),
    ]
    with each_row() as row:
        for rule, alarms, holds in rows:
            with row((rule, alarms)):
                assert parse(rule)(alarms) is holds


def test_what_is_no_rule_is_refused() -> None:
    rows = [
        "",
        "ALARM",
        "ALARM()",
        "ALARM(a",
        "ALARM(a) ALARM(b)",
        "AND",
        "NOT",
        "(",
        "SOME(a)",
        'ALARM("a)',
        "AT_LEAST(x, OK, (a))",
    ]
    with each_row() as row:
        for rule in rows:
            with row(rule), pytest.raises(RuleError):
                parse(rule)
