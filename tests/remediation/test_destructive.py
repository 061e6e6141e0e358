"""What a script takes away is told by the commands that it runs, not by what it says."""

from __future__ import annotations

import pytest

from cloud_audit_tui.remediation.destructive import destructive_commands


@pytest.mark.parametrize(
    ("script", "commands"),
    [
        ("aws ec2 release-address \\\n  --allocation-id=x", ["aws ec2 release-address"]),
        (
            "answer=$(aws iam delete-login-profile --user-name=x 2>&1) || exit 1",
            ["aws iam delete-login-profile"],
        ),
        ('old="$(aws lambda remove-permission --function-name=x)"', ["aws lambda remove-permission"]),
        ("aws kms schedule-key-deletion --key-id=x", ["aws kms schedule-key-deletion"]),
        ("aws s3 rm s3://x --recursive; aws s3 rb s3://x", ["aws s3 rm", "aws s3 rb"]),
        ("aws ec2 stop-instances\naws ec2 stop-instances", ["aws ec2 stop-instances"]),
        ("printf '%s\\n' 'aws ec2 delete-volume --volume-id=x'", []),
        ("printf '%s\\n' $'it\\x27s aws ec2 delete-volume'", []),
        ('aws s3api put-bucket-policy --policy=\'{"a": "aws s3 rm"}\'', []),
        ("aws ec2 describe-instances --query=Stop", []),
        ("aws s3 rmdir", []),
    ],
)
def test_commands_that_take_something_away(script: str, commands: list[str]) -> None:
    assert destructive_commands(script) == commands
