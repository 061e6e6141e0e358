"""Reading the catalogue without a scan."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from textual.containers import VerticalScroll
from textual.widgets import Input

from app.pictures import WIDE_AND_NARROW, Pictures
from cloud_audit_tui.app.presentation.check_text import Entry
from cloud_audit_tui.app.screens.check_browser import CheckBrowser
from cloud_audit_tui.app.widgets.pick_list import PickList
from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.checks.explanation import About, Effect
from cloud_audit_tui.model import Category, Scope, Severity
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

WIDE, NARROW = (120, 40), (80, 24)
SECTIONS = "cloud_audit_tui.app.screens.check_browser.whole_explanation"

TEMPLATE = """\
## {title}

`{id}` · Critical · sagemaker · security · regional · `AWS::SageMaker::NotebookInstance`

Whoever opens this notebook is root on it.

### Why it matters

With root a cell can change the system that runs it.

### Remediation: AWS CLI

```sh
aws sagemaker update-notebook-instance {{{{ where }}}} \\
  --notebook-instance-name={{{{ notebook }}}} \\
  --root-access=Disabled
```

### Remediation: Terraform

```hcl
resource "aws_sagemaker_notebook_instance" {{{{ label }}}} {{
  root_access = "Disabled"
}}
```

### References

- <https://docs.aws.amazon.com/sagemaker/latest/dg/nbi-root-access.html>
"""


NOTHING = Effect("It changes nothing.", "Nothing.", "Nothing.", "Nothing.", [], [])


def few() -> list[Entry]:
    rows = [
        ("aws-iam-001", "Root user has no MFA", "iam", Severity.CRITICAL, Category.SECURITY),
        ("aws-rds-003", "RDS instance without Multi-AZ", "rds", Severity.MEDIUM, Category.RELIABILITY),
        ("aws-s3-006", "Bucket without a lifecycle rule", "s3", Severity.LOW, Category.COST),
        (
            "aws-sagemaker-001",
            "SageMaker notebook gives its users root access",
            "sagemaker",
            Severity.CRITICAL,
            Category.SECURITY,
        ),
    ]
    entries = [
        Entry(id_, About(id_, title, service, severity, category, Scope.REGIONAL, "AWS::Thing", NOTHING))
        for id_, title, service, severity, category in rows
    ]
    return [*entries, Entry("aws-zzz-001", None)]


@pytest.fixture
def explained(monkeypatch: pytest.MonkeyPatch) -> None:
    titles = {entry.check_id: entry.title for entry in few()}
    monkeypatch.setattr(SECTIONS, lambda id_: TEMPLATE.format(id=id_, title=titles[id_]))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Explain each check in a sentence, where the explanation is not what is looked at."""
    monkeypatch.setattr(SECTIONS, lambda id_: f"Told of {id_}.")


async def settled(pilot: Pilot[None], screen: CheckBrowser) -> None:
    for _ in range(500):
        row = screen.query_one(PickList).highlighted
        if (
            screen._rows
            and screen._check_id == (row.key if row else "")
            and screen._explained == screen._check_id
        ):
            break
        await pilot.pause(0.01)
    else:
        raise AssertionError("it is not explained")
    await pilot.pause()


