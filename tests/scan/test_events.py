"""No string in an answer of AWS's breaks the stream of events or draws on the terminal that shows it."""

from __future__ import annotations

import json

import pytest

from cloud_audit_tui.model import Finding, Resource, Severity, Status
from cloud_audit_tui.scan.events import Result, encodable, read_event, to_line
from each_row import each_row


def result(name: str) -> Result:
    resource = Resource(f"arn:{name}", name, "type")
    evidence = {"tags": [{name: name}]}
    return Result(
        Finding(
            "aws-s3-001", Status.FAIL, Severity.LOW, resource, "a", "1" * 12, "r", "aws", "t", name, evidence
        )
    )


def test_a_line_shows_no_control_and_means_the_same() -> None:
    rows = [
        "a\x9b2Jb",
        "a\u202eb",
        "a\u2066b",
        "a\u200eb",
        "a\u061cb",
        "a\x7fb",
        "a\u2028b",
        "a\U000e0041b",
        "ü",
        "😀",
        "\x1b",
    ]
    with each_row() as row:
        for name in rows:
            with row(name):
                line = to_line(result(name))
                assert read_event(line) == result(name)
                assert json.loads(line)["finding"]["subject"]["name"] == name
                text = line.decode().removesuffix("\n")
                assert text.isprintable()
                assert name not in text or name.isprintable()


def test_a_lone_surrogate_is_replaced_wherever_it_is() -> None:
    event = encodable(result("a\ud800b"))
    assert event == result("a�b")
    assert read_event(to_line(result("a\udfffb"))) == result("a�b")


def test_evidence_that_json_cannot_hold_is_refused_where_it_is_made() -> None:
    finding = Finding(
        "x", Status.FAIL, Severity.LOW, Resource("", "", ""), "", "", "", "", "", "", {"a": object()}
    )
    with pytest.raises(TypeError):
        encodable(Result(finding))
