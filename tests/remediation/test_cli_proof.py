"""The proof of the AWS CLI scripts rejects what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from remediation.cli_proof import CliProof

DESCRIBE = "aws sagemaker describe-endpoint --region=eu-central-1"


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("if true; then", "bash:"),
        ("echo $1; rm -r $1/x\nfor f in $(ls); do :; done; [ $x == 1 ]\ncd /tmp\nread x", "shellcheck SC"),
        ("exit 3", "exit code 3"),
        ("echo oops >&2", "stderr: oops"),
        ("aws nosuchservice do-it", "Invalid choice"),
        ("aws sagemaker describe-endpont --endpoint-name=x", "Invalid choice"),
        (DESCRIBE, "--endpoint-name"),
        (f"{DESCRIBE} --endpoint-name -x", "expected one argument"),
        (f"{DESCRIBE} --endpoint-nam=x", "--endpoint-name"),
        (f"{DESCRIBE} --endpoint-name=x --kms-key-id=k", "Unknown options"),
        (f"{DESCRIBE} --endpoint-name='a b'", "does not match"),
        (f"{DESCRIBE} --endpoint-name={'a' * 64}", "64 is not within"),
        (f"{DESCRIBE} --endpoint-name=x --query=EndpointKmsKey", "selects nothing"),
        (f"{DESCRIBE} --endpoint-name=x --query='[', ", "exit code"),
        (
            "aws sagemaker create-endpoint-config --region=x --endpoint-config-name=x "
            "--production-variants='[]'",
            "Invalid length",
        ),
        (
            "aws sagemaker update-notebook-instance --region=x --notebook-instance-name=x --root-access=Off",
            "not one of the values",
        ),
        (f"{DESCRIBE} --endpoint-name=x --profile=nobody", "could not be found"),
        ("touch stray", "command not found"),
        ("printf x > stray", "left a file: stray"),
    ],
)
def test_a_fault_is_found(cli_proof: CliProof, script: str, complaint: str) -> None:
    faults = cli_proof.prove(script + "\n", {}).faults
    assert any(complaint in fault for fault in faults), faults


def test_a_right_command_is_proved_and_its_request_returned(cli_proof: CliProof) -> None:
    proof = cli_proof.prove(f"{DESCRIBE} --endpoint-name=x --query=EndpointConfigName\n", {})
    assert proof.faults == []
    assert [(call.operation, call.parameters) for call in proof.calls] == [
        ("sagemaker:DescribeEndpoint", {"EndpointName": "x"})
    ]


def test_a_call_without_a_named_permission_is_a_fault(cli_proof: CliProof) -> None:
    script = f"aws sts get-caller-identity\n{DESCRIBE} --endpoint-name=x\n"
    assert cli_proof.prove(script, {}, check_id="aws-sagemaker-003").faults == []
    assert cli_proof.prove(script, {}, check_id="aws-sagemaker-001").faults == [
        "aws-sagemaker-001 does not say that it needs sagemaker:DescribeEndpoint"
    ]
