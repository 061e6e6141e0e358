"""All checks of the catalogue are there, each explained in every section and mendable or honest about it."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import botocore.session
import pytest

from cloud_audit_tui.aws.identity import READS
from cloud_audit_tui.aws.permissions import least_privilege
from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.checks.explanation import explanation, parse, sources
from each_row import each_row

LISTED = Path(__file__).with_name("catalogue.tsv")
LARGEST_POLICY = 6144
"""Characters of a managed policy, white space not counted (IAM and AWS STS quotas)."""
LONGEST_TITLE = 60


def listed() -> dict[str, dict[str, str]]:
    with LISTED.open(encoding="utf-8") as file:
        return {row["id"]: row for row in csv.DictReader(file, delimiter="\t")}


def test_every_check_of_the_catalogue_is_there() -> None:
    """The list is what an independent catalogue says of the first checks; a new check needs no row."""
    assert set(listed()) <= set(all_checks())


def test_no_explanation_is_without_its_check() -> None:
    assert set(sources()) == set(all_checks())


def test_an_explanation_says_what_the_catalogue_says() -> None:
    with each_row() as row:
        for check_id, expected in listed().items():
            with row(check_id):
                about = explanation(check_id).about
                assert (about.service, about.severity, about.category) == (
                    expected["service"],
                    expected["severity"],
                    expected["category"],
                )


def test_an_explanation_is_whole() -> None:
    with each_row() as row:
        for check_id in all_checks():
            with row(check_id):
                known = explanation(check_id)
                assert known.about.id == check_id
                assert 0 < len(known.about.title) <= LONGEST_TITLE
                assert len(known.summary) > 40
                for heading, text in known.sections.items():
                    assert len(text) > 40, heading
                assert any(address.startswith("https://docs.aws.amazon.com/") for address in known.references)
                assert f"cloud-audit-tui scan --checks {check_id}" in known.sections["Detection"]
                assert known.cli, "a check that no command can mend says so with stop()"
                assert known.terraform, "a check that Terraform cannot mend says so with stop()"
                assert not re.search(r"^\s*#", known.cli, re.MULTILINE), (
                    "an interactive zsh knows no comments"
                )


def test_every_declared_read_exists_in_botocore() -> None:
    session = botocore.session.get_session()
    for check in all_checks().values():
        for read in check.reads:
            service, operation = read.split(":")
            assert operation in session.get_service_model(service).operation_names, f"{check.id}: {read}"


def test_the_policy_of_all_checks_fits_into_one_managed_policy() -> None:
    reads = {read for check in all_checks().values() for read in check.reads}
    policy = json.dumps(least_privilege({*READS, *reads}), separators=(",", ":"))
    assert len(policy) <= LARGEST_POLICY


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("no front matter", "front matter"), ('+++\nid = "x"\n+++\n', "title"), ("", "front matter")],
)
def test_an_explanation_that_is_not_whole_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse(text)
