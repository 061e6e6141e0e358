"""Policy documents in every form that AWS takes, and what their statements cover."""

from __future__ import annotations

import fnmatch
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.checks.policy_document import parsed
from cloud_audit_tui.iam.policy import Condition, Policy, PolicyError, Principal, Statement, parse
from cloud_audit_tui.iam.wildcards import contains, overlaps, tokens
from each_row import each_row

ANYONE = Principal("AWS", "*")


def one(**elements: Any) -> Statement:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", **elements}
    if "NotAction" in elements:
        del statement["Action"]
    (parsed_statement,) = parse({"Version": "2012-10-17", "Statement": statement}).statements
    return parsed_statement


class TestForms:
    document: dict[str, Any] = {  # noqa: RUF012
        "Version": "2012-10-17",
        "Id": "anything",
        "Statement": [{"Sid": "A", "Effect": "Deny", "Action": ["a:B", "c:D"], "Resource": "*"}],
    }

    def test_a_mapping_json_and_percent_encoded_json_are_one_policy(self) -> None:
        text = json.dumps(self.document)
        rows: list[Any] = [self.document, text, quote(text), f"\n {text}"]
        expected = Statement("Deny", sid="A", actions=("a:B", "c:D"), resources=("*",))
        with each_row() as row:
            for form in rows:
                with row(form):
                    assert parse(form) == Policy((expected,), "2012-10-17")

    def test_one_statement_needs_no_list(self) -> None:
        assert parse({"Statement": {"Effect": "Allow", "Action": "a:B"}}).statements[0].actions == ("a:B",)

    def test_a_policy_may_have_no_statements(self) -> None:
        assert parse({"Statement": []}).statements == ()

    def test_everyone_has_many_forms(self) -> None:
        with each_row() as row:
            for principal in ("*", {"AWS": "*"}, {"AWS": ["*"]}, {"AWS": ["111122223333", "*"]}):
                with row(principal):
                    statement = one(Principal=principal)
                    assert statement.is_everyone
                    assert statement.everyone

    def test_all_services_or_one_account_are_not_everyone(self) -> None:
        rows: list[Any] = [
            {"Service": "*"},
            {"Federated": "*"},
            {"AWS": "111122223333"},
            {"CanonicalUser": "79a59df900b949e5"},
        ]
        with each_row() as row:
            for principal in rows:
                with row(principal):
                    assert not one(Principal=principal).everyone

    def test_not_principal_lets_strangers_in_and_denies_them_only(self) -> None:
        assert one(NotPrincipal={"AWS": "111122223333"}).everyone
        assert not one(NotPrincipal="*").everyone
        assert not one(NotPrincipal={"AWS": "111122223333"}, Effect="Deny").everyone

    def test_principals_are_named_by_kind(self) -> None:
        statement = one(Principal={"AWS": ["111122223333", "AIDAEXAMPLE"], "Service": "sns.amazonaws.com"})
        assert statement.names("AWS") == ("111122223333", "AIDAEXAMPLE")
        assert statement.names("Service") == ("sns.amazonaws.com",)

    def test_a_principal_may_say_its_account(self) -> None:
        rows = [
            ("111122223333", "111122223333"),
            ("arn:aws-us-gov:iam::111122223333:role/a/b", "111122223333"),
            ("arn:aws:sts::111122223333:assumed-role/a/b", "111122223333"),
            ("AIDAEXAMPLE", ""),
            ("*", ""),
        ]
        with each_row() as row:
            for name, account in rows:
                with row(name):
                    assert Principal("AWS", name).account_id == account

    def test_conditions_have_prefixes_suffixes_and_values_of_all_kinds(self) -> None:
        condition = {
            "ForAllValues:StringLikeIfExists": {"AWS:PrincipalOrgPaths": ["o-a/*"]},
            "bool": {"aws:SecureTransport": False},
            "NumericLessThan": {"s3:TlsVersion": 1.2},
        }
        assert one(Condition=condition).conditions == (
            Condition("StringLike", "aws:principalorgpaths", ("o-a/*",), "ForAllValues", True),
            Condition("Bool", "aws:securetransport", ("false",)),
            Condition("NumericLessThan", "s3:tlsversion", ("1.2",)),
        )
        assert one(Condition=condition).conditions_on("aws:SecureTransport")[0].values == ("false",)

    def test_what_is_no_policy_is_not_guessed_at(self) -> None:
        rows = [
            "",
            "null",
            "[]",
            "{",
            "%7B%22",
            "[" * 100_000,
            "{}",
            '{"Statement": null}',
            '{"Statement": ["x"]}',
            '{"Statement": {"Effect": "allow", "Action": "a:B"}}',
            '{"Statement": {"Effect": "Allow"}}',
            '{"Statement": {"Effect": "Allow", "Action": []}}',
            '{"Statement": {"Effect": "Allow", "Action": 1}}',
            '{"Statement": {"Effect": "Allow", "Action": "a:B", "NotAction": "a:B"}}',
            '{"Statement": {"Effect": "Allow", "Action": "a:B", "action": "a:B"}}',
            '{"Statement": {"Effect": "Allow", "Effect": "Deny", "Action": "a:B"}}',
            '{"Statement": {"Effect": "Allow", "Action": "a:B", "Principal": []}}',
            '{"Statement": {"Effect": "Allow", "Action": "a:B", "Principal": {"AWS": [null]}}}',
            '{"Statement": {"Effect": "Allow", "Action": "a:B", "Condition": []}}',
            '{"Statement": {"Effect": "Allow", "Action": "a:B", "Condition": {"StringIs": {}}}}',
            '{"Statement": {"Effect": "Allow", "Action": "a:B", "Condition": {"Bool": {"a": null}}}}',
            '{"Statement": {"Effect": "Allow", "Action": "a:B", "Condition": {"Bool": "a"}}}',
            '{"Version": 1, "Statement": []}',
        ]
        with each_row() as row:
            for document in rows:
                with row(document[:80]), pytest.raises(PolicyError):
                    parse(document)

    def test_a_check_gets_it_as_a_failed_read(self) -> None:
        with pytest.raises(ReadError) as error:
            parsed("{", "bucket policy")
        assert error.value.kind is Unread.BAD_RESPONSE
        assert error.value.reason == "The bucket policy cannot be understood: it is not JSON."


