"""Opens the resource of a finding in the AWS console, or shows the address."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cloud_audit_tui.app.dialogs.copy_text import CopyText
from cloud_audit_tui.app.host import push_once
from cloud_audit_tui.app.presentation.console_urls import console_url
from cloud_audit_tui.app.system import browser
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from cloud_audit_tui.app.host import Host
    from cloud_audit_tui.app.session import Session

TITLE = "AWS console"
NO_FINDING = "Select a finding: there is no resource to open."
NO_ADDRESS = "The AWS console has no page for this: it is not in a public partition, or it is not a resource."


def open_console(session: Session, host: Host, row_id: int | None) -> None:
    """Open the resource of a row in a browser; where that is impossible, show the address to copy."""
    if row_id is None:
        host.notify(NO_FINDING, title=TITLE, severity="warning", markup=False)
    else:
        host.background(partial(_open, session, host, row_id), "copy")


async def _open(session: Session, host: Host, row_id: int) -> None:
    selected = await session.findings.selected(row_id)
    if selected is None:
        return
    finding = selected.finding
    url = console_url(finding)
    name = plain(finding.resource_name or finding.resource_id) or finding.check_id
    if not url:
        host.notify(NO_ADDRESS, title=TITLE, severity="warning", markup=False)
        return
    # With another endpoint, as in the demo, AWS does not have this resource.
    if "AWS_ENDPOINT_URL" not in session.pasteable and await browser.open_page(url):
        host.notify(
            f"Opened {name}. The browser has to be signed in to account {plain(finding.account_id)}.",
            title=TITLE,
            markup=False,
        )
    else:
        title = f"{name} in the AWS console of {plain(finding.account_id)}"
        push_once(host, CopyText(title, url, "console-address.txt"))
