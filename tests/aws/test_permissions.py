"""An operation is allowed by the action that the service authorization reference names for it."""

from __future__ import annotations

import botocore.session

from cloud_audit_tui.aws.permissions import ACTION_PREFIXES, ACTIONS, action_of
from each_row import each_row


def test_the_action_of_an_operation() -> None:
    rows = [
        ("ec2:DescribeInstances", "ec2:DescribeInstances"),
        ("efs:CreateFileSystem", "elasticfilesystem:CreateFileSystem"),
        ("docdb:ModifyDBInstance", "rds:ModifyDBInstance"),
        ("neptune:ModifyDBInstance", "rds:ModifyDBInstance"),
        ("s3:HeadBucket", "s3:ListBucket"),
        ("s3:GetBucketEncryption", "s3:GetEncryptionConfiguration"),
        ("s3:PutBucketEncryption", "s3:PutEncryptionConfiguration"),
        ("s3:PutBucketLifecycleConfiguration", "s3:PutLifecycleConfiguration"),
        ("s3:PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
        ("s3control:PutPublicAccessBlock", "s3:PutAccountPublicAccessBlock"),
    ]
    with each_row() as row:
        for operation, action in rows:
            with row(operation):
                assert action_of(operation) == action


def test_what_has_another_name_exists() -> None:
    session = botocore.session.get_session()
    assert set(ACTION_PREFIXES) <= set(session.get_available_services())
    for operation in ACTIONS:
        service, name = operation.split(":")
        assert name in session.get_service_model(service).operation_names
