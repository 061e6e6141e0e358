"""What a typed filter means, and what a wrong one is answered with."""

from __future__ import annotations

import time

import pytest

from cloud_audit_tui.filters.errors import FilterError
from cloud_audit_tui.filters.keys import KEYS
from cloud_audit_tui.filters.parse import parse


def answer(text: str) -> str:
    """Return how a filter is answered: an empty text, or the position and the words of the error."""
    try:
        parse(text)
    except FilterError as error:
        return f"{error.position}: {error.message}"
    return ""


def test_every_key_takes_its_example_alone_negated_and_beside_another() -> None:
    wrong = {
        text: answer(text)
        for key in KEYS.values()
        for value in (key.example, *key.values)
        for text in (f"{key.name}:{value}", f"-{key.name}:{value}", f"{key.name.upper()}:{value}|{value}")
        if answer(text)
    }
    assert wrong == {}


def test_what_people_paste_and_half_type_is_no_error() -> None:
    texts = (
        "", "   ", "-", "!", "~", "- a", "arn:aws:s3:::bucket", "AWS::S3::Bucket", "https://example.com/a",
        "new:", 'it"s', "100%", "a_b", "(prod)", "--force", '"key: in quotes"', "type:AWS::S3::Bucket",
        'account:"My Account"', "\x00", "\ud800", 'region:""',
    )  # fmt: skip
    assert {text: answer(text) for text in texts if answer(text)} == {}


def test_a_wrong_filter_says_where_it_is_wrong_and_what_is_allowed() -> None:
    wrong = {
        "sevrity:high": ("0:", "There is no key sevrity:", "Did you mean severity:"),
        "sev:high": ("0:", "Did you mean severity:?"),
        "prod color:red": ("5:", "There is no key color:", "Keys: severity, status", "in quotes"),
        "severity:hi": ("9:", "severity:hi is not a value of severity", "critical, high, medium, low"),
        "severity:": ("9:", "needs a value, such as severity:high+"),
        "a status:open": ("9:", "fail, pass, unassessed, fixed, muted"),
        "since:7x": ("6:", "7d"),
        "since:2026-13-01": ("6:", "2026-01-31"),
        "region:a,": ("8:", "Column 9", "value is missing"),
        'a "b c': ("2:", "Column 3", "quote has no end"),
        '"a"b': ("3:", "Column 4", "after a closing quote"),
        "~" + "a" * 101: ("1:", "at most 100"),
    }
    missing = [
        (text, words, answer(text))
        for text, all_words in wrong.items()
        for words in all_words
        if words not in answer(text)
    ]
    assert missing == []


def test_hostile_text_of_ten_thousand_characters_is_answered_at_once() -> None:
    hostile = [
        unit * (10_000 // len(unit))
        for unit in ("-", "(", '"', "\\", "a", "a:", '"a" ', "a ", "|", " ", "~", "!-", "region:", "A-")
    ]
    hostile += ["region:" + unit * (9_990 // len(unit)) for unit in ("*", "*a", "a,", "|", '"a",', "\\")]
    hostile += ['"' + "\\" * 9_999, '-"' + '\\"' * 4_999]
    parse("warm")
    slow = []
    for text in hostile:
        began = time.process_time()
        answer(text)
        if (seconds := time.process_time() - began) > 1:
            slow.append((text[:20], seconds))
    assert slow == []
    assert "10,001 characters" in answer("a" * 10_001)
    assert "201 words" in answer("a " * 201)


@pytest.mark.parametrize("text", ["-a", "!a"])
def test_both_marks_of_negation_mean_the_same(text: str) -> None:
    assert parse(text) == parse("-a")