class TestCovering:
    def test_actions(self) -> None:
        rows: list[tuple[Any, str, bool, bool]] = [
            ({"Action": "*"}, "iam:PassRole", True, True),
            ({"Action": "iam:passrole"}, "iam:PassRole", True, True),
            ({"Action": ["s3:*", "iam:Pass?ole"]}, "iam:PassRole", True, True),
            ({"Action": "iam:Get*"}, "iam:PassRole", False, False),
            ({"Action": "s3:Get*"}, "s3:*", False, True),
            ({"Action": "s3:*"}, "s3:Get*", True, True),
            ({"Action": "*:*"}, "s3:*", True, True),
            ({"Action": "s3:?"}, "s3:*", False, True),
            ({"NotAction": "iam:*"}, "iam:PassRole", False, False),
            ({"NotAction": "s3:*"}, "iam:PassRole", True, True),
            ({"NotAction": "s3:Get*"}, "s3:*", False, True),
            ({"NotAction": "*"}, "s3:*", False, False),
        ]
        with each_row() as row:
            for elements, action, covers, could in rows:
                with row(elements):
                    statement = one(**elements)
                    assert statement.covers_action(action) == covers
                    assert statement.could_cover_action(action) == could

    def test_resources(self) -> None:
        rows: list[tuple[Any, str, bool, bool]] = [
            ({}, "arn:aws:s3:::b", True, True),
            ({"Resource": "*"}, "arn:aws:s3:::b", True, True),
            ({"Resource": "arn:aws:s3:::B"}, "arn:aws:s3:::b", False, False),
            ({"Resource": "arn:aws:s3:::b/*"}, "arn:aws:s3:::b", False, False),
            ({"Resource": "arn:aws:s3:::b/*"}, "arn:aws:s3:::b/*", True, True),
            ({"Resource": "arn:aws:s3:::b/x*"}, "arn:aws:s3:::b/*", False, True),
            ({"Resource": "arn:aws:s3:::b*"}, "arn:aws:s3:::b/*", True, True),
            ({"Resource": "arn:aws:s3:::b/${aws:username}/*"}, "arn:aws:s3:::b/joe/x", False, True),
            ({"Resource": "arn:aws:s3:::b/${*}"}, "arn:aws:s3:::b/x", False, False),
            ({"NotResource": "arn:aws:s3:::b/*"}, "arn:aws:s3:::b", True, True),
            ({"NotResource": "arn:aws:s3:::b/x"}, "arn:aws:s3:::b/*", False, True),
            ({"NotResource": "arn:aws:s3:::b/${aws:username}"}, "arn:aws:s3:::b/x", False, True),
        ]
        with each_row() as row:
            for elements, arn, covers, could in rows:
                with row((elements, arn)):
                    statement = one(**elements)
                    assert (statement.covers_resource(arn), statement.could_cover(arn)) == (covers, could)

    def test_the_old_version_has_no_variables(self) -> None:
        (statement,) = parse(
            {"Statement": {"Effect": "Allow", "Action": "a:B", "Resource": "a/${aws:username}"}}
        ).statements
        assert statement.could_cover("a/${aws:username}")
        assert not statement.could_cover("a/joe")

    def test_an_unconditional_deny_erases_what_it_covers(self) -> None:
        def policy(**deny: Any) -> Policy:
            allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "b/*"}
            full = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["b", "b/*"], **deny}
            return parse({"Statement": [allow, full]})

        for covering, without_deny in (
            (policy(), True),
            (policy(Condition={"Bool": {"aws:SecureTransport": "false"}}), False),
            (policy(Resource="b/x/*"), False),
            (policy(Action="s3:Put*"), False),
            (policy(Principal={"AWS": "111122223333"}), False),
        ):
            assert covering.denies_all_of(covering.allowing[0]) is without_deny


