"""The statements that a verdict rests on, as evidence: a policy may be long, the evidence is not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.checks.deciding_statements import LONGEST, MOST, DecidingStatement, deciding
from cloud_audit_tui.iam.policy import parse

if TYPE_CHECKING:
    from collections.abc import Mapping


def of(*statements: Mapping[str, object], document: str = "") -> dict[str, Any]:
    policy = parse({"Version": "2012-10-17", "Statement": list(statements)})
    return deciding(DecidingStatement(one, policy="p", document=document) for one in policy.statements)


def test_a_statement_is_repeated_unless_its_policy_is_there() -> None:
    statement = {"Sid": "A", "Effect": "Allow", "Action": "*", "Resource": "*"}
    place = {"policy": "p", "number": 1, "sid": "A"}
    assert of(statement) == {"deciding": [{**place, "content": statement}]}
    assert of(statement, document="policy") == {"deciding": [{**place, "document": "policy"}]}
    assert of() == {}


def test_a_long_statement_is_shortened_and_says_so() -> None:
    many = [f"s3:Get{number:04}" for number in range(900)]
    by_actions = {"Effect": "Allow", "Action": many, "Resource": "*"}
    keys = {f"aws:RequestTag/{number}": "x" for number in range(900)}
    conditional = {**by_actions, "Action": "*", "Condition": {"StringEquals": keys}}
    facts = of(by_actions, conditional)
    first, second = facts["deciding"]
    assert first["content"] == {"Effect": "Allow", "Action": many[:5], "Resource": "*"}
    assert (first["shortened"], second["shortened"], second["content"]) == (True, True, None)


def test_what_counts_stays_in_a_shortened_statement() -> None:
    actions = [*(f"s3:Get{number:04}" for number in range(900)), "iam:Pass*"]
    policy = parse({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": actions}})
    one = DecidingStatement(policy.statements[0], policy="p", actions=("iam:PassRole",))
    [fact] = deciding([one])["deciding"]
    assert fact["content"]["Action"] == ["iam:Pass*", *actions[:4]]


def test_the_evidence_stays_small_however_many_statements_decide() -> None:
    statement = {"Effect": "Allow", "Action": ["*"] * 100, "Resource": "é" * 100}
    facts = of(*[statement] * 500)
    assert facts["deciding_more"] == 500 - MOST
    assert len(json.dumps(facts)) < MOST * (LONGEST + 200)
