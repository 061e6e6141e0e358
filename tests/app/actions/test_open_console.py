"""`o` opens the resource in the AWS console, and `Y` copies any field of a finding."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from cloud_audit_tui.app.dialogs.copy_text import CopyText
from cloud_audit_tui.app.dialogs.field_picker import FieldPicker
from cloud_audit_tui.app.presentation.finding_fields import finding_fields
from cloud_audit_tui.app.presentation.finding_text import SelectedFinding
from cloud_audit_tui.app.widgets.pick_list import PickList
from cloud_audit_tui.model import AccountScope
from cloud_audit_tui.store.history import FindingHistory
from each_row import each_row

if TYPE_CHECKING:
    import pytest

    from cloud_audit_tui.model import Finding

TALL = (120, 40)
PAGE = "https://console.aws.amazon.com/sagemaker/home?region=eu-central-1#/endpoints/endpoint-00000"


def remember_pages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let there be a browser, and return the pages that are opened in it."""
    opened: list[str] = []

    async def open_page(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr("cloud_audit_tui.app.system.browser.open_page", open_page)
    return opened


async def test_o_opens_the_resource_or_gives_its_address_or_says_that_it_has_no_page(
    stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    thing = stage.make(2, resource_id="thing", resource_type="AWS::New::Thing")
    async with stage.opened([stage.make(0), thing], size=TALL) as (app, pilot):
        # Without a browser the address is there to copy.
        await pilot.press("o")
        await stage.until(pilot, lambda: isinstance(app.screen, CopyText))
        await pilot.pause()
        assert PAGE in stage.screen_text(app)
        await pilot.press("c")
        await stage.until(pilot, lambda: stage.copied == [PAGE])
        await pilot.press("escape")
        await stage.until(pilot, lambda: app.screen is app.main)
        pages = remember_pages(monkeypatch)
        await pilot.press("o")
        await stage.until(pilot, lambda: "Opened endpoint-00000" in stage.notices(app))
        assert pages == [PAGE]
        assert "signed in to account 111122223333" in stage.notices(app)
        await pilot.press("j", "o")
        await stage.until(pilot, lambda: "has no page for this" in stage.notices(app))
        assert pages == [PAGE]


async def test_a_resource_of_another_endpoint_is_not_looked_for_at_aws(
    stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = remember_pages(monkeypatch)
    stage.past_scan([stage.make(0)])
    app = stage.app(pasteable={"AWS_ENDPOINT_URL": "http://127.0.0.1:5000"})
    async with app.run_test(size=TALL) as pilot:
        await stage.settled(pilot)
        await pilot.press("o")
        await stage.until(pilot, lambda: isinstance(app.screen, CopyText))
    assert pages == []


async def test_without_a_finding_both_keys_say_so(stage: Any) -> None:
    async with stage.opened([], size=TALL) as (app, pilot):
        await pilot.press("o", "Y")
        await stage.until(pilot, lambda: "there is no field to copy" in stage.notices(app))
        assert "there is no resource to open" in stage.notices(app)


async def fields(stage: Any, pilot: Any) -> FieldPicker:
    await pilot.press("Y")
    await stage.until(pilot, lambda: isinstance(pilot.app.screen, FieldPicker))
    await pilot.pause()
    picker = pilot.app.screen
    assert isinstance(picker, FieldPicker)
    return picker


async def test_every_field_of_the_table_and_of_the_evidence_can_be_copied(stage: Any) -> None:
    finding: Finding = stage.make(0)
    hostile = stage.make(2, name="a\nrm -rf ~\x1b[31m[/x]")
    values = {
        "severity": "high",
        "check": "aws-sagemaker-003",
        "title": finding.title,
        "resource": "endpoint-00000",
        "arn": finding.resource_id,
        "region": "eu-central-1",
        "account": "111122223333",
        "alias": "acme-dev",
        "profile": "dev",
        "reason": finding.reason,
        "instance_types": '["ml.m5.large"]',
    }
    async with stage.opened([finding, hostile], size=(120, 16)) as (app, pilot):
        rows = (await fields(stage, pilot)).query_one(PickList)
        for key, at in (("down", 1), ("up", 0), ("pagedown", rows.page()), ("pageup", 0)):
            await pilot.press(key)
            assert rows.cursor == at, key
        await pilot.press("escape")
        assert app.screen is app.main
        with each_row() as row:
            for name, value in values.items():
                with row(name):
                    picker = await fields(stage, pilot)
                    rows = picker.query_one(PickList)
                    key = next(each.key for each in rows.rows if each.key.lower().endswith(name))
                    rows.move_to(key)
                    await pilot.press("enter")
                    await stage.until(pilot, lambda value=value: stage.copied[-1:] == [value])
        await fields(stage, pilot)
        await stage.paste(pilot, "sagemaker-003")
        await pilot.press("enter")
        await stage.until(pilot, lambda: stage.copied[-1] == "aws-sagemaker-003")
        # A hostile field is one line without controls.
        await pilot.press("j")
        await fields(stage, pilot)
        await stage.paste(pilot, "resource")
        await pilot.press("enter")
        await stage.until(pilot, lambda: stage.copied[-1] == "a↵rm -rf ~[/x]")


def test_an_account_has_fields_as_well(stage: Any) -> None:
    finding = stage.make(0)
    finding = msgspec.structs.replace(finding, subject=AccountScope())
    fields = dict(finding_fields(SelectedFinding("key", 1, finding)))
    assert fields["ARN"] == "arn:aws:iam::111122223333:root"
    assert "Alias" not in fields


def test_the_scans_that_saw_a_finding_are_among_its_fields(stage: Any) -> None:
    history = FindingHistory(
        first_seen_at="2026-01-01T00:00:00+00:00",
        first_scan_id="first",
        last_seen_at="2026-01-03T00:00:00+00:00",
        last_scan_id="last",
        closed_at="",
        closed_scan_id="",
        reopened=0,
    )
    selected = SelectedFinding("key", 1, stage.make(0), history=history)
    fields = dict(finding_fields(selected))
    assert (fields["First seen"], fields["First scan"]) == ("2026-01-01T00:00:00+00:00", "first")
    assert (fields["Last seen"], fields["Last scan"]) == ("2026-01-03T00:00:00+00:00", "last")
    assert not {"Closed", "Closed by scan"} & set(fields)
    assert "First scan" not in dict(finding_fields(selected, of_own_scans=False))
    closed = msgspec.structs.replace(history, closed_at="2026-01-02T00:00:00+00:00", closed_scan_id="second")
    fields = dict(finding_fields(replace(selected, history=closed)))
    assert (fields["Closed"], fields["Closed by scan"]) == ("2026-01-02T00:00:00+00:00", "second")