async def test_every_check_is_listed_and_the_one_under_the_cursor_explained(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    app = host(CheckBrowser())
    async with app.run_test(size=WIDE) as pilot:
        with each_row() as row:
            for size in (WIDE, NARROW):
                with row(size):
                    await pilot.resize_terminal(*size)
                    await settled(pilot, app.subject)
                    assert f"{len(all_checks())} checks" in text_of(app.screen)
                    first = next(iter(all_checks()))
                    assert first in text_of(app.screen).split("\n", 2)[2]
                    await pilot.press("tab", "end")
                    await pilot.pause()
                    assert "docs.aws.amazon.com" in text_of(app.screen)
                await pilot.press("home", "escape")


async def test_typing_filters(host: Callable[..., Any], text_of: Callable[..., str], told: None) -> None:
    rows = {
        "multi-az": ["aws-rds-003"],
        "critical notebook": ["aws-sagemaker-001"],
        "cost": ["aws-s3-006"],
        "critical": ["aws-iam-001", "aws-sagemaker-001"],
        "zzz": ["aws-zzz-001"],
        "nothing of it": [],
    }
    app = host(CheckBrowser(read=few))
    async with app.run_test(size=WIDE) as pilot:
        await settled(pilot, app.subject)
        with each_row() as row:
            for words, ids in rows.items():
                with row(words):
                    app.screen.query_one(Input).value = words
                    await pilot.pause()
                    assert [each.key for each in app.screen.query_one(PickList).rows] == ids
                    assert f"{len(ids)} of 5" in text_of(app.screen)
                    assert ("No check matches." in text_of(app.screen)) is not bool(ids)


async def test_keys_move_to_a_check_and_enter_asks_for_its_findings(
    host: Callable[..., Any], told: None
) -> None:
    app = host(CheckBrowser(read=few))
    async with app.run_test(size=WIDE) as pilot:
        await settled(pilot, app.subject)
        rows = app.screen.query_one(PickList)
        await pilot.press("pagedown")
        assert rows.cursor == 4
        await pilot.press("pageup")
        assert rows.cursor == 0
        await pilot.press("down", "down", "up", "enter")
    assert app.answer == "aws-rds-003"


async def test_letters_scroll_what_is_read_and_escape_goes_back_a_step_at_a_time(
    host: Callable[..., Any], explained: None
) -> None:
    app = host(CheckBrowser(read=few))
    async with app.run_test(size=NARROW) as pilot:
        await settled(pilot, app.subject)
        picks, text = app.screen.query_one(PickList), app.screen.query_one("#explained", VerticalScroll)
        assert picks.size.height > 4
        await pilot.press("tab")
        await pilot.pause()
        assert text.has_focus
        assert text.size.height > 15
        await pilot.press("j", "G", "k")
        assert app.screen.query_one(Input).value == ""
        assert text.scroll_y > 0
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is app.subject
        assert app.screen.query_one(Input).has_focus
        await pilot.press("escape")
    assert app.answer is None


async def test_a_slow_explanation_is_never_taken_for_that_of_another_check(
    host: Callable[..., Any], text_of: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    doors = {entry.check_id: threading.Event() for entry in few()}

    def slow(check_id: str) -> str:
        assert doors[check_id].wait(20)
        return f"Told of {check_id}."

    monkeypatch.setattr(SECTIONS, slow)
    app = host(CheckBrowser(read=few))
    async with app.run_test(size=WIDE) as pilot:
        doors["aws-iam-001"].set()
        await settled(pilot, app.subject)
        assert "Told of aws-iam-001." in text_of(app.screen)
        for key in ("down", "down", "up", "down", "down"):
            await pilot.press(key)
            assert "Told of" not in text_of(app.screen)
        for door in doors.values():
            door.set()
        await settled(pilot, app.subject)
        assert "Told of aws-sagemaker-001." in text_of(app.screen)
        assert text_of(app.screen).count("Told of") == 1


async def test_an_explanation_that_cannot_be_read_is_told_and_the_next_one_is_there(
    host: Callable[..., Any], text_of: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(check_id: str) -> str:
        if check_id == "aws-iam-001":
            raise ValueError("[/x] is missing")
        return f"Told of {check_id}."

    monkeypatch.setattr(SECTIONS, broken)
    app = host(CheckBrowser(read=few))
    async with app.run_test(size=WIDE) as pilot:
        await settled(pilot, app.subject)
        assert "This cannot be shown: [/x] is missing (ValueError)" in text_of(app.screen)
        await pilot.press("down")
        await settled(pilot, app.subject)
        assert "Told of aws-rds-003." in text_of(app.screen)
        assert "cannot be shown" not in text_of(app.screen)


async def test_it_can_be_left_while_the_catalogue_is_being_read(
    host: Callable[..., Any], text_of: Callable[..., str]
) -> None:
    door = threading.Event()

    def slow() -> list[Entry]:
        assert door.wait(20)
        return few()

    app = host(CheckBrowser(read=slow))
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        assert "Reading the catalogue…" in text_of(app.screen)
        await pilot.press("x", "enter", "escape")
        door.set()
    assert app.answer is None


async def test_two_clicks_ask_for_the_findings(host: Callable[..., Any], told: None) -> None:
    app = host(CheckBrowser(read=few))
    async with app.run_test(size=WIDE) as pilot:
        await settled(pilot, app.subject)
        await pilot.click(PickList, offset=(8, 2))
        await settled(pilot, app.subject)
        assert app.screen.query_one(PickList).highlighted.key == "aws-rds-003"
        await pilot.click(PickList, offset=(8, 2), times=2)
        await pilot.pause()
    assert app.answer == "aws-rds-003"


async def test_how_it_looks(
    host: Callable[..., Any], text_of: Callable[..., str], pictures: Pictures, explained: None
) -> None:
    app = host(CheckBrowser("aws-sagemaker-001", read=few))
    async with app.run_test(size=WIDE) as pilot:
        await settled(pilot, app.subject)
        # It begins on the check that it was opened for.
        assert app.screen.query_one(PickList).highlighted.key == "aws-sagemaker-001"
        assert "SageMaker notebook gives its users root access" in text_of(app.screen)
        assert "Why it matters" in text_of(app.screen)
        await pictures.compare(pilot, WIDE_AND_NARROW)


async def test_it_can_be_left_while_an_explanation_is_being_read(
    host: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    door = threading.Event()

    def slow(_check_id: str) -> str:
        assert door.wait(20)
        return "Late."

    monkeypatch.setattr(SECTIONS, slow)
    app = host(CheckBrowser(read=few))
    async with app.run_test(size=WIDE) as pilot:
        for _ in range(100):
            await pilot.pause(0.01)
            if app.subject._check_id:
                break
        reading = app.subject._explaining.start()
        await pilot.press("escape")
        await pilot.pause()
        door.set()
        await reading
