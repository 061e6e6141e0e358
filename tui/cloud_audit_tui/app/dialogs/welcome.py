"""The page for a machine without AWS credentials: how to configure some, and the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from cloud_audit_tui.app.dialogs.dialog import Dialog
from cloud_audit_tui.app.keymap import WELCOME_KEYS, bindings, bound_key
from cloud_audit_tui.app.widgets.key_bar import KeyBar

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

DEMO = "demo"

WAYS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("AWS IAM Identity Center (SSO)", ("aws configure sso",)),
    ("Access keys", ("aws configure",)),
    (
        "Environment variables",
        ("export AWS_ACCESS_KEY_ID=…  AWS_SECRET_ACCESS_KEY=…", "export AWS_REGION=eu-west-1"),
    ),
)


class Welcome(Dialog[str | None]):
    """Explains how to configure AWS credentials; answers ``"demo"`` to open the demo, None to close."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(WELCOME_KEYS)]
    DEFAULT_CSS: ClassVar[str] = """
    Welcome {
        .frame { max-width: 72; padding: 1 2 0 2; }
        .body { height: auto; max-height: 18; scrollbar-size-vertical: 1; }
        .body Static { height: auto; }
        .command { background: $panel; padding: 0 1; margin: 0 0 1 2; }
        .way { text-style: bold; }
        #demo { margin-top: 0; }
    }
    """

    def compose(self) -> ComposeResult:
        """Lay out the ways to credentials, and the demo."""
        with Vertical(classes="frame") as frame:
            frame.border_title = "Welcome to cloud-audit-tui"
            with VerticalScroll(classes="body", can_focus=False):
                yield Static(
                    "No AWS credentials were found on this machine. Configure some by:\n", markup=False
                )
                for way, commands in WAYS:
                    yield Static(way, classes="way", markup=False)
                    yield Static("\n".join(commands), classes="command", markup=False)
                yield Static(
                    Content.assemble(
                        "Then start cloud-audit-tui again. It only reads.\n\nOr press ",
                        (bound_key(self, "welcome.demo"), "bold $text-accent"),
                        " to explore a demo AWS that runs on this machine.",
                    ),
                    id="demo",
                    markup=False,
                )
            yield KeyBar(WELCOME_KEYS)

    def action_demo(self) -> None:
        """Open the demo."""
        self.dismiss(DEMO)

    def action_close(self) -> None:
        """Close the page."""
        self.dismiss(None)
