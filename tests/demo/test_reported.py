"""What another scanner reports of the demo gets the fixes of our own scan once our checks have looked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from cloud_audit_tui.commands.main import main
from cloud_audit_tui.reports.opened_report import twins
from reports.read_report import read_report

if TYPE_CHECKING:
    from pathlib import Path

    from cloud_audit_tui.demo.embedded import EmbeddedAws
    from cloud_audit_tui.model import Finding

pytestmark = pytest.mark.proof


def theirs(finding: Finding, check: str) -> dict[str, Any]:
    """Return a failure as Prowler reports it, without what it has read of the resource."""
    region = finding.region or "us-east-1"
    arn = f"arn:aws:x:{region}:{finding.account_id}:unknown"
    return {
        "class_uid": 2004,
        "metadata": {"event_code": check, "product": {"name": "Prowler"}},
        "finding_info": {"title": finding.title},
        "severity": "High",
        "status_code": "FAIL",
        "cloud": {"provider": "aws", "region": region, "account": {"uid": finding.account_id}},
        "resources": [
            {
                "uid": finding.resource_id or arn,
                "name": finding.resource_name or "unknown",
                "type": finding.resource_type,
                "region": region,
            }
        ],
    }


def test_what_our_checks_read_gives_the_text_of_our_own_scan(in_demo: EmbeddedAws, tmp_path: Path) -> None:
    profile = in_demo.profiles[0]
    scanned, ours = tmp_path / "ours.json", tmp_path / "ours.sh"
    command = ["scan", "--profile", profile, "--format", "json", "-o", str(scanned), "-q"]
    invocation = CliRunner().invoke(main, [*command, "--export-fixes", str(ours)])
    assert invocation.exit_code == 1, invocation.output
    names = {our_check: check for check, our_check in twins().items()}
    findings = [entry.finding for entry in read_report(scanned.read_bytes()).entries]
    failed = [finding for finding in findings if finding.status == "fail" and finding.check_id in names]
    assert len(failed) > 20
    report = tmp_path / "prowler.ocsf.json"
    report.write_text(json.dumps([theirs(finding, names[finding.check_id]) for finding in failed]))

    blind, read = tmp_path / "blind.sh", tmp_path / "read.sh"
    without = CliRunner().invoke(main, ["open", str(report), "--export-fixes", str(blind)])
    assert without.exit_code == 0, without.output
    with_profile = ["open", str(report), "--profile", profile, "--export-fixes", str(read)]
    invocation = CliRunner().invoke(main, with_profile)
    assert invocation.exit_code == 0, invocation.output
    assert f"Our checks of the report's failures: {len(failed)} still failing." in invocation.output

    # Fixes are numbered among others in the script of the scan: the steps alone are compared.
    own_steps, read_steps = steps(ours.read_text()), steps(read.read_text())
    assert len(read_steps) > len(steps(blind.read_text())) + 5
    assert read_steps <= own_steps


def steps(text: str) -> set[str]:
    """Return the commands of a script of many fixes that name the profile."""
    return {line.strip() for line in text.splitlines() if " --profile=" in line or line.startswith("aws ")}
