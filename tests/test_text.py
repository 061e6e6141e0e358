"""Names from AWS that try to deceive the eye or to drive the terminal."""

import sys
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from cloud_audit_tui.filters.search_text import fold
from cloud_audit_tui.model import Fact, FactKind
from cloud_audit_tui.scan.events import encodable
from cloud_audit_tui.text import plain, storable, storable_all
from each_row import each_row

NASTY = st.text(
    st.one_of(
        st.characters(),
        st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp"]),
        st.sampled_from("\x1b[]PX^_;0m\x07\\\x9b\x9d\x9c\n\t\r"),
    )
)


def test_what_deceives_is_gone() -> None:
    rows = [
        ("my-bucket", "my-bucket"),
        ("Müller 東京 🦊", "Müller 東京 🦊"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]0;owned\x07name", "name"),
        ("\x1b]8;;https://evil.example\x1b\\bucket\x1b]8;;\x1b\\", "bucket"),
        ("\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\x", "tmux;x"),
        ("\x1b]never ended", "never ended"),
        ("\x9dnever ended", "never ended"),
        ("\x1bcreset", "reset"),
        ("safe\u202egpj.exe", "safegpj.exe"),
        ("pro\u200bd", "prod"),
        ("pro\ufe00d\U000e0061", "prod"),
        ("a\nb\r\nc\rd\u2028e", "a↵b↵c↵d↵e"),
        ("a\tb", "a⇥b"),
        ("\ud800x", "�x"),
        ("[/bold]", "[/bold]"),
    ]
    with each_row() as row:
        for text, safe in rows:
            with row(text):
                assert plain(text) == safe


def test_line_ends_stay_when_they_are_wanted() -> None:
    assert plain("a\r\nb\tc\x1b[2J\n", keep_newlines=True) == "a\nb\tc\n"


def test_every_control_and_format_character_is_known() -> None:
    categories = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    every = (chr(code) for code in range(sys.maxunicode + 1))
    harmful = [hex(ord(c)) for c in every if unicodedata.category(c) in categories and c in plain(f"a{c}b")]
    assert harmful == []


@given(NASTY, st.booleans())
def test_nothing_that_drives_a_terminal_is_left(text: str, keep_newlines: bool) -> None:
    safe = plain(text, keep_newlines=keep_newlines)
    allowed = "\n\t" if keep_newlines else ""
    assert not [
        c for c in safe if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and c not in allowed
    ]
    assert len(safe) <= len(text)
    assert plain(safe, keep_newlines=keep_newlines) == safe


@given(
    st.text(st.characters(categories=["L", "N", "P", "S"], max_codepoint=0x2FF, exclude_characters="\xad"))
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert plain(text) == text


def test_a_long_hostile_text_takes_no_longer_than_any_other() -> None:
    # Quadratic work on this would not end within the lifetime of a test run.
    assert plain("\x9d" * 1_000_000) == ""
    assert plain("\x1b[0" * 300_000).count("\x1b") == 0


def test_what_is_stored_is_what_is_shown_searched_and_sent() -> None:
    rows = [
        ("plain 🦊", "plain 🦊"),
        ("\ud83d\ude00", "😀"),
        ("a\ud83d\ude00b\ud800", "a😀b�"),
        ("\ude00\ud83d", "��"),
        ("\ufeffa\udfff", "\ufeffa�"),
    ]
    with each_row() as row:
        for text, expected in rows:
            with row(ascii(text)):
                assert storable(text) == expected
                assert storable_all({text: [text, (text, {"deep": text})], "number": 1}) == {
                    expected: [expected, (expected, {"deep": expected})],
                    "number": 1,
                }
                assert fold(text) == fold(expected)
                assert plain(text) == plain(expected)
                fact = Fact(FactKind.ROLE, "", "aws", "", "", text, text, {text: text})
                assert encodable(fact) == Fact(
                    FactKind.ROLE, "", "aws", "", "", expected, expected, {expected: expected}
                )


@given(st.text(st.characters(categories=["Cs"]) | st.characters()))
def test_any_text_can_be_stored_and_stays_as_it_is_after_that(text: str) -> None:
    result = storable(text)
    assert storable(result.encode().decode()) == result
    assert len(result) <= len(text)
