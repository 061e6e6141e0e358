"""The start of the app imports nothing that only a scanner, a filter, a fix or the embedded AWS needs."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.proof

FOREIGN = {
    *("aioboto3", "aiobotocore", "aiohttp", "boto3", "botocore"),
    *("distributed", "flask", "jinja2", "lark", "moto", "werkzeug"),
}

OPENING = """
import asyncio, os, sys
from pathlib import Path

import cloud_audit_tui.commands.main
from cloud_audit_tui.app.app import CloudAuditApp
from cloud_audit_tui.aws.profiles import list_profiles
from cloud_audit_tui.store.store import Store


async def main():
    store = Store.open(Path(sys.argv[1]) / "findings.db")
    profiles = list_profiles(os.environ)
    assert [profile.name for profile in profiles] == ["dev"], profiles
    app = CloudAuditApp(store, profiles, selected=["dev"])
    async with app.run_test(size=(120, 40)):
        await app.main.laid_out.wait()
    store.close()


asyncio.run(main())
print(*{name.partition(".")[0] for name in sys.modules})
"""


def test_the_start_of_the_app_imports_no_aws_client_no_grammar_and_no_templates(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("[profile dev]\nregion = eu-central-1\n")
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", OPENING, str(tmp_path)],
        env={"AWS_CONFIG_FILE": str(config), "AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert not FOREIGN & set(ran.stdout.split())


def test_the_first_frame_waits_for_no_other_screen_no_store_and_no_scanner() -> None:
    late = (
        "cloud_audit_tui.app.dialogs",
        "cloud_audit_tui.app.screens",
        "cloud_audit_tui.app.session",
        "cloud_audit_tui.checks",
        "cloud_audit_tui.commands.scan",
        "cloud_audit_tui.demo",
        "cloud_audit_tui.filters",
        "cloud_audit_tui.scan.events",
        "cloud_audit_tui.store.queries",
        "markdown_it",
        "pygments",
        "sqlite3",
    )
    program = f"""
import sys
import cloud_audit_tui.commands.main
import cloud_audit_tui.app.app
import cloud_audit_tui.aws.profiles
import cloud_audit_tui.commands.user_settings
print(*[name for name in sys.modules if name.startswith({late!r})])
"""
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == []
