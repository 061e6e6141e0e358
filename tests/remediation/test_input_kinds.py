"""Every variable that a template asks for has a kind, and a kind says what is valid."""

from __future__ import annotations

import re

import pytest

from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.checks.explanation import explanation
from cloud_audit_tui.remediation.given_facts import PLANS, PLANS_BY_TYPE
from cloud_audit_tui.remediation.input_kinds import KINDS, VARIABLES, Reuse, kind_of, variable_of
from cloud_audit_tui.remediation.quoting import Language
from cloud_audit_tui.remediation.render import render
from cloud_audit_tui.scan.choices import SOURCES
from each_row import each_row
from remediation import data_findings, ec2_findings, findings_to_fix

ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
FREE_TEXT = {"POLICY_DOCUMENT", "POLICY_FILE", "QR_CODE_FILE"}
SECRET = {"SECRET_VALUE"}
FINDINGS = {
    f"{room.__name__}: {name}": finding
    for room in (findings_to_fix, data_findings, ec2_findings)
    for name, finding in room.ORDINARY.items()
}


def asked_by_templates() -> set[str]:
    names: set[str] = set()
    for check_id in all_checks():
        of_check = explanation(check_id)
        names.update(re.findall(r'required\("(\w+)"', of_check.cli))
        names.update(
            name.upper() for name in re.findall(r'^variable "(\w+)"', of_check.terraform, re.MULTILINE)
        )
    return names - SECRET


def asked_about_reports() -> set[str]:
    every = [*PLANS.values(), *PLANS_BY_TYPE.values()]
    return {each.variable for plans in every for plan in plans for each in plan.questions}


def test_every_variable_of_a_template_has_a_kind_and_no_other_is_named() -> None:
    assert asked_by_templates() | asked_about_reports() == set(VARIABLES)
    assert asked_by_templates().isdisjoint(asked_about_reports())


def test_only_these_are_free_text() -> None:
    assert {variable for variable in VARIABLES if not kind_of(variable).pattern} == FREE_TEXT


def test_the_tables_fit_together() -> None:
    assert {variable.kind for variable in VARIABLES.values()} == set(KINDS)
    assert {kind.candidates for kind in KINDS.values() if kind.candidates} == set(SOURCES)
    assert all(kind.valid for kind in KINDS.values() if kind.pattern)


def test_what_two_variables_name_is_reused_in_the_same_way() -> None:
    pairs = [(row, VARIABLES[row.same_as]) for row in VARIABLES.values() if row.same_as]
    assert pairs
    for row, other in pairs:
        assert other.reuse is row.reuse
        assert other.same_as == ""


def test_what_confirms_or_describes_one_thing_is_never_reused() -> None:
    confirmations = {name for name, variable in VARIABLES.items() if variable.kind == "confirmation"}
    assert {VARIABLES[name].reuse for name in confirmations | FREE_TEXT} == {Reuse.NEVER}


def test_what_a_template_gives_as_an_example_is_valid() -> None:
    with each_row() as row:
        for name, finding in FINDINGS.items():
            with row(name):
                for language in Language:
                    for entry in render(finding).inputs(language):
                        if entry.example:
                            assert entry.kind.fault(entry.example, finding.partition) == "", entry


