"""What is offered while a filter is typed."""

from __future__ import annotations

from cloud_audit_tui.filters.completion import completions
from cloud_audit_tui.filters.keys import KEYS
from cloud_audit_tui.filters.parse import parse

VALUES = {"region": ["eu-central-1", "eu-west-1", "us-east-1"], "profile": ["My Profile", 'a"b']}


def after(text: str, cursor: int | None = None) -> list[str]:
    """Return the filters that the completions would make of a text."""
    cursor = len(text) if cursor is None else cursor
    return [
        text[: choice.start] + choice.text + text[choice.end :]
        for choice in completions(text, cursor, VALUES)
    ]


def test_an_empty_filter_offers_every_key() -> None:
    assert after("") == [f"{key}:" for key in KEYS]
    assert after("prod ") == [f"prod {key}:" for key in KEYS]


def test_the_beginning_of_a_word_offers_the_keys_that_begin_so_negated_too() -> None:
    assert after("prod -se") == [f"prod -{key}:" for key in KEYS if key.startswith("se")]
    assert after("zz") == []


def test_a_key_offers_its_values_those_first_that_begin_with_what_is_typed() -> None:
    assert after("severity:hi") == ["severity:high", "severity:high+"]
    assert after("region:eu") == ["region:eu-central-1", "region:eu-west-1"]
    assert after("region:west") == ["region:eu-west-1"]
    assert after("region:eu-west-1|us") == ["region:eu-west-1|us-east-1"]
    assert after("-region:eu-west-1,") == [f"-region:eu-west-1,{region}" for region in VALUES["region"]]
    assert after("color:") == []


def test_a_value_with_a_space_or_a_quote_is_offered_in_quotes_and_parses() -> None:
    offered = after("profile:")
    assert offered == ['profile:"My Profile"', 'profile:"a\\"b"']
    assert after('profile:"My P') == ['profile:"My Profile"']
    for text in offered:
        parse(text)


def test_what_stands_behind_the_cursor_stays() -> None:
    assert after("reg prod", cursor=3) == ["region: prod"]
    assert after('"unfinished quote ') == []
