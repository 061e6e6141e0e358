"""Every check of the catalogue exists, is explained in every section, and has a fix or says why not."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import botocore.session
import pytest

from cloud_audit_tui.aws.operations import IDENTITY_READS
from cloud_audit_tui.aws.permissions import least_privilege
from cloud_audit_tui.checks.catalogue import UnknownCheckError, all_checks, select
from cloud_audit_tui.checks.explanation import explanation, parse, sources

CATALOGUE = Path(__file__).with_name("catalogue.tsv")
LARGEST_POLICY = 6144
"""Characters of a managed policy, white space not counted (IAM and AWS STS quotas)."""
LONGEST_TITLE = 60
SHORTEST_TEXT = 40


def catalogue_rows() -> dict[str, dict[str, str]]:
    with CATALOGUE.open(encoding="utf-8") as file:
        return {row["id"]: row for row in csv.DictReader(file, delimiter="\t")}


def test_every_check_of_the_catalogue_is_there_with_its_facts() -> None:
    wrong = {}
    for check_id, row in catalogue_rows().items():
        about = explanation(check_id).about if check_id in all_checks() else None
        facts = (about.service, about.severity, about.category) if about is not None else None
        if facts != (row["service"], row["severity"], row["category"]):
            wrong[check_id] = facts
    assert wrong == {}


def test_a_misspelt_id_is_answered_with_those_that_are_like_it() -> None:
    with pytest.raises(UnknownCheckError, match=r"Did you mean .*aws-s3-001") as near:
        select(["aws-s3-01"])
    assert "aws-iam" not in str(near.value)
    with pytest.raises(UnknownCheckError, match="Ids look like aws-s3-001"):
        select(["public buckets"])


def test_no_explanation_is_without_its_check() -> None:
    assert set(sources()) == set(all_checks())


def test_every_explanation_is_whole() -> None:
    lacks = {check_id: missing for check_id in all_checks() if (missing := _missing(check_id))}
    assert lacks == {}


def _missing(check_id: str) -> list[str]:
    """Return what an explanation lacks, in words."""
    text = explanation(check_id)
    rules = {
        "its own id": text.about.id == check_id,
        "a short title": 0 < len(text.about.title) <= LONGEST_TITLE,
        "a summary": len(text.summary) > SHORTEST_TEXT,
        "a page of AWS's documentation": any(
            address.startswith("https://docs.aws.amazon.com/") for address in text.references
        ),
        "its own scan under Detection": f"cloud-audit-tui scan --checks {check_id}"
        in text.sections["Detection"],
        "a script, or stop() where no command can mend": bool(text.cli),
        "a Terraform file, or stop() where Terraform cannot mend": bool(text.terraform),
        "a script without comments, which an interactive zsh does not know": not re.search(
            r"^\s*#", text.cli, re.MULTILINE
        ),
    }
    short = [heading for heading, section in text.sections.items() if len(section) <= SHORTEST_TEXT]
    return [words for words, holds in rules.items() if not holds] + [f"a text under {one}" for one in short]


def test_every_declared_read_exists_in_botocore() -> None:
    session = botocore.session.get_session()
    for check in all_checks().values():
        for read in check.reads:
            service, operation = read.split(":")
            assert operation in session.get_service_model(service).operation_names, f"{check.id}: {read}"


def test_the_policy_of_all_checks_fits_into_one_managed_policy() -> None:
    reads = {read for check in all_checks().values() for read in check.reads}
    policy = json.dumps(least_privilege({*IDENTITY_READS, *reads}), separators=(",", ":"))
    assert len(policy) <= LARGEST_POLICY


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("no front matter", "front matter"), ('+++\nid = "x"\n+++\n', "title"), ("", "front matter")],
)
def test_an_explanation_that_is_not_whole_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse(text)
