"""Giving a remediation what it needs, from a list or typed."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input

from app.conftest import Stage
from app.pictures import WIDE_AND_NARROW, Pictures
from cloud_audit_tui.app.dialogs.input_form import NOUNS, InputForm
from cloud_audit_tui.app.widgets.input_entry import FormField
from cloud_audit_tui.app.widgets.key_bar import KeyBar
from cloud_audit_tui.app.widgets.pick_list import PickList
from cloud_audit_tui.remediation.templates import Input as Needed
from cloud_audit_tui.scan.choices import SOURCES
from cloud_audit_tui.scan.events import Choice, ChoicesListed
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from textual.pilot import Pilot

WIDE, NARROW = (120, 40), (80, 24)
PLACE = ("dev", "eu-central-1")
WHERE = ", ".join(PLACE)


def arn(number: int) -> str:
    return f"arn:aws:kms:eu-central-1:111122223333:key/{number:08x}-12ab-34cd-56ef-1234567890ab"


KEY = Needed("KMS_KEY_ID", "the ARN of your KMS key for endpoint volumes", arn(5))
SUBNET = Needed("SUBNET_ID", "the subnet for the new notebook instance", "subnet-0123456789abcdef0")
GROUPS = Needed(
    "SECURITY_GROUP_IDS",
    "the security groups for the new notebook instance, separated by commas",
    "sg-0123456789abcdef0",
)
CONTACT = [
    Needed("CONTACT_EMAIL", "the address of the security team", "security@example.com"),
    Needed("CONTACT_NAME", "the name of the person or team", "Security team"),
    Needed("CONTACT_PHONE", "the telephone number with country code", "+49 30 1234567"),
    Needed("CONTACT_TITLE", "the title or function of the contact", "Security"),
]


def choices_of(kind: str, *choices: tuple[str, str], reason: str = "") -> ChoicesListed:
    return ChoicesListed("dev", "eu-central-1", kind, [Choice(*each) for each in choices], reason)


KEYS = choices_of("kms_key", *((arn(number), f"alias/app-{number}") for number in range(6)))
NETS = choices_of("subnet", ("subnet-01234560", "private · vpc-1"), ("subnet-01234561", "public · vpc-1"))
SGS = choices_of("security_group", *((f"sg-0123456{number}", f"web-{number}") for number in range(3)))


def form(
    *needed: Needed, values: Mapping[str, str] | None = None, in_terraform: bool = False, **options: Any
) -> InputForm:
    about = "aws-sagemaker-003 · churn-prod · SageMaker endpoint not encrypted with KMS"
    fields = [
        FormField(
            each.variable,
            each.variable.lower() if in_terraform else each.variable,
            each,
            *PLACE,
            partition="aws",
            value=(values or {}).get(each.variable, ""),
        )
        for each in needed
    ]
    return InputForm("the CLI script", fields, about=about, **options)


async def hear(pilot: Pilot[None], subject: InputForm, *choices: ChoicesListed) -> None:
    await pilot.pause()
    for each in choices:
        subject.add_choices(PLACE, each)
    await pilot.pause()


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


def test_every_list_has_a_name() -> None:
    assert set(NOUNS) == set(SOURCES)


async def test_a_key_is_found_by_its_alias_and_copied_in_two_steps(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    app = host(form(KEY))
    async with app.run_test(size=NARROW) as pilot:
        await hear(pilot, app.subject, KEYS)
        await Stage.paste(pilot, "app-3")
        assert "alias/app-3" in text_of(app.screen)
        assert "alias/app-2" not in text_of(app.screen)
        assert "Enter uses arn:aws:kms:" in text_of(app.screen)
        await press(pilot, "enter")
        assert app.screen.query_one(Input).value == arn(3)
        assert "Enter copies the CLI script" in text_of(app.screen)
        # The others are there again, for who changes his mind.
        assert "alias/app-2" in text_of(app.screen)
        await press(pilot, "enter")
    assert app.answer == {"KMS_KEY_ID": arn(3)}


async def test_arrows_choose_too_and_change_the_choice(host: Callable[..., Any]) -> None:
    app = host(form(KEY))
    async with app.run_test(size=NARROW) as pilot:
        await hear(pilot, app.subject, KEYS)
        await press(pilot, "down", "down", "enter")
        assert app.screen.query_one(Input).value == arn(2)
        await press(pilot, "up", "enter", "enter")
    assert app.answer == {"KMS_KEY_ID": arn(1)}


async def test_it_can_be_typed_while_the_keys_are_read(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    app = host(form(KEY))
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        assert f"Reading the KMS keys ({WHERE})…" in text_of(app.screen)
        await press(pilot, *"alias/x")
        await hear(pilot, app.subject, KEYS)
        assert app.screen.query_one(Input).value == "alias/x"
        await press(pilot, "enter")
    assert app.answer == {"KMS_KEY_ID": "alias/x"}


async def test_a_list_that_may_not_be_read_says_why_and_the_field_still_works(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    app = host(form(KEY))
    async with app.run_test(size=WIDE) as pilot:
        await hear(pilot, app.subject, choices_of("kms_key", reason="Access was denied. Allow kms:ListKeys."))
        text = text_of(app.screen)
        assert "The KMS keys cannot be listed: Access was denied. Allow kms:ListKeys." in text
        assert "Nothing." not in text
        await Stage.paste(pilot, "alias/x")
        await press(pilot, "enter")
    assert app.answer == {"KMS_KEY_ID": "alias/x"}


async def test_an_account_without_any_says_so(host: Callable[..., Any], text_of: Callable[..., str]) -> None:
    app = host(form(KEY))
    async with app.run_test(size=WIDE) as pilot:
        await hear(pilot, app.subject, choices_of("kms_key"))
        assert f"There are no suitable KMS keys ({WHERE})." in text_of(app.screen)


async def test_a_wrong_value_is_told_what_is_valid_and_is_not_copied(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    app = host(form(KEY))
    async with app.run_test(size=WIDE) as pilot:
        await hear(pilot, app.subject, choices_of("kms_key"))
        await Stage.paste(pilot, "my key")
        await press(pilot, "enter")
        assert "Give the ARN, ID or alias of a KMS key, such as" in text_of(app.screen)
        await press(pilot, "x")
        assert "Give the ARN" not in text_of(app.screen)
        await press(pilot, "ctrl+y")
        assert "Give the ARN" in text_of(app.screen)
        assert app.screen is app.subject


async def test_a_key_of_another_partition_is_not_offered(host: Callable[..., Any]) -> None:
    app = host(form(KEY))
    async with app.run_test(size=WIDE) as pilot:
        foreign = arn(1).replace("arn:aws:", "arn:aws-cn:")
        await hear(
            pilot, app.subject, choices_of("kms_key", (foreign, "x"), ("$(touch pwned)", "y"), (arn(2), "z"))
        )
        assert [row.key for row in app.screen.query_one(PickList).rows] == [arn(2)]


LONG_REASON = (
    "Access denied. Add kms:ListAliases and kms:ListKeys to the permissions of this identity. The identity "
    "arn:aws:sts::111122223333:assumed-role/SecurityAudit/jane-doe-from-the-platform-team is not authorized."
)


async def test_the_note_about_a_list_has_its_last_words_in_every_size(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    lists = {
        "Type a value.": choices_of("kms_key", reason=LONG_REASON),
        "is not authorized.": choices_of("kms_key", (arn(0), "alias/app-0"), reason=LONG_REASON),
    }
    app = host(form(KEY))
    async with app.run_test(size=NARROW) as pilot:
        with each_row() as row:
            for end, choices in lists.items():
                for size in (NARROW, WIDE) if choices.choices else (NARROW, (60, 16), WIDE):
                    with row(f"{end} in {size}"):
                        await pilot.resize_terminal(*size)
                        await hear(pilot, app.subject, choices)
                        text = " ".join(text_of(app.screen).replace("│", " ").split())
                        assert end in text
                        assert ("alias/app-0" in text) is bool(choices.choices)
                        assert "^y" in text


async def test_a_fault_is_there_as_a_whole_with_its_field_in_every_size(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    fault = "Give the ARN, ID or alias of a KMS key, such as arn:aws:kms:REGION:ACCOUNT:key/"
    lists = {"denied": choices_of("kms_key", reason=LONG_REASON), "none": choices_of("kms_key"), "some": KEYS}
    with each_row() as row:
        for fields in ((KEY,), (KEY, *CONTACT)):
            app = host(form(*fields))
            async with app.run_test(size=NARROW) as pilot:
                await pilot.pause()
                await Stage.paste(pilot, "my key")
                for (name, choices), size in product(lists.items(), (NARROW, (60, 15), WIDE)):
                    with row(f"{len(fields)} fields, {name} listed, {size}"):
                        if size == NARROW:
                            await hear(pilot, app.subject, choices)
                        await pilot.resize_terminal(*size)
                        value = app.focused.value
                        assert value in text_of(app.screen)
                        await press(pilot, "enter")
                        text = " ".join(re.sub("[│▁-█]", " ", text_of(app.screen)).split())
                        assert value in text
                        assert fault in text
                        assert "90ab." in text.replace(" ", "")
                        await press(pilot, "x")
                        assert fault not in text_of(app.screen)
                        assert f"{value}x" in text_of(app.screen)


async def test_enter_goes_from_field_to_field(host: Callable[..., Any], text_of: Callable[..., str]) -> None:
    app = host(form(SUBNET, GROUPS))
    async with app.run_test(size=NARROW) as pilot:
        await hear(pilot, app.subject, NETS, SGS)
        await Stage.paste(pilot, "public")
        await press(pilot, "enter")
        assert "Enter goes to SECURITY_GROUP_IDS" in text_of(app.screen)
        await press(pilot, "enter")
        assert "web-0" in text_of(app.screen)
        await press(pilot, "down", "enter", "down", "enter")
        assert app.focused.value == "sg-01234561,sg-01234562"
        assert [row.key for row in app.screen.query_one(PickList).rows if row.key in app.focused.value]
        await press(pilot, "up", "enter")
        assert app.focused.value == "sg-01234562"
        await press(pilot, "enter")
    assert app.answer == {"SUBNET_ID": "subnet-01234561", "SECURITY_GROUP_IDS": "sg-01234562"}


async def test_one_more_is_found_after_a_comma(host: Callable[..., Any]) -> None:
    app = host(form(GROUPS, values={"SECURITY_GROUP_IDS": "sg-01234560"}))
    async with app.run_test(size=NARROW) as pilot:
        await hear(pilot, app.subject, SGS)
        await press(pilot, "end")
        await Stage.paste(pilot, ",web-2")
        await press(pilot, "enter", "enter")
    assert app.answer == {"SECURITY_GROUP_IDS": "sg-01234560,sg-01234562"}


async def test_nothing_missing_is_copied_at_once(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    app = host(form(KEY, values={"KMS_KEY_ID": arn(4)}))
    async with app.run_test(size=WIDE) as pilot:
        await hear(pilot, app.subject, KEYS)
        assert app.screen.query_one(PickList).highlighted.key == arn(4)
        await press(pilot, "enter")
    assert app.answer == {"KMS_KEY_ID": arn(4)}


async def test_what_is_missing_is_gone_to(host: Callable[..., Any], text_of: Callable[..., str]) -> None:
    app = host(form(*CONTACT, values={"CONTACT_EMAIL": "a@example.com", "CONTACT_NAME": "Us"}))
    async with app.run_test(size=NARROW) as pilot:
        await pilot.pause()
        assert app.focused.value == ""
        await Stage.paste(pilot, "call me")
        await press(pilot, "ctrl+y")
        assert "Give a telephone number" in text_of(app.screen)
        await press(pilot, "ctrl+u")
        await Stage.paste(pilot, "+49 30 1")
        await press(pilot, "tab")
        await Stage.paste(pilot, "Boss")
        await press(pilot, "ctrl+y")
    assert app.answer == {
        "CONTACT_EMAIL": "a@example.com",
        "CONTACT_NAME": "Us",
        "CONTACT_PHONE": "+49 30 1",
        "CONTACT_TITLE": "Boss",
    }


async def test_what_has_a_value_of_its_own_may_stay_empty(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    optional = Needed("KMS_KEY_ARN", "The ARN of the KMS key", "", optional=True)
    app = host(form(optional, in_terraform=True))
    async with app.run_test(size=WIDE) as pilot:
        await hear(pilot, app.subject, choices_of("kms_key"))
        assert "kms_key_arn" in text_of(app.screen)
        assert "may stay empty" in text_of(app.screen)
        await press(pilot, "enter")
    assert app.answer == {}


@pytest.mark.parametrize(("key", "answer"), [("ctrl+n", {}), ("escape", None)])
async def test_it_is_left_without_values_or_without_copying(
    host: Callable[..., Any], key: str, answer: object
) -> None:
    app = host(form(KEY))
    async with app.run_test(size=NARROW) as pilot:
        await press(pilot, "x", key)
    assert app.answer == answer


async def test_keys_move_between_fields_and_by_pages(host: Callable[..., Any]) -> None:
    app = host(form(SUBNET, GROUPS))
    async with app.run_test(size=NARROW) as pilot:
        await hear(pilot, app.subject, NETS, SGS)
        first, second = app.screen.query(Input)
        await pilot.press("tab")
        assert app.focused is second
        await pilot.press("shift+tab")
        assert app.focused is first
        rows = app.screen.query_one(PickList)
        await pilot.press("pagedown")
        assert rows.cursor > 0
        await pilot.press("pageup")
        assert rows.cursor == 0


async def test_the_mouse_does_all_of_it(host: Callable[..., Any]) -> None:
    app = host(form(SUBNET, GROUPS))
    async with app.run_test(size=NARROW) as pilot:
        await hear(pilot, app.subject, NETS, SGS)
        await pilot.click(PickList, offset=(8, 2))
        await pilot.pause()
        first, second = app.screen.query(Input)
        assert first.value == "subnet-01234561"
        await pilot.click(second)
        await pilot.pause()
        await pilot.click(PickList, offset=(8, 1))
        await pilot.pause()
        (copy,) = [item for item in app.screen.query_one(KeyBar).items() if item.text.plain.endswith("Copy")]
        await pilot.click(KeyBar, offset=(copy.start + 1, 0))
        await pilot.pause()
    assert app.answer == {"SUBNET_ID": "subnet-01234561", "SECURITY_GROUP_IDS": "sg-01234560"}


async def test_names_from_aws_are_only_text(host: Callable[..., Any], text_of: Callable[..., str]) -> None:
    hostile = ["[/x]", "[red]", "\x1b[2J\x1b]52;c;aGk=\x07", "\u202egnp.exe", "a\nb", "[@click=app.quit]x[/]"]
    app = host(form(KEY))
    async with app.run_test(size=NARROW) as pilot:
        keys = [(arn(number), label) for number, label in enumerate(hostile)]
        await hear(pilot, app.subject, choices_of("kms_key", *keys, reason="[/x] \x1b[2J"))
        text = text_of(app.screen)
        assert "[/x]" in text
        assert "[@click=app.quit]x[/]" in text
        assert not set("\x1b\x07\u202e") & set(text)
        await Stage.paste(pilot, "[/x]")
        await press(pilot, "enter", "enter")
    assert app.answer == {"KMS_KEY_ID": arn(0)}


def place_fields() -> list[FormField]:
    """Return a key of two regions, and something that has no list."""
    return [
        FormField("A", "FIX_1_KMS_KEY_ID", KEY, "dev", "eu-central-1", subject="aws-sagemaker-003 · churn"),
        FormField("B", "FIX_2_KMS_KEY_ID", KEY, "dev", "us-east-1", subject="for 3 fixes, such as x"),
        FormField("C", "FIX_3_CONTACT_NAME", CONTACT[1]),
    ]


async def test_each_place_is_listed_when_its_field_is_reached(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    requested: list[Any] = []
    several = InputForm(
        "the CLI script of 5 fixes",
        place_fields(),
        about="3 values",
        partial=True,
        request_choices=lambda place, kinds: requested.append((place, kinds)),
    )
    app = host(several)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        assert requested == [(PLACE, ["kms_key"])]
        assert "aws-sagemaker-003 · churn" in text_of(app.screen)
        assert "for 3 fixes" in text_of(app.screen)
        several.add_choices(PLACE, KEYS)
        await press(pilot, "enter")
        assert app.focused.value == arn(0)
        await press(pilot, "enter")
        assert requested[1:] == [(("dev", "us-east-1"), ["kms_key"])]
        assert "Reading the KMS keys (dev, us-east-1)" in text_of(app.screen)
        # Nothing is listed there: Enter passes the field over.
        assert "Enter goes to FIX_3_CONTACT_NAME" in text_of(app.screen)
        await press(pilot, "enter", *"Us")
        assert "Enter copies the CLI script of 5 fixes" in text_of(app.screen)
        await press(pilot, "enter")
    assert app.answer == {"A": arn(0), "C": "Us"}


async def test_a_wrong_value_is_not_taken_for_an_empty_one(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    app = host(InputForm("the CLI script", place_fields(), about="", partial=True))
    async with app.run_test(size=WIDE) as pilot:
        await Stage.paste(pilot, "my key")
        await press(pilot, "ctrl+y")
        assert "Give the ARN" in text_of(app.screen)
        await press(pilot, "ctrl+u", "ctrl+y")
    assert app.answer == {}


FORMS: dict[str, tuple[Sequence[Needed], Sequence[ChoicesListed], Sequence[str]]] = {
    "reading": ([KEY], [], []),
    "keys": ([KEY], [KEYS], ["down"]),
    "chosen": ([SUBNET, GROUPS], [NETS, SGS], ["enter", "enter", "enter", "down", "enter"]),
    "denied": (
        [KEY],
        [choices_of("kms_key", reason="Access was denied. Allow kms:ListKeys.")],
        [*"key", "enter"],
    ),
    "contact": (CONTACT, [], [*"me", "ctrl+y"]),
}


async def test_how_it_looks(host: Callable[..., Any], pictures: Pictures) -> None:
    with each_row() as row:
        for name, (needed, choices, keys) in FORMS.items():
            app = host(form(*needed))
            with row(name):
                async with app.run_test(size=WIDE) as pilot:
                    await hear(pilot, app.subject, *choices)
                    await press(pilot, *keys)
                    await pictures.compare(pilot, WIDE_AND_NARROW, name=f"{name}-{{size}}")
