"""Copying a fix that needs something asks for it first, with what the account holds to choose from."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input

from cloud_audit_tui.app.dialogs.input_form import InputForm
from cloud_audit_tui.app.dialogs.large_copy import LargeCopy
from cloud_audit_tui.app.dialogs.save import SaveDialog
from cloud_audit_tui.app.remembered_inputs import RememberedInputs
from cloud_audit_tui.app.widgets.pick_list import PickList
from cloud_audit_tui.model import Severity
from cloud_audit_tui.remediation.render import render
from cloud_audit_tui.remediation.templates import Input as Needed
from cloud_audit_tui.scan.events import (
    Choice,
    ChoicesListed,
    InputKind,
    InputNeeded,
    Outcome,
    ProfileFailed,
)
from cloud_audit_tui.scan.jobs import ListChoicesJob
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cloud_audit_tui.model import Finding

pytestmark = pytest.mark.proof

KEY = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OTHER = KEY.replace("1234abcd", "0bcdef12")
VARIANT = {"VariantName": "a", "ModelName": "m", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}


def endpoint(stage: Any, number: int = 0, **changes: Any) -> Finding:
    """Return a finding whose fix needs a KMS key."""
    name = f"endpoint-{number}"
    evidence = {
        "endpoint_name": name,
        "endpoint_arn": f"arn:aws:sagemaker:eu-central-1:111122223333:endpoint/{name}",
        "endpoint_status": "InService",
        "endpoint_config_name": f"{name}-config",
        "endpoint_config_arn": f"arn:aws:sagemaker:eu-central-1:111122223333:endpoint-config/{name}-config",
        "kms_key_id": "",
        "has_deployment_config": False,
        "create_request": {"ProductionVariants": [VARIANT]},
        "tags": [],
        "local_storage_variants": [],
        "variants": [],
    }
    finding: Finding = stage.make(0, name=name, evidence=evidence, **changes)
    return finding


def keys(*choices: tuple[str, str], reason: str = "") -> ChoicesListed:
    return ChoicesListed("dev", "eu-central-1", "kms_key", [Choice(*each) for each in choices], reason)


async def form_is_open(stage: Any, pilot: Any) -> InputForm:
    await stage.until(pilot, lambda: isinstance(pilot.app.screen, InputForm))
    await pilot.pause()
    form = pilot.app.screen
    assert isinstance(form, InputForm)
    return form


async def listing(stage: Any, pilot: Any) -> Any:
    """Return the scanner that was asked for candidates last."""
    await stage.until(pilot, lambda: stage.scans and isinstance(stage.scans[-1].job, ListChoicesJob))
    return stage.scans[-1]


async def form_and_scanner(stage: Any, pilot: Any, key: str = "c") -> tuple[InputForm, Any]:
    """Open the form of the selected finding and return it with the scanner that reads its list."""
    await stage.until(pilot, lambda: pilot.app.main.is_current)
    before = len(stage.scans)
    await pilot.press(key)
    form = await form_is_open(stage, pilot)
    await stage.until(pilot, lambda: len(stage.scans) > before)
    return form, await listing(stage, pilot)


async def test_a_key_is_chosen_for_the_script_and_terraform_gets_it_as_a_default(stage: Any) -> None:
    stage.past_scan([endpoint(stage)])
    app = stage.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.settled(pilot)
        await stage.until(pilot, lambda: stage.scans[0].closed)
        before = stage.store.profiles(["dev"])
        await pilot.press("c")
        await form_is_open(stage, pilot)
        scan = await listing(stage, pilot)
        assert scan.job == ListChoicesJob("dev", "eu-central-1", ["kms_key"])
        assert not app.session.jobs.scanning
        scan.say(
            stage.started("keys"), keys((KEY, "alias/app"), (OTHER, "alias/other")), stage.finished("keys")
        )
        await stage.until(pilot, lambda: "alias/other" in stage.screen_text(app))
        await stage.paste(pilot, "other")
        await pilot.press("enter")
        await pilot.pause()
        assert stage.copied == []
        await pilot.press("enter")
        await stage.until(pilot, lambda: stage.copied)
        await stage.until(pilot, lambda: scan.closed)
        await pilot.press("t")
        form = await form_is_open(stage, pilot)
        assert "kms_key_arn" in stage.screen_text(app)
        # It knows what was said.
        assert form.query_one(Input).value == OTHER
        await pilot.press("enter")
        await stage.until(pilot, lambda: len(stage.copied) == 2)
    script, terraform = stage.copied
    assert f"\nKMS_KEY_ID={OTHER}\n" in script
    assert ":?" not in script
    assert f'  default     = "{OTHER}"\n' in terraform
    assert stage.store.profiles(["dev"]) == before


async def test_a_form_opens_once_for_a_fix_with_inputs_and_is_left_without_copying_or_with_variables(
    stage: Any,
) -> None:
    notebook = {"notebook_name": "lab", "notebook_arn": "arn:x", "status": "Stopped", "lifecycle_config": ""}
    findings = [endpoint(stage), stage.make(1, name="lab", severity=Severity.LOW, evidence=notebook)]
    async with stage.opened(findings, size=(80, 24)) as (app, pilot):
        await pilot.press("c", "c")
        await form_is_open(stage, pilot)
        await pilot.pause()
        assert sum(isinstance(screen, InputForm) for screen in app.screen_stack) == 1
        # Leaving it copies nothing and ends the scanner.
        scan = await listing(stage, pilot)
        await pilot.press("escape")
        await stage.until(pilot, lambda: scan.closed)
        await stage.settled(pilot)
        assert app.screen is app.main
        assert stage.copied == []
        assert stage.notices(app) == ""
        # Copying with variables copies what asks by itself.
        await pilot.press("c")
        await form_is_open(stage, pilot)
        await pilot.press("ctrl+n")
        await stage.until(pilot, lambda: stage.copied)
        assert ': "${KMS_KEY_ID:?' in stage.copied[0]
        # A fix that needs nothing is copied at once.
        await stage.until(pilot, lambda: app.main.is_current)
        before = len(stage.scans)
        await pilot.press("j", "c")
        await stage.until(pilot, lambda: len(stage.copied) == 2)
        assert app.screen is app.main
    assert len(stage.scans) == before


async def test_a_scanner_that_cannot_list_says_why_and_the_form_takes_keys(stage: Any) -> None:
    expired = ProfileFailed("dev", "credentials", "The session has expired.", "Run aws sso login.")
    crash = stage.finished("", Outcome.FAILED, message="The scanner was ended by SIGKILL.")
    rows = {
        "a profile that failed": ([expired, stage.finished("keys")], "has expired. Run"),
        "no word": ([stage.finished("keys")], "without reporting a result"),
        "a crash": ([crash], "ended by SIGKILL"),
    }
    async with stage.opened([endpoint(stage)], size=(120, 40)) as (app, pilot):
        with each_row() as row:
            for name, (events, words) in rows.items():
                with row(name):
                    _, scan = await form_and_scanner(stage, pilot)
                    scan.say(*events)
                    await stage.until(
                        pilot, lambda: "The KMS keys cannot be listed" in stage.screen_text(app)
                    )
                    assert words in stage.screen_text(app)
                    await pilot.press("escape")
            with row("nobody is asked for a code to fill a list"):
                _, scan = await form_and_scanner(stage, pilot)
                scan.say(InputNeeded("1", "dev", InputKind.MFA_CODE, "MFA code"))
                await stage.until(pilot, lambda: scan.answers == {"1": ""})
                assert isinstance(app.screen, InputForm)
                await pilot.press("escape")
            with row("the form takes keys while nothing has been read"):
                form, _ = await form_and_scanner(stage, pilot)
                assert "Reading the KMS keys" in stage.screen_text(app)
                async with asyncio.timeout(20):
                    await pilot.press(*"abc")
                assert form.query_one(Input).value == "abc"


# Many fixes in one text


SAVED = {
    "sh": ("CLI script", f"FIX_1_KMS_KEY_ID={KEY}\n"),
    "tf": ("Terraform file", f'default     = "{KEY}"'),
}


async def test_many_fixes_ask_once_for_what_they_share(stage: Any) -> None:
    findings = [endpoint(stage), endpoint(stage, 1), endpoint(stage, 2, region="us-east-1")]
    async with stage.opened(findings, size=(120, 40)) as (app, pilot):
        await pilot.press("ctrl+a")
        with each_row() as row:
            with row("left without copying"):
                await form_and_scanner(stage, pilot)
                await pilot.press("escape")
                await stage.settled(pilot)
                assert (stage.copied, stage.notices(app)) == ([], "")
            with row("copied with variables"):
                await form_and_scanner(stage, pilot)
                await pilot.press("ctrl+n")
                await stage.until(pilot, lambda: stage.copied)
                assert "FIX_1_KMS_KEY_ID=${FIX_1_KMS_KEY_ID:-''}" in stage.copied[0]
            for suffix, (what, line) in SAVED.items():
                with row(what):
                    app.session.inputs = RememberedInputs()
                    stage.copied.clear()
                    app.clear_notifications()
                    form, scan = await form_and_scanner(stage, pilot, "c" if suffix == "sh" else "t")
                    assert f"Copy the {what} of 3 fixes" in stage.screen_text(app)
                    assert "for 2 fixes, such as aws-sagemaker-003 · endpoint-0" in stage.screen_text(app)
                    assert len(form.query(Input)) == 2
                    assert scan.job == ListChoicesJob("dev", "eu-central-1", ["kms_key"])
                    scan.say(stage.started("keys"), keys((KEY, "alias/app")), stage.finished("keys"))
                    await stage.until(pilot, lambda: "alias/app" in stage.screen_text(app))
                    await pilot.press("enter")
                    await pilot.pause()
                    await pilot.press("enter")
                    await stage.until(pilot, lambda scan=scan: stage.scans[-1] is not scan)
                    assert stage.scans[-1].job == ListChoicesJob("dev", "us-east-1", ["kms_key"])
                    await pilot.press("ctrl+y")
                    await stage.until(pilot, lambda: stage.copied)
                    (text,) = stage.copied
                    assert text.count(line) == 1
                    # What stayed empty is still a variable, and the note names it.
                    name = "FIX_3_KMS_KEY_ID" if suffix == "sh" else "kms_key_arn_fix3"
                    assert f"Set {name} in it." in stage.notices(app)


async def test_saving_asks_for_inputs_too(stage: Any, tmp_path: Path) -> None:
    async with stage.opened([endpoint(stage), endpoint(stage, 1)], size=(120, 40)) as (app, pilot):
        await pilot.press("ctrl+a")
        with each_row() as row:
            for suffix, (what, line) in SAVED.items():
                path = tmp_path / f"fixes.{suffix}"
                app.session.inputs = RememberedInputs()
                with row(what):
                    await pilot.press("w")
                    await stage.until(
                        pilot, lambda: isinstance(app.screen, SaveDialog) and app.screen.query(Input)
                    )
                    app.screen.query_one(Input).value = str(path)
                    await pilot.press("enter")
                    await form_is_open(stage, pilot)
                    await pilot.press("escape")
                    await stage.until(pilot, lambda: isinstance(app.screen, SaveDialog))
                    assert not path.exists()
                    await pilot.press("enter")
                    await form_is_open(stage, pilot)
                    assert f"Save the {what} of 2 fixes" in stage.screen_text(app)
                    assert "^y Save" in stage.screen_text(app)
                    await stage.paste(pilot, KEY)
                    assert f"Enter saves the {what}" in stage.screen_text(app)
                    await pilot.press("enter")
                    await stage.until(pilot, path.exists)
                    await stage.until(pilot, lambda: app.screen is app.main)
                    assert path.read_text().count(line) == 1


async def test_a_long_text_is_copied_after_a_question(
    stage: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("cloud_audit_tui.app.actions.copy.ASKED_FROM", 5_000)
    async with stage.opened([endpoint(stage), endpoint(stage, 1)], size=(80, 24)) as (app, pilot):
        with each_row() as row:
            for key, copied, is_saved in (("escape", 0, False), ("c", 1, False), ("w", 0, True)):
                stage.copied.clear()
                with row(key):
                    await pilot.press("ctrl+a", "c")
                    await form_is_open(stage, pilot)
                    await pilot.press("ctrl+n")
                    await stage.until(pilot, lambda: isinstance(app.screen, LargeCopy))
                    assert "KB of text" in stage.screen_text(app)
                    assert stage.copied == []
                    await pilot.press(key)
                    if is_saved:
                        await stage.until(pilot, lambda: isinstance(app.screen, SaveDialog))
                        await pilot.press("enter")
                    await stage.until(pilot, lambda: app.screen is app.main)
                    await stage.until(pilot, lambda copied=copied: len(stage.copied) == copied)
                    assert (tmp_path / "cloud-audit-fixes.sh").exists() is is_saved


def proposed(remembered: RememberedInputs, finding: Finding, needed: Iterable[Needed]) -> list[str]:
    """Return the values that are proposed for inputs."""
    return [value for each in needed if (value := remembered.value_for(finding, each))]


def test_what_was_said_is_proposed_in_the_same_region_only(stage: Any) -> None:
    remembered, here = RememberedInputs(), endpoint(stage)
    needed = render(here).inputs()
    remembered.remember(here, {"KMS_KEY_ID": KEY})
    assert proposed(remembered, endpoint(stage, 1), needed) == [KEY]
    assert proposed(remembered, endpoint(stage, region="us-east-1"), needed) == []
    assert proposed(remembered, endpoint(stage, profile="prod"), needed) == []
    assert proposed(remembered, endpoint(stage, account_id="444455556666"), needed) == []
    assert proposed(remembered, endpoint(stage, partition="aws-cn"), needed) == []


def test_what_confirms_one_thing_is_not_proposed_for_another(stage: Any) -> None:
    remembered, here = RememberedInputs(), endpoint(stage)
    values = {"REBOOT_INSTANCE": "i-01234567", "CERTIFICATE_IS_UNUSED": "yes", "SUBJECT": "repo:acme/shop:x"}
    remembered.remember(here, values)
    assert proposed(remembered, here, [Needed(variable, "") for variable in values]) == []


async def test_the_audited_bucket_is_not_offered_for_its_own_logs(stage: Any) -> None:
    evidence = {"bucket_name": "trail-logs", "trail_arns": [], "bucket_region": "eu-central-1"}
    finding = stage.make(
        0,
        check_id="aws-ct-004",
        name="trail-logs",
        resource_id="arn:aws:s3:::trail-logs",
        resource_type="AWS::S3::Bucket",
        evidence=evidence,
    )
    async with stage.opened([finding], size=(120, 40)) as (app, pilot):
        await pilot.press("c")
        await form_is_open(stage, pilot)
        scan = await listing(stage, pilot)
        buckets = [Choice("trail-logs", "trail-logs"), Choice("access-logs", "access-logs")]
        choices = ChoicesListed("dev", "eu-central-1", "bucket", buckets)
        scan.say(stage.started("buckets"), choices, stage.finished("buckets"))
        await stage.until(pilot, lambda: "access-logs" in stage.screen_text(app))
        await pilot.pause()
        assert [row.key for row in app.screen.query_one(PickList).rows] == ["access-logs"]
