"""SQL and the predicate give every filter the same meaning."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud_audit_tui.filters.fields import Field, Record
from cloud_audit_tui.filters.match import matches
from cloud_audit_tui.filters.parse import parse
from cloud_audit_tui.filters.search_text import search_text
from cloud_audit_tui.filters.sql import condition
from cloud_audit_tui.model import Category, Disposition, Severity, Status
from cloud_audit_tui.text import storable

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
MEMBERS = (Field.PROFILE, Field.COMPLIANCE)
SINGLE = [field for field in Field if field not in MEMBERS]


@dataclass(frozen=True)
class Column:
    sql: str
    within: str = "({})"
    others: tuple[Column, ...] = ()
    is_listed: bool = False


COLUMNS = {
    **{field.value: Column(f'finding."{field.value}"') for field in SINGLE},
    **{
        field.value: Column("value", f"id IN (SELECT id FROM member WHERE field = '{field.value}' AND {{}})")
        for field in MEMBERS
    },
}


def record(**values: Any) -> Record:
    """Return a record with a search text made of its own texts."""
    whole: dict[str, Any] = {
        "check": "aws-s3-001",
        "title": "Bucket without encryption",
        "reason": "The bucket names no key.",
        "severity": Severity.HIGH,
        "status": Status.FAIL,
        "disposition": Disposition.OPEN,
        "region": "eu-central-1",
        "account": "111122223333",
        "resource": "logs",
        "resource_id": "arn:aws:s3:::logs",
        "type": "AWS::S3::Bucket",
        "service": "s3",
        "category": Category.SECURITY,
        **values,
    }
    text = search_text(whole[name] for name in ("check", "title", "reason", "resource", "resource_id"))
    return Record(text=text, **whole)


def in_sql(records: list[Record], text: str) -> list[bool]:
    """Say for each record whether SQLite finds it."""
    connection = sqlite3.connect(":memory:")
    names = ", ".join(f'"{field.value}"' for field in SINGLE)
    connection.execute(f"CREATE TABLE finding (id INTEGER, {names})")
    connection.execute("CREATE TABLE member (id INTEGER, field TEXT, value TEXT)")
    for number, each in enumerate(records):
        row = [getattr(each, field) if field is Field.NEW else each.values(field)[0] for field in SINGLE]
        connection.execute(f"INSERT INTO finding VALUES (?{', ?' * len(row)})", [number, *map(plain, row)])
        for field in MEMBERS:
            rows = [(number, field.value, value) for value in each.values(field)]
            connection.executemany("INSERT INTO member VALUES (?, ?, ?)", rows)
    term = condition(parse(text), COLUMNS, NOW)
    query = f"SELECT id FROM finding WHERE {term.sql}"
    numbers = {row[0] for row in connection.execute(query, term.parameters)}
    connection.close()
    return [number in numbers for number in range(len(records))]


def plain(value: object) -> object:
    return str(value) if isinstance(value, str) else value


def both(records: list[Record], text: str) -> list[bool]:
    """Say for each record whether the filter finds it; both ways must agree."""
    by_match = [matches(parse(text), each, NOW) for each in records]
    assert in_sql(records, text) == by_match, text
    return by_match


# Letters that have another length or another letter when their case is folded, wildcards of LIKE, quotes.
_ALPHABET = "aAbB1ßKſİ%_\\*?-.:( '\"\n"
_texts = st.one_of(st.text(_ALPHABET, max_size=6), st.text(max_size=6)).map(
    lambda text: storable(text).replace("\0", "")
)
_some = st.lists(_texts, max_size=3).map(tuple)
_controls = st.sampled_from(["cis_aws_v3 2.1", "cis_aws_v3 2.1.4", "cis_aws_v3 2.10", "soc2_type2 CC6.1"])
_records = st.builds(
    record,
    check=st.one_of(_texts, st.sampled_from(["aws-iam-001", "aws-s3-001"])),
    title=_texts,
    reason=_texts,
    severity=st.sampled_from(Severity),
    status=st.sampled_from(Status),
    disposition=st.sampled_from(Disposition),
    region=st.one_of(_texts, st.sampled_from(["eu-west-1", "us-east-1", ""])),
    account=_texts,
    alias=_texts,
    resource=_texts,
    resource_id=_texts,
    type=st.one_of(_texts, st.sampled_from(["AWS::S3::Bucket", "AWS::EC2::Instance"])),
    service=st.one_of(_texts, st.sampled_from(["s3", "iam"])),
    category=st.one_of(st.none(), st.sampled_from(Category)),
    profile=_some,
    compliance=st.lists(st.one_of(_texts, _controls), max_size=3).map(tuple),
    first_seen=st.sampled_from(["", "2026-11-25T12:00:00+00:00", "2026-11-01T00:00:00+00:00"]),
    new=st.booleans(),
)
_free = st.text(_ALPHABET.replace("\n", ""), min_size=1, max_size=6)
_quoted = _texts.map(lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
_bare = st.text("aAbBß1Kſİ%_\\*?-.", min_size=1, max_size=5)
_free_keys = st.sampled_from(
    [
        "service",
        "region",
        "account",
        "profile",
        "check",
        "title",
        "reason",
        "resource",
        "type",
        "source",
        "cis",
    ]
)
_closed = st.sampled_from(
    [
        "severity:high+", "severity:low|critical", "status:fail", "status:fixed,muted", "status:unassessed",
        "category:security", "new:", "new:no", "since:7d", "since:2026-11-20", "since:1h", "cis:2.1", "cis:*",
        "soc2:cc6", "type:bucket", "check:iam-*", "region:eu-*|us-east-1", 'region:""',
    ]
)  # fmt: skip
_words = st.one_of(_bare, _quoted, _quoted.map(lambda text: "~" + text), _bare.map(lambda text: "~" + text))
_terms = st.builds(
    lambda key, values: f"{key}:{'|'.join(values)}",
    _free_keys,
    st.lists(st.one_of(_bare, _quoted), min_size=1, max_size=3),
)
_items = st.builds(
    lambda mark, item: mark + item, st.sampled_from(["", "-", "!"]), st.one_of(_words, _terms, _closed)
)
_filters = st.lists(_items, max_size=4).map(" ".join)


@pytest.mark.proof
# To draw the records takes nearly all the time, so each list of them is tried with several filters.
@given(st.lists(_records, min_size=1, max_size=6), st.lists(_filters, min_size=3, max_size=4))
@settings(max_examples=140, deadline=None)
def test_sql_and_predicate_agree(records: list[Record], texts: list[str]) -> None:
    for text in texts:
        both(records, text)


def test_each_kind_of_filter_finds_what_it_says_and_nothing_else() -> None:
    iam = record(
        check="aws-iam-001",
        title="Root user without MFA",
        reason="It has a key and no token.",
        severity=Severity.CRITICAL,
        region="",
        resource="Root_1",
        resource_id="arn:aws:iam::111122223333:root",
        type="AWS::IAM::User",
        service="iam",
        alias="acme-prod",
        profile=("prod", "admin"),
        compliance=("cis_aws_v3 2.1.4", "soc2_type2 CC6.1"),
        first_seen="2026-11-25T12:00:00+00:00",
        new=True,
    )
    s3 = record(
        severity=Severity.MEDIUM,
        profile=("dev",),
        compliance=("cis_aws_v3 2.10",),
        first_seen="2026-01-01T00:00:00+00:00",
    )
    muted = record(check="aws-ec2-001", disposition=Disposition.MUTED, resource="100%", service="ec2")
    unread = record(check="aws-kms-001", status=Status.NOT_ASSESSED, service="kms", region="us-east-1")
    records = [iam, s3, muted, unread]
    expected = {
        "": "1111", "root": "1000", "BUCKET": "0111", "ACME": "1000", "-dev": "1011", "bucket logs": "0111",
        "-bucket": "1000", '"without encryption"': "0111", '"encryption without"': "0000", "~rtmfa": "1000",
        "~bcktencr": "0111", "%": "0010", "Root_1": "1000", "root?1": "0000", "severity:high+": "1011",
        "severity:medium": "0100", "service:s3|IAM": "1100", "-service:s3": "1011", "region:eu-*": "0110",
        "region:eu": "0000", 'region:""': "1000", "account:ACME-*": "1000", "account:111122223333": "1111",
        "profile:admin": "1000", "-profile:admin": "0111", "check:iam-*": "1000",
        "check:aws-iam-001": "1000", "check:001": "0000", "check:*-001": "1111", "status:fail": "1100",
        "status:muted": "0010", "status:unassessed": "0001", "status:not_assessed,muted": "0011",
        "cis:2.1": "1000", "cis:2.10": "0100", "cis:2.*": "1100", "soc2:CC6": "1000",
        "resource:root": "1000", "resource:logs": "0111", 'resource:"*"': "0000", "type:bucket": "0111",
        "type:AWS::S3::Bucket": "0111", "type:AWS::IAM::*": "1000", "new:": "1000", "new:no": "0111",
        "since:7d": "1000", "since:2025-12-31": "1100", "title:MFA": "1000",
        "reason:key status:fail": "1100",
    }  # fmt: skip
    wrong = {
        text: outcome
        for text, expected_outcome in expected.items()
        if (outcome := "".join(str(int(hit)) for hit in both(records, text))) != expected_outcome
    }
    assert wrong == {}


def test_no_typed_text_reaches_the_sql() -> None:
    text = "hunter2 region:hunter2 -type:hunter2 ~hunter2 cis:hunter2"
    term = condition(parse(text), COLUMNS, NOW)
    assert "hunter2" not in term.sql
    assert term.sql.count("?") == len(term.parameters)
    assert both([record()], "'); DROP TABLE finding; --") == [False]


def test_the_longest_filters_run_in_sqlite() -> None:
    long = [
        "a" * 10_000, "ΐ" * 10_000, '"' + "%_" * 4_999 + '"', " ".join(f"w{n}" for n in range(200)),
        "region:" + "|".join(f"r{n}*" for n in range(199)), "cis:" + "|".join(f"{n}" for n in range(199)),
        "region:" + "*a" * 4_990, "~" + "a" * 100,
    ]  # fmt: skip
    for text in long:
        assert both([record(title="a" * 5_000)], text) is not None
