"""OCSF 1.3 detection findings: the attributes that the class requires, and our states in its words."""

from __future__ import annotations

import json
from typing import Any

from cloud_audit_tui.reports.format import Options
from cloud_audit_tui.reports.formats.ocsf import to_text
from reports.made_report import ACCOUNT, whole_report

REQUIRED = {
    "activity_id", "category_uid", "class_uid", "finding_info", "metadata", "severity_id", "time", "type_uid",
}  # fmt: skip


def events() -> list[dict[str, Any]]:
    decoded: list[dict[str, Any]] = json.loads(to_text(whole_report(), Options()))
    return decoded


def test_every_event_has_what_the_class_requires() -> None:
    for event in events():
        assert set(event) >= REQUIRED
        assert (event["category_uid"], event["class_uid"]) == (2, 2004)
        assert event["type_uid"] == 200400 + event["activity_id"]
        assert {"uid", "title"} <= set(event["finding_info"])
        assert event["metadata"]["product"]["vendor_name"]
        assert event["metadata"]["version"] == "1.3.0"
        assert event["cloud"]["provider"] == "AWS"
        assert event["time"] == 1795687205000
        assert event.get("remediation", {"desc": "x"})["desc"]


def test_our_states_in_its_words() -> None:
    states = {
        event["resources"][0]["name"]: (event["status_id"], event["severity_id"], event["activity_id"])
        for event in events()
    }
    assert states["lab"] == (1, 5, 1)
    assert states["accepted"] == (3, 5, 1)
    assert states["repaired"] == (4, 5, 3)
    assert states["unread"] == (99, 0, 1)
    assert states["expired"] == (99, 0, 1)
    assert "good" not in states


def test_the_account_the_region_and_the_compliance_are_there() -> None:
    (lab,) = [event for event in events() if event["resources"][0]["name"] == "lab"]
    assert lab["cloud"]["account"] == {"uid": ACCOUNT, "type": "AWS Account", "type_id": 10, "name": "acme"}
    assert lab["cloud"]["region"] == "eu-central-1"
    assert lab["unmapped"]["compliance"]["aws_fsbp"] == ["SageMaker.3"]
    assert lab["finding_info"]["first_seen_time"] == 1793491200000
