"""The app with ``--org-role``: the accounts take the place of the profile that lists them."""

from __future__ import annotations

from typing import Any

from cloud_audit_tui.app.dialogs.profile_picker import ProfilePicker
from cloud_audit_tui.app.widgets.pick_list import PickList
from cloud_audit_tui.aws.organization import MemberAccount, Unit
from cloud_audit_tui.scan.events import InputKind, InputNeeded, OrganizationListed
from cloud_audit_tui.scan.jobs import IdentifyJob, ListOrganizationJob, ScanJob

TALL = (120, 40)
MEMBER = "dev@444455556666/Audit"
ACCOUNTS = [
    MemberAccount("111122223333", "management", "ACTIVE"),
    MemberAccount("444455556666", "shop", "ACTIVE"),
    MemberAccount("777788889999", "old", "SUSPENDED"),
]
LISTED = OrganizationListed("dev", "111122223333", ACCOUNTS)


def jobs(stage: Any, kind: type) -> list[Any]:
    return [scan for scan in stage.scans if isinstance(scan.job, kind)]


async def test_the_accounts_are_scanned_and_the_list_shows_their_units(stage: Any) -> None:
    app = stage.app(org_role="Audit", scan_on_open=True)
    async with app.run_test(size=TALL, notifications=True) as pilot:
        await stage.until(pilot, lambda: jobs(stage, ListOrganizationJob))
        assert jobs(stage, ListOrganizationJob)[0].job == ListOrganizationJob("dev")
        jobs(stage, ListOrganizationJob)[0].say(LISTED, stage.finished())
        await stage.until(pilot, lambda: jobs(stage, ScanJob))
        assert jobs(stage, ScanJob)[0].job.profiles == ["dev", MEMBER]
        assert "777788889999 (suspended)" in stage.notices(app)
        member = next(each for each in app.session.profiles.configured if each.name == MEMBER)
        assert (member.account_id, member.source.name) == ("444455556666", "dev")
        stage.scan.say(stage.started(profiles=["dev", MEMBER]), stage.finished())
        await stage.until(pilot, lambda: not app.session.jobs.scanning)

        await pilot.press("p")
        await stage.until(pilot, lambda: len(jobs(stage, ListOrganizationJob)) == 2)
        assert isinstance(app.screen, ProfilePicker)
        unit = [Unit("r-1", "Root", "", ["111122223333"]), Unit("ou-1", "Shops", "r-1", ["444455556666"])]
        with_units = OrganizationListed("dev", "111122223333", ACCOUNTS, unit)
        jobs(stage, ListOrganizationJob)[1].say(LISTED, with_units, stage.finished())
        rows = app.screen.query_one(PickList)
        await stage.until(pilot, lambda: "  ▾ Shops" in [row.cells[0].text for row in rows.rows])


async def test_without_a_scan_the_accounts_are_identified(stage: Any) -> None:
    app = stage.app(org_role="Audit")
    async with app.run_test(size=TALL, notifications=True) as pilot:
        await stage.until(pilot, lambda: jobs(stage, ListOrganizationJob))
        jobs(stage, ListOrganizationJob)[0].say(LISTED, stage.finished())
        await stage.until(pilot, lambda: jobs(stage, IdentifyJob))
        assert jobs(stage, IdentifyJob)[0].job.profiles == ["dev", MEMBER]
        assert app.session.view.profiles == ("dev", MEMBER)


async def test_an_organization_that_cannot_be_listed_says_why(stage: Any) -> None:
    app = stage.app(org_role="Audit", scan_on_open=True)
    async with app.run_test(size=TALL, notifications=True) as pilot:
        await stage.until(pilot, lambda: jobs(stage, ListOrganizationJob))
        reason = "Access denied to organizations:ListAccounts in us-east-1."
        denied = OrganizationListed("dev", "111122223333", reason=reason)
        jobs(stage, ListOrganizationJob)[0].say(denied, stage.finished())
        await stage.until(pilot, lambda: "organizations:ListAccounts" in stage.notices(app))
        # The profile itself can still be looked at.
        assert app.session.view.profiles == ("dev",)


async def test_a_code_is_asked_for_where_listing_needs_one(stage: Any) -> None:
    app = stage.app(org_role="Audit", selected=["locked"])
    async with app.run_test(size=TALL, notifications=True) as pilot:
        await stage.until(pilot, lambda: jobs(stage, ListOrganizationJob))
        needed = InputNeeded("q", "locked", InputKind.MFA_CODE, "MFA code for profile locked")
        jobs(stage, ListOrganizationJob)[0].say(needed)
        await stage.until(pilot, lambda: type(app.screen).__name__ == "MfaPrompt")
        await pilot.press(*"123456", "enter")
        await stage.until(pilot, lambda: jobs(stage, ListOrganizationJob)[0].answers == {"q": "123456"})