@pytest.mark.parametrize(
    ("variable", "valid", "invalid"),
    [
        (
            "KMS_KEY_ARN",
            [KEY, KEY.replace("1234abcd-12ab-34cd-56ef-1234567890ab", "mrk-" + "0a" * 16)],
            [
                "alias/x",
                KEY + "\n",
                KEY[:-1],
                KEY.replace(":key/", ":alias/"),
                KEY.replace("arn:aws", "arn:x"),
            ],
        ),
        (
            "KMS_KEY_ID",
            [KEY, "alias/aws/dynamodb", "1234abcd-12ab-34cd-56ef-1234567890ab"],
            ["key", "alias/ "],
        ),
        ("LOG_BUCKET", ["logs", "a.b-c1"], ["Logs", "a", "-a-", "s3://logs", "a b", "$(touch pwned)"]),
        (
            "FLOW_LOG_BUCKET_ARN",
            ["arn:aws:s3:::logs", "arn:aws:s3:::logs/vpc/", "arn:aws:s3:::logs/AWSLogs2"],
            ["logs", "arn:aws:s3:::A", "arn:aws:s3:::logs/AWSLogs", "arn:aws:s3:::logs/vpc/AWSLogs/"],
        ),
        ("NEW_NAME", ["/app/db", "app.db"], ["/aws/db", "SSM-db", "awsdb"]),
        (
            "WEB_ACL_ARN",
            ["arn:aws:wafv2:eu-central-1:111122223333:regional/webacl/shop/a1"],
            ["arn:aws:wafv2:us-east-1:111122223333:global/webacl/shop/a1"],
        ),
        ("SECURITY_GROUP_IDS", ["sg-0123456789abcdef0", "sg-01234567,sg-12345678"], ["sg-1", "sg-01234567,"]),
        ("SUBNET_ID", ["subnet-0123456789abcdef0"], ["subnet-01234567,subnet-12345678", "Subnet-01234567"]),
        (
            "TRUSTED_CIDR",
            ["10.0.0.0/8", "198.51.100.7/32"],
            ["0.0.0.0/0", "10.0.0.0", "10.0.0.256/8", "::/1"],
        ),
        ("TRUSTED_CIDR_IPV6", ["2001:db8::/32", "::1/128"], ["::/0", "10.0.0.0/8", "2001:db8::/129"]),
        (
            "CONTACT_EMAIL",
            ["security@example.com", "a.b+c@x.co.uk"],
            ["security", "a@b", "a b@c.de", "o'hara@example.com", "a%b@example.com", f"{'a' * 250}@b.de"],
        ),
        ("CONTACT_NAME", ["Security team"], ["n" * 65]),
        ("CONTACT_TITLE", ["CISO"], ["t" * 51]),
        (
            "SUBNET_CIDR",
            ["10.0.2.0/24", "10.0.0.0/16", "10.0.2.7/28"],
            ["10.0.0.0/15", "10.0.2.0/29", "10.0.2.0"],
        ),
        ("VPC_CIDR", ["10.20.0.0/16", "10.20.0.0/20"], ["10.0.0.0/8", "10.20.0.0/21"]),
        ("CONTACT_PHONE", ["+49 30 1234567", "(030) 12345"], ["phone", "+"]),
        ("OLD_VERSION_DAYS", ["1", "90"], ["0", "-1", "1.5", "ninety"]),
        (
            "ROOT_MFA",
            [f"arn:aws:iam::{ACCOUNT}:mfa/root 123456"],
            [f"arn:aws:iam::{ACCOUNT}:mfa/root", "123456"],
        ),
        ("SUBJECT", ["repo:acme/shop:*"], ["*", "a*", 'a"b:cdef']),
        ("CERTIFICATE_IS_UNUSED", ["yes"], ["no", "y"]),
        ("POLICY_FILE", ["narrower policy.json"], ["file://x", "", " ", "x\ny", "x\x1b[2J", "\u202ex"]),
    ],
)
def test_what_is_valid(variable: str, valid: list[str], invalid: list[str]) -> None:
    kind = kind_of(variable)
    for value in valid:
        assert kind.fault(value, "aws") == "", value
    for value in invalid:
        assert kind.fault(value, "aws"), value


def test_an_arn_is_one_of_the_partition_of_the_finding() -> None:
    kind = kind_of("KMS_KEY_ARN")
    there = KEY.replace("arn:aws:", "arn:aws-us-gov:").replace("eu-central-1", "us-gov-west-1")
    assert kind.fault(there, "aws-us-gov") == ""
    assert "arn:aws-us-gov:kms:" in kind.fault(KEY, "aws-us-gov")
    assert "arn:aws:kms:" in kind.fault(there, "aws")
    assert kind.fault(there) == ""


def test_the_same_thing_twice_is_once_too_often() -> None:
    assert "twice" in kind_of("SUBNET_IDS").fault("subnet-01234567,subnet-01234567")


def test_a_variable_that_the_table_does_not_know_is_free_text_and_never_reused() -> None:
    assert kind_of("SOMETHING_NEW").fault("anything at all") == ""
    assert variable_of("SOMETHING_NEW").reuse is Reuse.NEVER
