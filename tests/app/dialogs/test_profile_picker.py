"""Choosing profiles: by typing, by marking, by clicking."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from textual.widgets import Input

from app.pictures import BOTH_THEMES, WIDE_AND_NARROW, Pictures
from cloud_audit_tui.app.dialogs.profile_picker import ProfilePicker, SessionProfilePicker
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.pick_list import LEFT, PickList
from cloud_audit_tui.aws.login import Login
from cloud_audit_tui.aws.organization import MemberAccount, Unit
from cloud_audit_tui.aws.profiles import Profile, ProfileKind, account_profile
from cloud_audit_tui.scan.events import OrganizationListed
from cloud_audit_tui.store.view import Failure, ProfileInfo

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
HOSTILE = "[/bold]\x1b[31mevil\u202e"
PROFILES = [
    Profile("acme-prod-admin", ProfileKind.SSO, "eu-west-1", "111122223333"),
    Profile("acme-staging", ProfileKind.SSO, "eu-west-1"),
    Profile("audit", ProfileKind.ROLE, "us-east-1", "777788889999", mfa=True),
    Profile(HOSTILE, ProfileKind.KEYS, "us-east-1"),
    Profile("legacy", ProfileKind.PROCESS),
    Profile("sandbox-machine-learning-experiments-europe", ProfileKind.KEYS, "ap-southeast-2"),
]
STATES = {
    "acme-prod-admin": ProfileInfo(
        "acme-prod-admin",
        account_id="111122223333",
        alias="acme-prod",
        caller_arn="arn:aws:sts::111122223333:assumed-role/Admin/jane",
        scanned_at=(NOW - timedelta(hours=3)).isoformat(),
    ),
    "acme-staging": ProfileInfo("acme-staging", account_id="444455556666", alias="acme-staging"),
    "legacy": ProfileInfo(
        "legacy", failure=Failure("process", "The credential process ended with 1.", "Run corp-login.")
    ),
}


def picker(marked: tuple[str, ...] = (), profiles: list[Profile] | None = None) -> ProfilePicker:
    return ProfilePicker(PROFILES if profiles is None else profiles, STATES, marked, now=NOW.timestamp)


async def test_typing_filters_and_enter_takes_the_first_match(host: Callable[..., Any]) -> None:
    app = host(picker(("acme-prod-admin",)))
    async with app.run_test() as pilot:
        await pilot.press(*"stag", "enter")
    assert app.answer == ["acme-staging"]


async def test_every_word_of_the_filter_must_match_somewhere(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    app = host(picker())
    async with app.run_test() as pilot:
        app.subject.query_one(Input).value = "us-east 7777"
        await pilot.pause()
        text = text_of(app.screen)
        assert "audit" in text
        assert "acme" not in text
        assert "1 of 6" in text


async def test_space_marks_several_in_the_order_of_marking(host: Callable[..., Any]) -> None:
    app = host(picker())
    async with app.run_test() as pilot:
        await pilot.press("down", "space", "up", "space", "down", "down")
        assert app.subject.query_one(Input).value == ""
        await pilot.press("enter")
    assert app.answer == ["acme-staging", "acme-prod-admin"]


async def test_enter_at_once_changes_nothing(host: Callable[..., Any]) -> None:
    app = host(picker(("legacy", "audit")))
    async with app.run_test() as pilot:
        await pilot.press("enter")
    assert app.answer == ["legacy", "audit"]


async def test_typing_begins_at_the_first_match_and_clearing_stays(host: Callable[..., Any]) -> None:
    app = host(picker(("acme-staging",)))
    async with app.run_test() as pilot:
        await pilot.press(*"acme")
        assert app.subject.query_one(PickList).highlighted.key == "acme-prod-admin"
        await pilot.press("down", *["backspace"] * 4)
        assert app.subject.query_one(PickList).highlighted.key == "acme-staging"


async def test_after_moving_enter_takes_the_row_that_one_moved_to(host: Callable[..., Any]) -> None:
    app = host(picker(("acme-prod-admin",)))
    async with app.run_test() as pilot:
        await pilot.press("down", "enter")
    assert app.answer == ["acme-staging"]


async def test_a_mark_is_added_to_what_was_marked(host: Callable[..., Any]) -> None:
    app = host(picker(("acme-prod-admin",)))
    async with app.run_test() as pilot:
        await pilot.press("down", "space", "enter")
    assert app.answer == ["acme-prod-admin", "acme-staging"]


async def test_all_that_the_filter_shows_and_none(host: Callable[..., Any]) -> None:
    app = host(picker())
    async with app.run_test() as pilot:
        await pilot.press(*"acme", "ctrl+a", "enter")
    assert app.answer == ["acme-prod-admin", "acme-staging"]
    app = host(picker(("acme-prod-admin", "acme-staging")))
    async with app.run_test() as pilot:
        await pilot.press("ctrl+n", "end", "down", "down", "enter")
    assert app.answer == ["audit"]


async def test_escape_leaves_everything_as_it_was(host: Callable[..., Any]) -> None:
    app = host(picker())
    async with app.run_test() as pilot:
        await pilot.press("space", "escape")
    assert app.answer is None


async def test_enter_with_no_match_stays(host: Callable[..., Any], text_of: Callable[..., str]) -> None:
    app = host(picker())
    async with app.run_test() as pilot:
        await pilot.press(*"zzz", "enter")
        assert "No profile matches." in text_of(app.screen)
        assert app.screen is app.subject


async def test_a_click_marks_and_a_double_click_takes(host: Callable[..., Any]) -> None:
    app = host(picker())
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.click(PickList, offset=(10, 2))
        await pilot.press("enter")
    assert app.answer == ["acme-staging"]
    app = host(picker())
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.click(PickList, offset=(10, 3), times=2)
    assert app.answer == ["audit"]


async def test_typing_goes_on_after_a_click(host: Callable[..., Any]) -> None:
    app = host(picker())
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.click(PickList, offset=(10, 2))
        await pilot.press(*"leg")
        assert app.subject.query_one(Input).value == "leg"


async def test_the_keys_at_the_foot_can_be_clicked(host: Callable[..., Any]) -> None:
    app = host(picker())
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        items = app.subject.query_one(KeyBar).items()
        assert [item.text.plain for item in items][:2] == ["enter Choose", "space Mark"]
        await pilot.click(KeyBar, offset=(items[1].start + 2, 0))
        await pilot.press("down")
        await pilot.click(KeyBar, offset=(items[0].start + 2, 0))
    assert app.answer == ["acme-prod-admin"]


async def test_a_hostile_name_is_shown_harmlessly_and_taken_exactly(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    app = host(picker())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(*"evil")
        text = text_of(app.screen)
        assert "Enter chooses [/bold]evil" in text
        assert "\x1b" not in text
        assert "\u202e" not in text
        await pilot.press("enter")
    assert app.answer == [HOSTILE]


async def test_a_failed_profile_says_why_and_what_to_do(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    app = host(picker())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(*"legacy")
        await pilot.pause()
        assert "The credential process ended with 1. Run corp-login." in text_of(app.screen)


async def test_states_that_arrive_are_shown_where_one_is(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    app = host(picker())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("down", "down", "space")
        assert "needs MFA" in text_of(app.screen)
        app.subject.update_states(
            {"audit": ProfileInfo("audit", account_id="777788889999", alias="acme-audit")}
        )
        await pilot.pause()
        assert "acme-audit" in text_of(app.screen)
        assert app.subject.query_one(PickList).highlighted.key == "audit"
        await pilot.press("enter")
    assert app.answer == ["audit"]


async def test_three_hundred_profiles_are_walked_through(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    many = [Profile(f"team-{number:03}", ProfileKind.ROLE) for number in range(300)]
    app = host(picker(("team-250",), many))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert "team-250" in text_of(app.screen)
        await pilot.press("pagedown", "pagedown", "pagedown")
        assert "team-299" in text_of(app.screen)
        await pilot.press("enter")
    assert app.answer == ["team-299"]


async def test_without_profiles_nothing_can_be_taken(host: Callable[..., Any]) -> None:
    app = host(picker(profiles=[]))
    async with app.run_test() as pilot:
        await pilot.press("enter", "space", "ctrl+a", "down", "escape")
    assert app.answer is None


SOURCE = Profile("prod", ProfileKind.KEYS, "us-east-1")
MEMBERS = [account_profile(f"prod@{number * 12}/Audit", SOURCE, {}) for number in "2345"]
MEMBER_NAMES = [profile.name for profile in MEMBERS]
LISTED = OrganizationListed(
    "prod",
    "1" * 12,
    [
        MemberAccount("1" * 12, "management", "ACTIVE"),
        MemberAccount("2" * 12, "shop", "ACTIVE"),
        MemberAccount("3" * 12, "[/bold]pay\x1b[31m", "ACTIVE"),
        MemberAccount("4" * 12, "logs", "ACTIVE"),
        MemberAccount("5" * 12, "lab", "ACTIVE"),
        MemberAccount("6" * 12, "closed", "SUSPENDED"),
    ],
)
TREE = replace(
    LISTED,
    units=[
        Unit("r-1", "Root", "", ["1" * 12, "5" * 12]),
        Unit("ou-1", "Workloads", "r-1", ["2" * 12]),
        Unit("ou-2", "Payments", "ou-1", ["3" * 12, "6" * 12]),
        Unit("ou-3", "Security", "r-1", ["4" * 12]),
    ],
)


def of_organization(organization: OrganizationListed, **options: Any) -> ProfilePicker:
    groups = {"shops": ("audit", "legacy", "absent")}
    profiles = [PROFILES[2], PROFILES[4], SOURCE, *MEMBERS]
    return ProfilePicker(
        profiles, STATES, (), groups=groups, organizations=[organization], now=NOW.timestamp, **options
    )


async def test_a_group_marks_its_profiles(host: Callable[..., Any], text_of: Callable[..., str]) -> None:
    app = host(of_organization(TREE))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert "@shops" in text_of(app.screen)
        assert "Not configured: absent." in text_of(app.screen)
        await pilot.press("space")
        assert app.subject.marked_rows() == {"\0@shops", "audit", "legacy"}
        await pilot.press("down", "space")
        assert app.subject.marked_rows() == {"legacy"}, "a group is marked while all of its profiles are"
        await pilot.press("up", "space", "enter")
    assert app.answer == ["legacy", "audit"]


async def test_an_organization_is_a_tree_whose_units_are_chosen_whole(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    app = host(of_organization(TREE))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        lines = [row.cells[0].text for row in app.subject.query_one(PickList).rows]
        assert lines == [
            "@shops",
            "audit",
            "legacy",
            "▾ Organization of prod",
            "  management",
            "  lab",
            "  ▾ Workloads",
            "    shop",
            "    ▾ Payments",
            "      [/bold]pay",
            "      closed",
            "  ▾ Security",
            "    logs",
        ]
        assert "suspended" in text_of(app.screen)
        await pilot.press(*["down"] * 6, "enter")
    assert app.answer == [MEMBER_NAMES[0], MEMBER_NAMES[1]]

    app = host(of_organization(TREE))
    async with app.run_test(size=(120, 40)) as pilot:
        # A word of a unit's name finds all that is below it; a suspended account cannot be marked.
        await pilot.press(*"payments")
        assert [row.cells[0].text.strip() for row in app.subject.query_one(PickList).rows] == [
            "▾ Payments",
            "[/bold]pay",
            "closed",
        ]
        await pilot.press("down", "down", "enter", "space")
        assert app.screen is app.subject
        assert "No role can be assumed in this account: it is suspended." in text_of(app.screen)
        await pilot.press("ctrl+a", "enter")
    assert app.answer == [MEMBER_NAMES[1]]


def titles(app: Any) -> list[str]:
    return [row.cells[0].text for row in app.subject.query_one(PickList).rows]


def cursor_title(app: Any) -> str:
    title: str = app.subject.query_one(PickList).highlighted.cells[0].text
    return title


async def test_units_fold_and_unfold_from_keys(host: Callable[..., Any], text_of: Callable[..., str]) -> None:
    app = host(of_organization(TREE))
    async with app.run_test(size=(120, 40)) as pilot:
        everything = titles(app)
        # From an account, its unit is closed, then the one above.
        await pilot.press(*["down"] * 9, "left")
        assert cursor_title(app) == "    ▸ Payments"
        assert len(titles(app)) == len(everything) - 2
        assert "→ opens it." in text_of(app.screen)
        await pilot.press("left")
        assert cursor_title(app) == "  ▸ Workloads"
        assert titles(app)[-3:] == ["  ▸ Workloads", "  ▾ Security", "    logs"]
        await pilot.press("right")
        assert "    ▸ Payments" in titles(app), "a unit below stays closed"
        await pilot.press("minus")
        assert titles(app)[-1] == cursor_title(app) == "▸ Organization of prod"
        await pilot.press("right")
        assert titles(app)[-2:] == ["  ▸ Workloads", "  ▸ Security"]
        await pilot.press("plus")
        assert titles(app) == everything
        # A row outside of any unit folds nothing.
        await pilot.press("pageup", "left")
        assert titles(app) == everything
        await pilot.press("down", "down", "down", "left", "enter")
    assert sorted(app.answer) == sorted(["prod", *MEMBER_NAMES]), "a closed unit is chosen whole"


async def test_a_filter_finds_what_a_closed_unit_hides_and_has_the_keys(host: Callable[..., Any]) -> None:
    app = host(of_organization(TREE))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("minus", *"pay-")
        field = app.subject.query_one(Input)
        assert field.value == "pay-"
        await pilot.press("backspace", "left", "plus")
        assert field.value == "pa+y"
        await pilot.press("backspace")
        assert [title.strip() for title in titles(app)] == ["▾ Payments", "[/bold]pay", "closed"]
        await pilot.press("end", *["backspace"] * 3)
        assert titles(app)[-1] == "▸ Organization of prod", "the units are still closed"
        # What is learned meanwhile leaves them closed too.
        app.subject.update_states({})
        assert titles(app)[-1] == "▸ Organization of prod"
        await pilot.press("escape")


async def test_without_units_the_filter_has_the_keys(host: Callable[..., Any]) -> None:
    app = host(picker())
    async with app.run_test() as pilot:
        await pilot.press("minus", "left", "plus", "right")
        assert app.subject.query_one(Input).value == "+-"
        await pilot.press("escape")


async def test_a_click_on_its_sign_folds_a_unit_and_beside_it_marks(host: Callable[..., Any]) -> None:
    app = host(of_organization(TREE))
    async with app.run_test(size=(120, 40)) as pilot:
        everything = titles(app)
        line, sign = everything.index("  ▾ Workloads") + 1, LEFT + 2
        await pilot.click(PickList, offset=(sign, line))
        assert "  ▸ Workloads" in titles(app)
        assert app.subject.marked_rows() == frozenset()
        await pilot.click(PickList, offset=(sign, line), times=2)
        assert "  ▸ Workloads" in titles(app), "two quick clicks fold and unfold"
        await pilot.click(PickList, offset=(sign, line))
        assert titles(app) == everything
        await pilot.click(PickList, offset=(sign + 4, line))
        assert {"shop", "[/bold]pay"} <= {
            row.cells[0].text.strip()
            for row in app.subject.query_one(PickList).rows
            if row.key in app.subject.marked_rows()
        }
        await pilot.press("escape")


async def test_units_that_cannot_be_read_leave_a_flat_list_and_the_reason(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    denied = replace(LISTED, units_reason="Access denied to organizations:ListRoots in us-east-1.")
    app = host(of_organization(denied))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("down", "down", "down")
        await pilot.pause()
        lines = [row.cells[0].text for row in app.subject.query_one(PickList).rows][3:]
        assert lines[:3] == ["▾ Organization of prod", "  management", "  shop"]
        assert len(lines) == 7
        assert "Access denied to organizations:ListRoots" in text_of(app.screen)
        # What is read later takes its place, and marks and cursor stay.
        await pilot.press("space")
        app.subject.update_profiles([SOURCE, *MEMBERS], [TREE])
        await pilot.press("enter")
    assert sorted(app.answer) == sorted(["prod", *MEMBER_NAMES])


async def test_a_login_that_is_renewed_alone_says_so(
    host: Callable[..., Any], text_of: Callable[..., str], tmp_path: Path
) -> None:
    token = {
        "accessToken": "secret",
        "expiresAt": (NOW - timedelta(hours=1)).isoformat(),
        "refreshToken": "secret",
        "registrationExpiresAt": (NOW + timedelta(days=1)).isoformat(),
    }
    (tmp_path / "token.json").write_text(json.dumps(token))
    login = Login(("sso", "login", "--profile", "dev"), str(tmp_path / "token.json"))
    app = host(picker(profiles=[Profile("dev", ProfileKind.SSO, login=login)]))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert "is renewed automatically" in " ".join(text_of(app.screen).split())


async def test_how_it_looks(host: Callable[..., Any], pictures: Pictures) -> None:
    async with host(picker(("acme-prod-admin",))).run_test() as pilot:
        await pilot.press("down", "space", "down", "down", "down")
        await pictures.compare(pilot, WIDE_AND_NARROW, BOTH_THEMES)


async def test_what_is_learned_before_the_list_is_drawn_is_in_it(stage: Any) -> None:
    app = stage.app(selected=["dev", "locked"], scan_on_open=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.until(pilot, lambda: app.session.jobs.scanning)
        subject = SessionProfilePicker(app.session, lambda _profile: None)
        stage.scan.say(stage.started(profiles=["dev", "locked"]), stage.ready("locked"))
        await stage.until(pilot, lambda: app.session.profiles.with_account(["locked"]))
        await app.push_screen(subject)
        await pilot.pause()
        row = next(row for row in subject.query_one(PickList).rows if row.key == "locked")
        assert row.cells[-1].text in ("ready", "scanned just now")
