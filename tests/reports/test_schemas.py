"""Each format under the schema of its standard, or read by a reader that others wrote.

`schemas/sarif-2.1.0.json` is the JSON schema of the OASIS standard, as its committee publishes it:
<https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json>.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloud_audit_tui.model import Status
from cloud_audit_tui.reports.document import Entry, Report, ScanInfo
from cloud_audit_tui.reports.format import Options
from cloud_audit_tui.reports.format_registry import formats
from reports.made_report import finding_of, whole_report

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMA = Path(__file__).parent / "schemas" / "sarif-2.1.0.json"
REPORTS = pytest.mark.parametrize("make", [whole_report, Report], ids=["whole", "empty"])


def text(report: Report, name: str) -> str:
    return formats()[name].to_text(report, Options())


@REPORTS
def test_sarif_is_valid_under_the_schema_of_the_standard(make: Callable[[], Report]) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    faults = [
        f"{error.json_path}: {error.message}"
        for error in validator.iter_errors(json.loads(text(make(), "sarif")))
    ]
    assert faults == []


@REPORTS
def test_ocsf_is_valid_under_the_models_that_prowler_writes_it_with(make: Callable[[], Report]) -> None:
    models = pytest.importorskip("py_ocsf_models.events.findings.detection_finding")
    events = json.loads(text(make(), "ocsf"))
    assert [models.DetectionFinding.model_validate(event).finding_info.uid for event in events] == [
        event["finding_info"]["uid"] for event in events
    ]


def test_junit_is_read_with_the_same_counts() -> None:
    junitparser = pytest.importorskip("junitparser")
    report = junitparser.JUnitXml.fromstring(text(whole_report(), "junit").encode())
    assert (report.tests, report.failures, report.errors, report.skipped) == (10, 4, 0, 4)


def test_markdown_makes_the_tables_that_it_means() -> None:
    markdown_it = pytest.importorskip("markdown_it")
    tokens = markdown_it.MarkdownIt("commonmark").enable("table").parse(text(whole_report(), "markdown"))
    kinds = [token.type for token in tokens]
    assert kinds.count("table_open") == 5
    assert not any(token.type in {"html_block", "html_inline", "link_open", "image"} for token in tokens)


@pytest.fixture
def cloud_audit() -> str:
    """The program of the format `cloud-audit`; it is not among our dependencies."""
    program = shutil.which("cloud-audit")
    if program is None:
        pytest.skip("cloud-audit is not installed")
    return program


@pytest.mark.proof
def test_cloud_audit_compares_and_simulates_our_report(cloud_audit: str, tmp_path: Path) -> None:
    scan = ScanInfo(
        "s",
        "1",
        "2026-01-01T00:00:00+00:00",
        "2026-01-01T00:01:00+00:00",
        "complete",
        checks=("aws-iam-001",),
    )
    fixed = Entry(finding_of(status=Status.PASS))
    before, after = (tmp_path / name for name in ("before.json", "after.json"))
    before.write_text(
        text(
            Report(scan, whole_report().accounts, entries=(Entry(finding_of()), Entry(finding_of("b")))),
            "cloud-audit",
        )
    )
    after.write_text(
        text(Report(scan, whole_report().accounts, entries=(fixed, Entry(finding_of("b")))), "cloud-audit")
    )

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [cloud_audit, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    same = run("diff", before, before, "--format", "json", "-q")
    assert same.returncode == 0, same.stdout + same.stderr
    assert run("diff", before, after, "-q").returncode == 0, "nothing new"
    assert run("diff", after, before, "-q").returncode == 1, "one is new again"
    simulated = run("simulate", "--fix", "aws-sagemaker-001", "--report", before)
    assert simulated.returncode == 0, simulated.stdout + simulated.stderr
    assert "Findings" in simulated.stdout
