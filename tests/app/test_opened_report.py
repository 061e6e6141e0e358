"""A report in the app: read-only, with our explanation and fix."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.app.app import CloudAuditApp
from cloud_audit_tui.app.session import OpenedFile
from cloud_audit_tui.app.widgets.findings_pane import FindingsPane
from cloud_audit_tui.model import Disposition
from cloud_audit_tui.reports.opened import opened
from cloud_audit_tui.reports.reading import recognised
from cloud_audit_tui.store.store import Store
from reports.made_report import prowler_event

if TYPE_CHECKING:
    from pathlib import Path

SIZE = (120, 40)


def app_on(store: Store, content: bytes) -> CloudAuditApp:
    reader, report = recognised(content)
    shown = opened(report)
    store.apply(shown.events)
    store.amend(shown.amendments)

    def no_job(*_: Any) -> Any:
        raise AssertionError("nothing may be started")

    return CloudAuditApp(
        store,
        [],
        selected=shown.profiles,
        start_job=no_job,
        opened=OpenedFile("report.json", reader.description),
    )


async def test_prowlers_report_is_shown_with_our_fix_and_nothing_is_scanned(
    stage: Any, tmp_path: Path
) -> None:
    bucket = prowler_event(
        metadata={"event_code": "s3_bucket_level_public_access_block", "product": {"name": "Prowler"}},
        resources=[
            {
                "uid": "arn:aws:s3:::open-data",
                "name": "open-data",
                "type": "AwsS3Bucket",
                "region": "eu-west-1",
            }
        ],
    )
    muted = prowler_event(status_id=3)
    with Store.open(tmp_path / "report.db") as store:
        app = app_on(store, json.dumps([bucket, muted]).encode())
        async with app.run_test(size=SIZE) as pilot:
            await stage.settled(pilot)
            seen = stage.seen(app)
            assert "report.json" in seen
            assert "OCSF findings of Prowler or cloud-audit-tui, read-only" in seen
            await pilot.press("M")
            await stage.settled(pilot)
            rows = store.rows(app.main.query_one(FindingsPane).table.row_ids)
            assert {row.check_id: row.disposition for row in rows} == {
                "aws-s3-001": Disposition.OPEN,
                "aws-iam-002": Disposition.MUTED,
            }
            app.session.filter_by("service:s3")
            await stage.settled(pilot)
            await pilot.press("c")
            await stage.until(pilot, lambda: stage.copied)
            assert "put-public-access-block" in stage.copied[0]
            assert "--bucket=open-data" in stage.copied[0]
            assert "--profile" not in stage.copied[0]


@pytest.mark.parametrize("key", ["r", "v", "p", "R"])
async def test_what_needs_aws_is_refused_with_a_reason(stage: Any, tmp_path: Path, key: str) -> None:
    with Store.open(tmp_path / "report.db") as store:
        app = app_on(store, json.dumps([prowler_event()]).encode())
        async with app.run_test(size=SIZE) as pilot:
            await stage.settled(pilot)
            await pilot.press(key)
            await stage.until(pilot, lambda: "report.json is open read-only" in stage.said(app))
            assert app.screen is app.main
