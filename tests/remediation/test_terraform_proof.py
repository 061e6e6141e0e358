"""Both proofs of Terraform files reject what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from remediation.terraform_proof import static_faults

if TYPE_CHECKING:
    from remediation.terraform_proof import TerraformProof

RIGHT = """
resource "aws_sagemaker_endpoint_configuration" "x" {
  name_prefix = "x-"
  tags        = { a = "b" }
  production_variants {
    model_name             = "m"
    initial_instance_count = 1
    core_dump_config {
      destination_s3_uri = "s3://b/x"
    }
  }
}
"""
WRONG = [
    (RIGHT.replace("{ a", "[ a"), "syntax", "Missing item separator"),
    (RIGHT.replace("name_prefix", "name_perfix"), "has no name_perfix", "Unsupported argument"),
    (RIGHT.replace("core_dump_config", "core_dump"), "has no core_dump", "Unsupported block type"),
    (RIGHT.replace("core_dump_config {", "core_dump_config = {"), "is a block", "Unsupported argument"),
    (RIGHT.replace('destination_s3_uri = "s3://b/x"', ""), "is required", "Missing required argument"),
    (
        RIGHT.replace("initial_instance_count = 1", "initial_instance_count = [1]"),
        "must be",
        "Incorrect attribute",
    ),
    (
        'resource "aws_sagemaker_endpoint_configuration" "x" {\n}\n',
        "0 blocks",
        "Insufficient production_variants",
    ),
    (RIGHT.replace('"x" {', '"1 x" {'), "no name", "Invalid resource name"),
    (RIGHT.replace("_configuration", "_konfiguration"), "no resource", "Invalid resource type"),
]


@pytest.mark.parametrize(("text", "complaint", "_"), WRONG)
def test_the_static_check_finds_a_fault(text: str, complaint: str, _: str) -> None:
    faults = static_faults(text)
    assert any(complaint in fault for fault in faults), faults


@pytest.mark.parametrize(("text", "_", "complaint"), WRONG)
def test_terraform_finds_a_fault(terraform_proof: TerraformProof, text: str, _: str, complaint: str) -> None:
    faults = terraform_proof.faults(text)
    assert any(complaint in fault for fault in faults), faults


def test_the_static_check_finds_an_argument_that_only_the_provider_sets() -> None:
    # `terraform validate` leaves this one to the provider's own code.
    text = RIGHT.replace("name_prefix", "arn        ")
    assert static_faults(text) == ["aws_sagemaker_endpoint_configuration.arn is read-only"]


def test_the_static_check_finds_a_deprecated_argument() -> None:
    (fault,) = static_faults('resource "aws_s3_bucket" "b" {\n  bucket = "b"\n  acl    = "private"\n}\n')
    assert fault.startswith("aws_s3_bucket.acl is deprecated")


def test_a_right_file_passes_both(terraform_proof: TerraformProof) -> None:
    assert static_faults(RIGHT) == []
    assert terraform_proof.faults(RIGHT) == []
