"""A report in the app: read-only, with our explanation and fix."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from textual.widgets import Input

from cloud_audit_tui.app.actions.verify_report import ReadingProfilePicker
from cloud_audit_tui.app.app import CloudAuditApp
from cloud_audit_tui.app.dialogs.export import ExportDialog
from cloud_audit_tui.app.dialogs.input_form import InputForm
from cloud_audit_tui.app.dialogs.palette import CommandPalette
from cloud_audit_tui.app.opened_file import OpenedFile
from cloud_audit_tui.app.screens.help import KeyTable
from cloud_audit_tui.app.screens.overview import OverviewScreen
from cloud_audit_tui.app.widgets.findings_pane import FindingsPane
from cloud_audit_tui.app.widgets.heat_table import HeatTable
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.pick_list import PickList
from cloud_audit_tui.app.widgets.severity_counts import SeverityCounts
from cloud_audit_tui.aws.profiles import Profile, ProfileKind
from cloud_audit_tui.model import Disposition, Finding, Resource, Severity, Status
from cloud_audit_tui.reports.document import Account, Entry, Report, ScanInfo
from cloud_audit_tui.reports.format import Options
from cloud_audit_tui.reports.format_registry import formats
from cloud_audit_tui.reports.opened_report import opened_report
from cloud_audit_tui.reports.reader_registry import recognized
from cloud_audit_tui.reports.stored_report import stored_report
from cloud_audit_tui.scan.events import ProfileFailed, Result
from cloud_audit_tui.store.store import Store
from each_row import each_row
from reports.made_report import ACCOUNT, NOW, finding_of, prowler_event, whole_report

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SIZE = (120, 40)


def no_job(*_: Any) -> Any:
    raise AssertionError("nothing may be started")


def app_on(
    store: Store,
    content: bytes,
    *,
    start_job: Any = no_job,
    configured: Sequence[str] = (),
    profiles: tuple[str, ...] = (),
    profile_groups: Mapping[str, Sequence[str]] | None = None,
) -> CloudAuditApp:
    reader, report = recognized(content)
    contents = opened_report(report)
    store.apply(contents.events)
    store.amend(contents.amendments)
    return CloudAuditApp(
        store,
        [Profile(name, ProfileKind.SSO, "eu-west-1") for name in configured],
        selected=contents.profiles,
        start_job=start_job,
        opened=OpenedFile("report.json", reader.description, profiles, report.narrowing),
        profile_groups=profile_groups,
    )


def notebook_event(name: str = "lab") -> dict[str, Any]:
    """Return what Prowler says of a notebook instance; our fix needs its status, which is not there."""
    return prowler_event(
        metadata={
            "event_code": "sagemaker_notebook_instance_root_access_disabled",
            "product": {"name": "Prowler"},
        },
        cloud={"provider": "aws", "region": "eu-west-1", "account": {"uid": ACCOUNT}},
        resources=[{"uid": notebook_arn(name), "name": name, "type": "Other", "region": "eu-west-1"}],
    )


def notebook_arn(name: str) -> str:
    return f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:notebook-instance/{name}"


def own_finding(name: str = "lab", **changes: Any) -> Finding:
    """Return what our check says of that notebook instance."""
    finding = finding_of(
        name,
        check_id="aws-sagemaker-001",
        subject=Resource(notebook_arn(name), name, "AWS::SageMaker::NotebookInstance"),
        account_id=ACCOUNT,
        region="eu-west-1",
        profile="audit",
        reason="Its users are root.",
        evidence={"notebook_name": name, "status": "Stopped", "lifecycle_config": ""},
    )
    return msgspec.structs.replace(finding, **changes)


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
            text = stage.screen_text(app)
            assert "report.json" in text
            assert "OCSF findings of Prowler or cloud-audit-tui, read-only" in text
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


async def test_a_foreign_report_is_no_zero_where_it_has_no_verdict_and_no_key_is_offered_that_it_refuses(
    stage: Any, tmp_path: Path
) -> None:
    events = [
        prowler_event(time=0),
        prowler_event(time=0, status_code="PASS", severity="Low", status_id=1),
        prowler_event(time=0, status_code="FAIL", severity="Medium", status_id=3),
    ]
    for number, event in enumerate(events):
        event["resources"] = [{"uid": f"arn:aws:iam::{ACCOUNT}:user/{number}", "name": str(number)}]
    with Store.open(tmp_path / "report.db") as store:
        app = app_on(store, json.dumps(events).encode(), profile_groups={"team": ("audit",)})
        async with app.run_test(size=SIZE) as pilot:
            await stage.settled(pilot)
            await pilot.press("0")
            await stage.until(pilot, lambda: "Console user without MFA" in stage.screen_text(app))
            text = stage.screen_text(app)
            assert "◆ – critical   ▲ 1 high   ■ 0 medium   ○ 0 low" in text
            assert "– not in the report" in text
            # It does not tell when it was made.
            assert "scanned" not in text.splitlines()[0]
            rows = {row.label: row for table in app.screen.query(HeatTable) for row in table.rows}
            # What passes or is muted was looked at; of other places nothing is known.
            assert [cell.text for cell in rows["iam"].cells] == ["–", "1", "0", "0", "0"]
            assert {cell.text.strip() for cell in rows["s3"].cells} <= {"–", ""}
            assert [cell.text for cell in rows["us-east-1"].cells] == ["–", "1", "0", "0", "0"]
            assert {cell.text for cell in rows["global"].cells} == {"–"}
            assert "Press" not in text
            await pilot.press("escape")
            await stage.settled(pilot)
            assert "1970" not in stage.screen_text(app)
            foot = app.main.query_one(KeyBar)
            offers = {item.text.plain for item in foot.items()}
            assert "v Verify" in offers
            assert not offers & {"p Profile", "r Scan", "R Region", "m Mute"}
            await pilot.press("question_mark")
            await stage.until(pilot, lambda: "Copy the fix as AWS CLI" in stage.screen_text(app))
            help_text = "".join(str(table.render()) for table in app.screen.query(KeyTable))
            assert "Choose the profiles to show" not in help_text
            assert "Scan the chosen profiles" not in help_text
            await pilot.press("escape", "ctrl+p")
            await stage.until(pilot, lambda: isinstance(app.screen, CommandPalette))
            offers = {row.key for row in app.screen.query_one(PickList).rows}
            assert "verify" in offers
            assert not offers & {"scan", "pick_profiles", "pick_regions", "mute", "open_mutes", "group:team"}
            await pilot.press("escape")
            # Who presses such a key all the same is told why nothing happens.
            for key in ("p", "r", "R", "m", "ctrl+o"):
                app.clear_notifications()
                await pilot.press(key)
                await stage.until(pilot, lambda: "report.json is open read-only" in stage.notices(app))
                assert app.screen is app.main, key
            # On the header of a group, too.
            await pilot.press("g")
            await stage.settled(pilot)
            await stage.until(pilot, lambda: "copies all its fixes" in stage.screen_text(app))
            assert "mutes the check" not in stage.screen_text(app)


def judged_on_the_overview(app: CloudAuditApp) -> frozenset[Severity] | None:
    """Return the severities that the open overview calls judged; None until it was read."""
    screen = app.screen
    return screen.sums.judged if isinstance(screen, OverviewScreen) and screen.sums.services else None


def is_read(app: CloudAuditApp) -> bool:
    return judged_on_the_overview(app) is not None


async def test_the_main_screen_counts_no_zero_of_which_nobody_has_said_that_it_was_judged(
    stage: Any, tmp_path: Path
) -> None:
    high, low = prowler_event(), prowler_event(status_code="PASS", severity="Low", status_id=1)
    low["resources"] = [{"uid": f"arn:aws:iam::{ACCOUNT}:user/2", "name": "2"}]
    manual = prowler_event(status_code="MANUAL", status_id=0)
    whole = whole_report()
    part = replace(whole, failures=()).with_narrowing("status:fail", 3)
    own = formats()["json"]
    with each_row() as row:
        for what, content, counts in (
            ("foreign", json.dumps([high, low]), "– critical 1 high – medium 0 low 0 not assessed 1 passed"),
            ("not judged", json.dumps([manual]), "– critical – high – medium – low 1 not assessed – passed"),
            ("a part of a scan", own.to_text(part, Options()), "3 crit – high – med 1 low"),
            # Its three checks are critical, high and low.
            ("a scan", own.to_text(whole, Options()), "3 crit 0 high – med 1 low"),
        ):
            with row(what), Store.open(tmp_path / f"{what}.db") as store:
                app = app_on(store, content.encode())
                async with app.run_test(size=SIZE) as pilot:
                    await stage.settled(pilot)
                    line = app.main.query_one(SeverityCounts)
                    text = re.sub("[◆▲■○?✓]|hidden|[(].[)]", " ", line.render().plain)
                    assert " ".join(text.split()).startswith(counts)
                    await pilot.press("0")
                    await stage.until(pilot, partial(is_read, app))
                    assert judged_on_the_overview(app) == line.judged


async def test_a_filtered_report_says_what_it_leaves_out_also_where_it_is_written_again(
    stage: Any, tmp_path: Path
) -> None:
    whole = whole_report()
    passes = tuple(
        each
        for each in whole.entries
        if each.finding.status is Status.PASS and each.disposition is Disposition.OPEN
    )
    filtered = replace(whole, entries=passes, failures=()).with_narrowing("status:pass", 3)
    with Store.open(tmp_path / "report.db") as store:
        app = app_on(store, formats()["json"].to_text(filtered, Options()).encode())
        async with app.run_test(size=SIZE) as pilot:
            await stage.settled(pilot)
            text = stage.screen_text(app)
            assert "It has only what matches status:pass, which leaves out 3 not assessed." in text
            assert "No failures" not in text
            await pilot.press("0")
            await stage.until(pilot, lambda: "No failure is in the report." in stage.screen_text(app))
            text = " ".join(stage.screen_text(app).split())
            assert "Overview only what matches status:pass, which leaves out 3 not assessed" in text
            assert "nothing fails" not in text.lower()
            assert "The report has only what matches status:pass" in text
            screen = app.screen
            cells = [cell for table in screen.query(HeatTable) for row in table.rows for cell in row.cells]
            assert cells
            assert not any(cell.text == "0" for cell in cells), "a part of a scan shows no zero"
            await pilot.press("escape")
            path = tmp_path / "again.json"
            await pilot.press("x")
            await stage.until(pilot, lambda: isinstance(app.screen, ExportDialog))
            app.screen.query_one(Input).value = str(path)
            await pilot.press("enter")
            await stage.until(pilot, path.exists)
            narrowing = json.loads(path.read_text())["narrowing"]
            assert narrowing["filter"].startswith("status:pass ")
            assert narrowing["not_assessed"] == 3


async def test_no_text_of_a_file_draws_on_the_terminal_whichever_field_it_is_in(
    stage: Any, tmp_path: Path
) -> None:
    hostile = "a\x1b]0;title\x07\u202eb\x9b31m"
    texts = ("check_id", "profile", "account_id", "region", "partition", "title", "reason")
    fields: dict[str, Any] = dict.fromkeys(texts, hostile)
    subject = Resource(hostile, hostile, hostile)
    account = Account(hostile, hostile, hostile, (hostile,), (hostile,), hostile, hostile, hostile)
    scan = ScanInfo(hostile, hostile, hostile, hostile, hostile, hostile, (hostile,), (hostile,))
    statuses = (Status.FAIL, Status.NOT_ASSESSED, Status.PASS)
    findings = [
        finding_of(**fields, subject=subject, evidence={hostile: hostile}, status=each) for each in statuses
    ]
    failure = ProfileFailed(hostile, "expired", hostile, hostile)
    report = Report(scan, (account,), (failure,), tuple(Entry(each, first_seen=hostile) for each in findings))
    content = formats()["json"].to_text(report.with_narrowing(hostile, 1), Options()).encode()
    with Store.open(tmp_path / "report.db") as store:
        app = app_on(store, content)
        async with app.run_test(size=SIZE) as pilot:
            await stage.settled(pilot)
            with each_row() as row:
                for key in ("a", "u", "2", "3", "4", "1", "g", "left", "G", "g", "0", "h", "!", "?"):
                    with row(key):
                        await pilot.press(key)
                        await stage.settled(pilot)
                        assert not {"\x1b", "\x07", "\u202e", "\x9b"} & set(stage.screen_text(app))
                        assert "Unexpected error" not in stage.notices(app)
                    if app.screen is not app.main:
                        await pilot.press("escape")


def end_reading(stage: Any, scan: Any, *findings: Finding, account: str = ACCOUNT) -> None:
    """Let a reading find this, and end."""
    ready = stage.ready("audit", account_id=account, region="eu-west-1")
    scan.say(
        stage.started("read", profiles=["audit"], job=scan.job),
        ready,
        *map(Result, findings),
        stage.finished("read"),
    )


async def test_v_lets_our_check_read_what_the_fix_needs_and_c_copies_it(stage: Any, tmp_path: Path) -> None:
    with Store.open(tmp_path / "report.db") as store:
        content = json.dumps([notebook_event(), notebook_event("other")]).encode()
        app = app_on(store, content, start_job=stage._start_job, configured=["audit"])
        async with app.run_test(size=SIZE) as pilot:
            await stage.settled(pilot)
            app.session.filter_by("lab")
            await stage.settled(pilot)
            await pilot.press("2")
            await stage.settled(pilot)
            assert "a verification reads" in stage.screen_text(app)
            assert not stage.scans
            await pilot.press("v")
            await stage.until(pilot, lambda: isinstance(app.screen, ReadingProfilePicker))
            await pilot.press("enter")
            await stage.until(pilot, lambda: stage.scans)
            [scan] = stage.scans
            assert {(each.profile, each.account_id) for each in scan.job.targets} == {("audit", ACCOUNT)}
            assert {each.resource for each in scan.job.targets} == {notebook_arn("lab"), "lab"}
            end_reading(stage, scan, own_finding())
            await stage.until(pilot, lambda: "Still failing" in stage.notices(app))
            await stage.settled(pilot)
            assert "set -euo pipefail" in stage.screen_text(app)
            await pilot.press("c")
            await stage.until(pilot, lambda: stage.copied)
            assert "--notebook-instance-name=lab --root-access=Disabled" in " ".join(
                stage.copied[0].replace("\\", " ").split()
            )
            assert "--profile=audit" in stage.copied[0]
            # A report that is exported from here has the fix as well.
            report = stored_report(store, app.session.view.profiles, now=NOW)
            exported = report.with_findings(app.session.findings.own)
            text = formats()["markdown"].to_text(exported, Options(remediation=True))
            assert "--root-access=Disabled" in text
            # The profile is asked for once.
            app.session.filter_by("other")
            await stage.settled(pilot)
            await pilot.press("v")
            await stage.until(pilot, lambda: len(stage.scans) == 2)
            end_reading(stage, stage.scans[1], own_finding("other", status=Status.PASS, reason="No root."))
            await stage.until(pilot, lambda: "Fixed: other: No root." in stage.notices(app))
            await stage.settled(pilot)
            await pilot.press("c")
            await stage.until(pilot, lambda: "the check passed" in stage.notices(app))
            # The report itself is as it was.
            rows = store.rows(app.main.query_one(FindingsPane).table.row_ids)
            assert [row.status for row in rows] == [Status.FAIL]


LOG_GROUP = f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:trail:*"


async def test_c_asks_for_what_the_report_does_not_say_and_copies_the_fix(stage: Any, tmp_path: Path) -> None:
    unwatched = [
        prowler_event(
            metadata={"event_code": check, "product": {"name": "Prowler"}},
            cloud={"provider": "aws", "region": "eu-central-1", "account": {"uid": ACCOUNT}},
            resources=[{"uid": f"arn:aws:logs:eu-central-1:{ACCOUNT}:log-group", "name": ACCOUNT}],
        )
        for check in (
            "cloudwatch_log_metric_filter_root_usage",
            "cloudwatch_log_metric_filter_policy_changes",
        )
    ]
    topic = f"arn:aws:sns:eu-west-1:{ACCOUNT}:alerts"
    with Store.open(tmp_path / "report.db") as store:
        app = app_on(store, json.dumps(unwatched).encode())
        async with app.run_test(size=SIZE) as pilot:
            await stage.settled(pilot)
            app.session.filter_by("check:aws-cw-001")
            await stage.settled(pilot)
            await pilot.press("2")
            await stage.settled(pilot)
            assert "copying it asks for that" in stage.screen_text(app)
            assert "LOG_GROUP_ARN the ARN of the log group" in stage.screen_text(app)
            await pilot.press("c")
            await stage.until(pilot, lambda: isinstance(app.screen, InputForm))
            await pilot.pause()
            assert "The report does not say this." in stage.screen_text(app)
            assert "aws cloudtrail describe-trails --region=eu-central-1" in stage.screen_text(app)
            # What is no log group is told, and nothing is copied.
            await type_in(pilot, "trail; touch pwned")
            await pilot.press("enter")
            await pilot.pause()
            assert "Give the ARN of a log group" in stage.screen_text(app)
            app.screen.query_one(Input).value = ""
            await type_in(pilot, LOG_GROUP)
            asked_first = app.screen
            await pilot.press("enter")
            await stage.until(
                pilot, lambda: isinstance(app.screen, InputForm) and app.screen is not asked_first
            )
            await pilot.pause()
            await type_in(pilot, topic)
            await pilot.press("enter")
            await stage.until(pilot, lambda: stage.copied)
            assert "--log-group-name=trail " in stage.copied[0]
            assert "--region=eu-west-1" in stage.copied[0]
            assert f"SNS_TOPIC_ARN={topic}" in stage.copied[0]
            # The log group is proposed for the next alarm.
            app.session.filter_by("check:aws-cw-004")
            await stage.settled(pilot)
            await pilot.press("c")
            await stage.until(pilot, lambda: isinstance(app.screen, InputForm))
            await pilot.pause()
            assert app.screen.query_one(Input).value == LOG_GROUP
            await pilot.press("escape")
            await stage.until(pilot, lambda: app.screen is app.main)
            assert len(stage.copied) == 1
            assert not stage.scans


async def test_marked_findings_share_one_question_and_the_rest_is_left_out_with_its_reason(
    stage: Any, tmp_path: Path
) -> None:
    def event(check: str, uid: str) -> dict[str, Any]:
        return prowler_event(
            metadata={"event_code": check, "product": {"name": "Prowler"}},
            cloud={"provider": "aws", "region": "eu-west-1", "account": {"uid": ACCOUNT}},
            resources=[{"uid": uid, "name": uid.rpartition("/")[2], "region": "eu-west-1"}],
        )

    group = f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group"
    volume = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/vol-1"
    content = [
        event("cloudwatch_log_metric_filter_root_usage", group),
        event("cloudwatch_log_metric_filter_policy_changes", group),
        event("ec2_ebs_volume_encryption", volume),
    ]
    with Store.open(tmp_path / "report.db") as store:
        app = app_on(store, json.dumps(content).encode())
        async with app.run_test(size=SIZE) as pilot:
            await stage.settled(pilot)
            # A fix that only V can make is not copied, and its command is said.
            app.session.filter_by("check:aws-ec2-002")
            await stage.settled(pilot)
            await pilot.press("c")
            await stage.until(
                pilot, lambda: "a verification reads them through a profile" in stage.notices(app)
            )
            assert (
                "cloud-audit-tui scan --profile NAME --checks aws-ec2-002 --regions eu-west-1 "
                "--export-fixes fixes.sh"
            ) in stage.notices(app)
            assert not stage.copied
            # Here V has nothing to read through.
            await pilot.press("v")
            await stage.until(pilot, lambda: "no AWS profile on this machine" in stage.notices(app))
            app.session.filter_by("")
            await stage.settled(pilot)
            await pilot.press("ctrl+a", "c")
            await stage.until(pilot, lambda: isinstance(app.screen, InputForm))
            await pilot.pause()
            assert len(app.screen.query(Input)) == 1
            assert "for 2 fixes, such as aws-cw-00" in stage.screen_text(app)
            await type_in(pilot, LOG_GROUP)
            facts = app.screen
            await pilot.press("enter")
            await stage.until(pilot, lambda: isinstance(app.screen, InputForm) and app.screen is not facts)
            await pilot.press("ctrl+n")
            await stage.until(pilot, lambda: stage.copied)
            assert stage.copied[0].count("put-metric-filter") == 2
            assert stage.copied[0].count("--log-group-name=trail ") == 2
            assert "# Not in this file:" in stage.copied[0]
            assert "--checks aws-ec2-002 --regions eu-west-1" in stage.copied[0]


async def type_in(pilot: Any, text: str) -> None:
    """Put a text into the focused field, as a paste does."""
    pilot.app.screen.query_one(Input).value = text
    await pilot.pause()


async def test_a_profile_of_another_account_reads_nothing_and_another_is_asked_for(
    stage: Any, tmp_path: Path
) -> None:
    with Store.open(tmp_path / "report.db") as store:
        content = json.dumps([notebook_event()]).encode()
        app = app_on(
            store, content, start_job=stage._start_job, configured=["audit", "other"], profiles=("audit",)
        )
        async with app.run_test(size=SIZE) as pilot:
            await stage.settled(pilot)
            await pilot.press("v")
            await stage.until(pilot, lambda: stage.scans)
            end_reading(stage, stage.scan, account="999988887777")
            await stage.until(pilot, lambda: "leads to account 999988887777" in stage.notices(app))
            await stage.settled(pilot)
            await pilot.press("v")
            await stage.until(pilot, lambda: isinstance(app.screen, ReadingProfilePicker))


async def test_v_says_what_keeps_it_from_reading(stage: Any, tmp_path: Path) -> None:
    no_account = notebook_event()
    no_account["cloud"]["account"]["uid"] = ""
    no_twin = prowler_event(metadata={"event_code": "of_their_own", "product": {"name": "Prowler"}})
    with Store.open(tmp_path / "report.db") as store:
        app = app_on(store, json.dumps([no_account, no_twin]).encode(), configured=["audit"])
        async with app.run_test(size=SIZE) as pilot:
            await stage.settled(pilot)
            with each_row() as row:
                for words, reason in (
                    ("lab", "does not say which account"),
                    ("of_their_own", "None of our checks covers of_their_own"),
                ):
                    with row(reason):
                        app.session.filter_by(words)
                        await stage.settled(pilot)
                        await pilot.press("v")
                        await stage.until(pilot, lambda reason=reason: reason in stage.notices(app))
