"""Which lines of the evidence are marked as deciding."""

from __future__ import annotations

import json
from typing import Any

from cloud_audit_tui.app.presentation.evidence import MARK, evidence
from reports.made_report import finding_of

FIRST = {"Effect": "Allow", "Action": "s3:*", "Resource": "first"}
SECOND = {"Sid": "Twice", "Effect": "Allow", "Action": "*", "Resource": "second"}
POLICY = {"Version": "2012-10-17", "Statement": [FIRST, SECOND]}


def marked(facts: dict[str, Any]) -> list[str]:
    """Return the path of each marked object; what is shown is the evidence in any case."""
    text = evidence(finding_of(evidence=facts)).plain
    lines = text.splitlines()
    numbers = [number for number, line in enumerate(lines) if line.endswith(MARK)]
    for number in numbers:
        line = lines[number].removesuffix(f"  {MARK}")
        assert line.endswith("{")
        lines[number] = line[:-1] + '{"marked": true,'
    return list(_marked(json.loads("\n".join(lines)), ""))


def _marked(value: Any, path: str) -> list[str]:
    members: Any = value.items() if isinstance(value, dict) else ()
    members = enumerate(value) if isinstance(value, list) else members
    own = [path] if isinstance(value, dict) and "marked" in value else []
    return own + [marked_path for key, member in members for marked_path in _marked(member, f"{path}/{key}")]


def test_a_statement_is_marked_in_the_document_that_holds_it_and_in_no_other() -> None:
    by_number = {"policy": "default", "number": 1, "sid": "", "document": "policy"}
    facts = {"deciding": [by_number], "policy": json.dumps(POLICY), "merged_policy": POLICY, "trust": POLICY}
    assert marked(facts) == ["/policy/Statement/0"]
    live = {"policy": "live", "number": 2, "sid": "Twice", "document": ["policies", "live"]}
    assert marked({"deciding": [live], "policies": {"": json.dumps(POLICY), "live": json.dumps(POLICY)}}) == [
        "/policies/live/Statement/1"
    ]


def test_a_statement_whose_policy_is_not_there_is_marked_itself() -> None:
    facts = {"deciding": [{"policy": "arn:aws:iam::aws:policy/P", "number": 7, "sid": "", "content": FIRST}]}
    assert marked(facts) == ["/deciding/0/content"]


def test_a_single_statement_without_a_list_is_marked() -> None:
    facts = {
        "deciding": [{"number": 1, "document": "policy"}],
        "policy": json.dumps({**POLICY, "Statement": FIRST}),
    }
    assert marked(facts) == ["/policy/Statement"]


def test_evidence_of_another_form_is_shown_without_a_mark() -> None:
    policy = json.dumps(POLICY)
    odd: list[Any] = [
        {"number": 0, "document": "policy"},
        {"number": 3, "document": "policy"},
        {"number": "1", "document": "policy"},
        {"number": 1, "document": ["policy", 0]},
        {"number": 1, "document": {"policy": 1}},
        {"number": 1, "document": "none", "content": "text"},
        {"number": 1, "content": None},
        {},
        "policy",
        None,
    ]
    assert marked({"deciding": odd, "policy": policy}) == []
    assert marked({"deciding": "number 1", "policy": policy}) == []
