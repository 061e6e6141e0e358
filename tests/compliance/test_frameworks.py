"""The files of the frameworks number their controls as AWS and the publishers do."""

from __future__ import annotations

import re

import pytest

from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.checks.explanation import explanation
from cloud_audit_tui.compliance.catalogue import frameworks, references
from cloud_audit_tui.compliance.framework import Coverage, FrameworkError, parse
from cloud_audit_tui.filters.keys import KEYS
from each_row import each_row

NUMBERS = {
    "aws_fsbp": r"[A-Za-z0-9]+\.\d+",
    "bsi_c5_2020": r"(OIS|SP|HR|AM|PS|OPS|IDM|CRY|COS|PI|DEV|SSO|SIM|BCM|COM|INQ|PSS)-\d\d",
    "cis_aws_v3": r"\d(\.\d+)+",
    "cis_aws_v5": r"\d(\.\d+)+",
    "cis_aws_v6": r"\d(\.\d+)+",
    "cis_aws_v7": r"\d(\.\d+)+",
    "hipaa_security": r"164\.3\d\d\([a-z]\)(\(\d+\))?(\([ivx]+\))?(\([A-Z]\))?",
    "iso27001_2022": r"A\.[5-8]\.\d+",
    "nis2_directive": r"Art\.2[0-9](\(\d+\))?(\([a-j]\))?",
    "soc2_type2": r"(CC\d|A1|C1|PI1|P\d)\.\d",
}
"""The pattern of the numbers that the publisher of a framework gives its controls."""


def test_every_control_has_a_number_of_its_framework() -> None:
    wrong = [
        f"{framework}: {control.id}"
        for framework, pattern in NUMBERS.items()
        for control in frameworks()[framework].controls
        if not re.fullmatch(pattern, control.id)
    ]
    assert not wrong


def test_every_named_check_exists() -> None:
    unknown_checks = [
        f"{framework.id} {control.id}: {check_id}"
        for framework in frameworks().values()
        for control in framework.controls
        for check_id in (*control.checks, *control.related)
        if check_id not in all_checks()
    ]
    assert not unknown_checks


def test_coverage_and_checks_agree() -> None:
    wrong = [
        f"{framework.id} {control.id}"
        for framework in frameworks().values()
        for control in framework.controls
        if (control.coverage is Coverage.WHOLE and not control.checks)
        or (control.coverage is Coverage.NONE and (control.checks or control.related))
        or set(control.checks) & set(control.related)
    ]
    assert not wrong


def test_the_catalogues_are_as_large_as_published() -> None:
    assert len(frameworks()["bsi_c5_2020"].controls) == 121
    assert len(frameworks()["iso27001_2022"].controls) == 93
    assert len(frameworks()["soc2_type2"].controls) == 61


def test_a_check_names_the_controls_that_it_bears_on() -> None:
    rows = [
        ("aws-account-001", "bsi_c5_2020", "OIS-05", True),
        ("aws-account-001", "bsi_c5_2020", "INQ-05", False),
        ("aws-account-001", "nis2_directive", "Art.21(2)(b)", True),
        ("aws-s3-003", "security_hub", "S3.14", True),
        ("aws-s3-003", "aws_fsbp", "S3.14", False),
        ("aws-iam-008", "cis_aws_v3", "1.4", True),
    ]
    with each_row() as row:
        for check_id, framework, control, is_named in rows:
            with row((check_id, framework, control)):
                assert (control in references(check_id).get(framework, [])) is is_named


def test_every_framework_has_a_key_of_its_own_in_filters() -> None:
    names = {each.filter_key: f"Control of {each.name} {each.version}" for each in frameworks().values()}
    assert len(names) == len(frameworks())
    assert {key: KEYS[key].description for key in names} == names


def test_the_explanation_has_the_references_of_the_frameworks() -> None:
    about = explanation("aws-s3-001").about
    assert about.compliance == references("aws-s3-001")
    assert {"cis_aws_v3", "cis_aws_v5", "cis_aws_v6", "cis_aws_v7"} <= set(about.compliance)


def test_a_file_that_is_wrong_is_refused_by_its_line() -> None:
    rows = [
        ("", "ends before"),
        ("name\tX\nversion\t1\n\nid\ttitle\n", "columns"),
        ("name\tX\nversion\t1\n\ncontrol\ttitle\tkind\tcoverage\tchecks\trelated\tlimits\n1\tt\n", "2 cells"),
        (
            "name\tX\nversion\t1\n\ncontrol\ttitle\tkind\tcoverage\tchecks\trelated\tlimits\n"
            "1\tt\tmanual\tall\t\t\t\n",
            "coverage 'all'",
        ),
    ]
    with each_row() as row:
        for text, complaint in rows:
            with row(complaint), pytest.raises(FrameworkError, match=complaint):
                parse("x", text)