PATTERNS = st.text(alphabet="ab*?", max_size=6)
TEXTS = st.text(alphabet="ab", max_size=6)


class TestWildcards:
    @settings(deadline=None)
    @given(PATTERNS, TEXTS)
    def test_a_pattern_matches_what_the_file_patterns_of_python_match(self, pattern: str, text: str) -> None:
        expected = fnmatch.fnmatchcase(text, pattern)
        assert contains(tokens(pattern), tokens(text)) is expected
        assert overlaps(tokens(pattern), tokens(text)) is expected

    @settings(deadline=None)
    @given(PATTERNS, PATTERNS, TEXTS)
    def test_what_both_match_is_an_overlap_and_what_one_contains_the_other_matches(
        self, one: str, other: str, text: str
    ) -> None:
        in_one, in_other = (fnmatch.fnmatchcase(text, pattern) for pattern in (one, other))
        if in_one and in_other:
            assert overlaps(tokens(one), tokens(other))
        if in_other and contains(tokens(one), tokens(other)):
            assert in_one

    @settings(deadline=None)
    @given(PATTERNS, PATTERNS)
    def test_overlapping_is_mutual(self, one: str, other: str) -> None:
        assert overlaps(tokens(one), tokens(other)) is overlaps(tokens(other), tokens(one))

    def test_a_pattern_made_to_be_slow_is_not(self) -> None:
        slow, text = tokens("*a" * 500 + "b"), tokens("a" * 2000)
        assert not contains(slow, text)
        assert not overlaps(slow, text)
