"""Quoted text is one word or one literal, reads back as the same text, and hides nothing."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cloud_audit_tui.remediation.quoting import Language, Quoted, QuotingError, is_unseen, visible
from cloud_audit_tui.remediation.shell.quoting import (
    shell_json,
    shell_literal,
    shell_quote,
)
from cloud_audit_tui.remediation.templates import quote_for
from cloud_audit_tui.remediation.terraform.quoting import hcl_label, hcl_literal, hcl_string
from remediation.findings_to_fix import HOSTILE
from remediation.terraform_proof import parsed, string_value

if TYPE_CHECKING:
    from remediation.terraform_proof import TerraformProof

WITH_ZSH = pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not on PATH")
TEXT = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]))
TRICKY = st.text(
    st.sampled_from("ab'\"\\$`!{}%#~=-*?[]()<>|&;\n\r\t\x1b\x7f\x85\u202e\u200b\u3164é日🦀 /:.@,+x41u")
)
GOES_ON = "'\\\n'"
"""How a word goes on in the next line, where a line would be too long for a terminal."""
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def words_of_shell(shell: str, texts: list[str]) -> list[str]:
    """Return what a real shell makes of quoted texts."""
    script = "printf '%s\\0' " + " ".join(shell_quote(text) for text in texts)
    process = subprocess.run(
        [shutil.which(shell) or shell, "-f" if shell == "zsh" else "--norc"],
        input=script.encode(),
        env={"LC_ALL": "C.UTF-8", "PATH": "/nonexistent"},
        capture_output=True,
        check=True,
    )
    return process.stdout.decode().split("\0")[:-1]


@pytest.mark.proof
@MANY
@given(st.lists(st.one_of(TEXT, TRICKY), min_size=1, max_size=20))
@example(HOSTILE)
def test_bash_reads_the_same_text(texts: list[str]) -> None:
    assert words_of_shell("bash", texts) == texts


@WITH_ZSH
@MANY
@given(st.lists(st.one_of(TEXT, TRICKY), min_size=1, max_size=20))
@example(HOSTILE)
def test_zsh_reads_the_same_text(texts: list[str]) -> None:
    assert words_of_shell("zsh", texts) == texts


@MANY
@given(st.one_of(TEXT, TRICKY))
def test_a_shell_word_shows_what_it_is_and_has_nothing_for_history_expansion(text: str) -> None:
    word = shell_quote(text)
    assert "!" not in word
    assert not any(map(is_unseen, word))
    assert len(word.splitlines()) == 1


@pytest.mark.parametrize("text", ["plain", "a/b.c:d=e@f,g+h-i", "arn:aws:iam::1:role/x", "+x", "/tmp", "1"])
def test_plain_text_stays_bare(text: str) -> None:
    assert shell_quote(text) == text


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "''"),
        ("-x", "'-x'"),
        ("~x", "'~x'"),
        ("=x", "'=x'"),
        ("a b", "'a b'"),
        ("$(x)", "'$(x)'"),
        ("it's", "$'it\\x27s'"),
        ("a!", "$'a\\x21'"),
        ("a\n\t\\", "$'a\\n\\t\\\\'"),
        ("\x1b[2J", "$'\\x1b[2J'"),
        ("\u202e", "$'\\xe2\\x80\\xae'"),
        ("日本", "'日本'"),
    ],
)
def test_other_text_is_quoted_in_the_plainest_way(text: str, word: str) -> None:
    assert shell_quote(text) == word


@pytest.mark.parametrize("quote", [shell_quote, hcl_string])
@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_what_no_argument_can_hold_is_refused(quote: object, text: str) -> None:
    with pytest.raises(QuotingError, match="contains"):
        quote(text)  # type: ignore[operator]


@pytest.mark.parametrize("text", ["file:///etc/passwd", "fileb://x", "http://x", "https://x"])
def test_what_the_cli_would_read_as_a_file_is_refused(text: str) -> None:
    with pytest.raises(QuotingError, match="read"):
        shell_literal(text)


@pytest.mark.parametrize("value", [None, [], {}, b"x", float("nan"), float("inf")])
def test_what_is_not_one_word_is_refused(value: object) -> None:
    with pytest.raises(QuotingError):
        shell_literal(value)


def test_numbers_and_booleans_are_bare() -> None:
    assert [shell_literal(value) for value in (1, 0.5, True, False)] == ["1", "0.5", "true", "false"]


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), TEXT, TRICKY, st.text()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TRICKY, inner, max_size=4),
    max_leaves=10,
)


@pytest.mark.proof
@MANY
@given(JSON)
@example({"a": "it's!\x7f\t", "b": ["\ud800"]})
@example(["it's! " * 900, "\u0129" * 2_000])
def test_json_survives_the_shell(value: object) -> None:
    word = shell_json(value)
    assert word.startswith("'")
    assert word.isascii()
    assert not set(word.replace(GOES_ON, "")[1:-1]) & set("'!\t\x7f")
    process = subprocess.run(
        ["/bin/bash", "--norc"], input=f"printf %s {word}", capture_output=True, text=True, check=True
    )
    assert json.loads(process.stdout) == value


def test_json_has_no_numbers_that_are_none() -> None:
    with pytest.raises(QuotingError):
        shell_json(float("nan"))
    with pytest.raises(QuotingError):
        shell_json({1, 2})


@MANY
@given(st.one_of(TEXT, TRICKY))
def test_hcl2_reads_the_same_string(text: str) -> None:
    literal = hcl_string(text)
    assert not any(map(is_unseen, literal))
    read = parsed(f'resource "a" "b" {{\n  x = {literal}\n}}\n')["resource"][0]['"a"']['"b"']["x"]
    assert string_value(read) == text


def test_terraform_reads_the_same_strings(terraform_proof: TerraformProof) -> None:
    # Terraform brings strings into Unicode's normal form C by itself; these are in it already.
    texts = [text for text in HOSTILE if text] + ["$$$${", "%%%{", "$%{", "$${%%{", "{$", "\U000e0041x"]
    assert terraform_proof.evaluated([hcl_string(text) for text in texts]) == texts


def test_terraform_reads_the_same_values(terraform_proof: TerraformProof) -> None:
    value = {"a": [1, 0.5, True, None, "x ${y}"], "b c": {}, "d": {"e": []}, "${f}": {"g": "h"}}
    text = f"locals {{\n  x = {hcl_literal(value, indent=2)}\n}}\n"
    assert terraform_proof.evaluated(["local.x"], beside=text) == [value]


@pytest.mark.parametrize("value", [b"x", {1, 2}, object(), float("nan")])
def test_what_has_no_form_in_hcl_is_refused(value: object) -> None:
    with pytest.raises(QuotingError):
        hcl_literal(value)


@pytest.mark.parametrize(
    ("name", "label"),
    [("churn-prod", "churn_prod"), ("a1", "a1"), ("1a", "r_1a_a73fcf"), ("", "r_e3b0c4")],
)
def test_a_label_is_readable(name: str, label: str) -> None:
    assert hcl_label(name) == label


@MANY
@given(st.lists(st.one_of(TRICKY, st.from_regex(r"[a-c0-9_.-]{0,4}", fullmatch=True)), unique=True))
@example(["a-b", "a_b", "a.b", "a b", "a--b", "ab-", "-ab", "A" * 64, "A" * 65, "A" * 66])
def test_every_name_has_a_valid_label_of_its_own(names: list[str]) -> None:
    labels = [hcl_label(name) for name in names]
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", label) for label in labels)
    assert len(set(labels)) == len(names)


@pytest.mark.parametrize("shell", ["bash", pytest.param("zsh", marks=WITH_ZSH)])
def test_a_long_word_has_no_line_that_a_terminal_would_cut(shell: str) -> None:
    texts = ["a" * 9000, "a b" * 3000, "é日!\n\x1b'" * 900, "line\n" * 2000, "{" + '"a": 1, ' * 1000]
    assert words_of_shell(shell, texts) == texts
    quoted = [*map(shell_quote, texts), shell_json({"Statement": [{"Resource": texts}]})]
    assert max(len(line.encode()) for word in quoted for line in word.split("\n")) < 4095


def test_text_of_one_language_is_refused_in_the_other() -> None:
    assert quote_for(Language.SHELL, Quoted("a b", Language.SHELL)) == "a b"
    with pytest.raises(QuotingError, match="does not belong"):
        quote_for(Language.HCL, Quoted("a b", Language.SHELL))
    with pytest.raises(QuotingError, match="does not belong"):
        hcl_literal([Quoted("a b", Language.SHELL)])


def test_a_message_shows_what_a_terminal_would_obey() -> None:
    assert visible("a\x1b[2J\n\u202eé日") == "a\\x1b[2J\\n\\u202eé日"
