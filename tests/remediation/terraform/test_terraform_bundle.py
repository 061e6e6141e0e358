"""Many fixes in one Terraform file, which Terraform takes as it is."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from cloud_audit_tui.model import Finding, Resource, Status
from cloud_audit_tui.remediation.shell.bundle import script_bundle
from cloud_audit_tui.remediation.terraform.bundle import terraform_bundle
from remediation import ec2_findings, governance_findings
from remediation.findings_to_fix import (
    HOSTILE,
    NOTEBOOK_REQUEST,
    ROLE,
    endpoint,
    finding_of,
    internet_access,
    root_access,
)
from remediation.shell_run import program_of
from remediation.terraform_proof import static_faults

if TYPE_CHECKING:
    from pathlib import Path

    from cloud_audit_tui.demo.embedded import EmbeddedAws
    from demo_scan import DemoScan
    from remediation.terraform_proof import TerraformProof


def with_name(one: Finding, name: str, **changes: Any) -> Finding:
    subject = Resource(f"arn:{name}", name, one.resource_type)
    return msgspec.structs.replace(one, subject=subject, **changes)


def of_endpoint(name: str, **changes: Any) -> Finding:
    return with_name(endpoint(name=name), name, **changes)


def of_notebook(name: str, **changes: Any) -> Finding:
    return with_name(root_access(notebook_name=name, create_request=NOTEBOOK_REQUEST), name, **changes)


def of_bucket(name: str, check_id: str = "aws-s3-005", **evidence: Any) -> Finding:
    facts = {"log_bucket": "", "log_bucket_policy": None, "log_bucket_merged_policy": None}
    return with_name(finding_of(check_id, {**facts, **evidence}), name)


def labels(text: str, kind: str) -> list[str]:
    return re.findall(rf'^resource "{kind}" "(.+)" {{$', text, re.MULTILINE)


def variables(text: str) -> list[str]:
    return re.findall(r'^variable "(.+)" {$', text, re.MULTILINE)


FINDINGS = {
    "one": [of_endpoint("a")],
    "two of one check": [of_endpoint("a"), of_endpoint("b")],
    "two checks": [of_endpoint("a"), of_notebook("b")],
    "the same name in two regions": [of_endpoint("a"), of_endpoint("a", region="us-east-1")],
    "the same name in two accounts": [
        of_endpoint("a"),
        of_endpoint("a", profile="dev", account_id="999988887777"),
    ],
    "two buckets that get one bucket for their logs": [of_bucket("a"), of_bucket("b")],
    "a role in an account of an organization": [
        of_endpoint("a"),
        of_notebook("b", profile="prod@444455556666/team/Audit", account_id="444455556666"),
        of_notebook("c", profile="default@777788889999/Audit", account_id="777788889999"),
    ],
    "no profile and no region": [of_notebook("a", profile="default", region="")],
}


@cache
def files() -> list[str]:
    """Return all files, which are looked at together."""
    return [terraform_bundle(each).text for each in FINDINGS.values()]


@pytest.mark.parametrize("name", FINDINGS)
def test_terraform_takes_the_file_as_it_is(terraform_proof: TerraformProof, name: str) -> None:
    text = terraform_bundle(FINDINGS[name]).text
    assert static_faults(text) == []
    assert terraform_proof.faults(text, files()) == []
    assert terraform_proof.formatted(text, files()) == text


def test_the_file_names_the_versions_that_all_of_its_fixes_need() -> None:
    def of_file(*findings: Finding) -> list[str]:
        lines = terraform_bundle(findings).text.splitlines()
        return [line.strip(" #") for line in lines if re.search(r"AWS provider|Terraform 1|required_v", line)]

    memory, parameter = governance_findings.ORDINARY["memory"], ec2_findings.ORDINARY["plain secret"]
    assert of_file(of_notebook("a")) == [
        "Terraform 1.5 or later, AWS provider 5 or 6. Read the output of `terraform plan` first.",
        'required_version = ">= 1.5.0"',
    ]
    assert of_file(of_notebook("a"), memory) == [
        "Terraform 1.5 or later, AWS provider 6 or later. Read the output of `terraform plan` first.",
        "Needs AWS provider 6 or later.",
        'required_version = ">= 1.5.0"',
    ]
    assert of_file(parameter, of_notebook("a")) == [
        "Terraform 1.11 or later, AWS provider 5.93 or later. Read the output of `terraform plan` first.",
        "Needs Terraform 1.11 or later.",
        "Needs AWS provider 5.93 or later.",
        'required_version = ">= 1.11.0"',
    ]


def test_a_role_of_an_organization_is_assumed_by_its_provider() -> None:
    def provider(**changes: Any) -> str:
        finding = of_notebook("b", profile="prod@444455556666/Audit", account_id="444455556666", **changes)
        text = terraform_bundle([finding]).text
        return text[text.index('provider "aws" {') :].partition("\n}\n")[0]

    assert re.search(r'profile += "prod"', provider())
    assert 'role_arn = "arn:aws:iam::444455556666:role/Audit"' in provider()
    assert 'allowed_account_ids = ["444455556666"]' in provider()
    assert "sts_region" not in provider()
    # The account of the profile may not have enabled the region of the resource.
    assert re.search(r'sts_region += "us-east-1"', provider(region="ap-east-1"))


def test_one_place_needs_no_alias() -> None:
    text = terraform_bundle([of_endpoint("a"), of_notebook("b")]).text
    assert text.count('provider "aws" {') == 1
    assert "alias" not in text
    assert "  provider = " not in text
    assert 'allowed_account_ids = ["111122223333"]' in text


def test_each_profile_and_region_has_its_provider_and_every_resource_names_one() -> None:
    text = terraform_bundle(
        [of_endpoint("a"), of_endpoint("a", region="us-east-1"), of_notebook("b", profile="dev")]
    ).text
    assert re.findall(r"alias += \"(.+)\"", text) == [
        "dev_eu_central_1",
        "prod_eu_central_1",
        "prod_us_east_1",
    ]
    assert text.count('\nresource "') == len(re.findall(r"^  provider = aws\.\w+$", text, re.MULTILINE))


def test_the_same_name_in_two_regions_is_two_resources() -> None:
    text = terraform_bundle([of_endpoint("a"), of_endpoint("a", region="us-east-1")]).text
    assert labels(text, "aws_sagemaker_endpoint") == ["a", "a_prod_us_east_1"]
    assert "endpoint_config_name = aws_sagemaker_endpoint_configuration.a_prod_us_east_1.name" in text
    assert "to = aws_sagemaker_endpoint.a_prod_us_east_1" in text


def test_a_key_is_shared_in_a_region_and_not_beyond() -> None:
    text = terraform_bundle([of_endpoint("a"), of_endpoint("b"), of_endpoint("c", region="us-east-1")]).text
    assert variables(text) == ["kms_key_arn", "kms_key_arn_fix3"]
    assert text.count("kms_key_arn = var.kms_key_arn\n") == 2
    assert text.count("kms_key_arn = var.kms_key_arn_fix3\n") == 1


def test_what_is_about_one_resource_is_never_taken_for_another() -> None:
    policies = [
        with_name(
            finding_of(
                "aws-iam-005",
                {
                    "policy_name": name,
                    "inline_of": "",
                    "aws_managed": False,
                    "policy_arn": f"arn:{name}",
                    "holders": [],
                },
            ),
            name,
            region="us-east-1",
        )
        for name in ("a", "b")
    ]
    assert variables(terraform_bundle(policies).text) == ["policy_document", "policy_document_fix2"]


def test_what_several_need_is_made_once() -> None:
    text = terraform_bundle([of_bucket("a"), of_bucket("b")]).text
    assert labels(text, "aws_s3_bucket") == ["access_logs"]
    assert labels(text, "aws_s3_bucket_policy") == ["access_logs"]
    assert labels(text, "aws_s3_bucket_logging") == ["a", "b"]
    assert text.count("target_bucket = aws_s3_bucket.access_logs.id") == 2


def test_what_several_need_in_two_regions_is_made_in_each() -> None:
    findings = [
        of_bucket("a"),
        *(msgspec.structs.replace(of_bucket(name), region="us-east-1") for name in ("b", "c")),
    ]
    text = terraform_bundle(findings).text
    assert labels(text, "aws_s3_bucket") == ["access_logs", "access_logs_prod_us_east_1"]
    assert text.count("target_bucket = aws_s3_bucket.access_logs_prod_us_east_1.id") == 2


def test_one_resource_is_not_described_twice() -> None:
    first = with_name(root_access(create_request={"InstanceType": "ml.t3.large", "RoleArn": ROLE}), "lab")
    second = with_name(root_access(create_request=NOTEBOOK_REQUEST), "lab", title="again")
    other = Resource("arn:other", "lab", second.resource_type)
    second = msgspec.structs.replace(second, subject=other)
    text = terraform_bundle([first, second]).text
    assert labels(text, "aws_sagemaker_notebook_instance") == ["lab"]
    assert "aws-sagemaker-001 lab: again (profile prod, " in text
    assert "fix 1 describes the same resource; apply that, scan again, and export again" in text


def test_what_terraform_cannot_fix_is_named() -> None:
    broken = with_name(endpoint(endpoint_status="Failed"), "broken")
    text = terraform_bundle([of_endpoint("a"), broken]).text
    assert re.search(r"^#   aws-sagemaker-003 broken .*status is Failed", text, re.MULTILINE)
    assert terraform_bundle([broken]).text == ""
    assert terraform_bundle([of_endpoint("a", status=Status.PASS)]).text == ""


def test_hostile_names_are_only_names(terraform_proof: TerraformProof) -> None:
    # No resource of AWS has the empty name.
    names = list(filter(None, HOSTILE))
    text = terraform_bundle(
        [with_name(endpoint(name=name), name, profile=name, title=name) for name in names]
        + [with_name(internet_access(notebook_name=name), name, title=name) for name in names]
    ).text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u200b\u2066]", text)
    assert static_faults(text) == []
    assert terraform_proof.faults(text) == []


def test_all_that_the_demo_finds_fits_into_one_file_each(
    embedded_aws: EmbeddedAws, demo_scan: DemoScan, terraform_proof: TerraformProof, tmp_path: Path
) -> None:
    findings = demo_scan.findings
    text = terraform_bundle(findings).text
    assert text.count("\n# ") > 100
    assert static_faults(text) == []
    assert terraform_proof.faults(text) == []
    assert terraform_proof.formatted(text) == text
    script = tmp_path / "fixes.sh"
    script.write_text(program_of(script_bundle(findings, embedded_aws.pasteable).text))
    shell = shutil.which("bash")
    assert shell
    process = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True, check=False)
    assert (process.returncode, process.stderr) == (0, "")
